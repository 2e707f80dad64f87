package talos

import (
	"context"
	"io"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"google.golang.org/protobuf/types/known/emptypb"
)

func (c *Client) version(ctx context.Context) (string, error) {
	ctx, cancel := c.call(ctx)
	defer cancel()
	resp, err := c.api.MachineClient.Version(ctx, &emptypb.Empty{})
	resp, err = client.FilterMessages(resp, err)
	if err != nil {
		return "", c.failed("read the Talos version", err)
	}
	if all := resp.GetMessages(); len(all) > 0 {
		return all[0].GetVersion().GetTag(), nil
	}
	return "", nil
}

func (c *Client) machineType(ctx context.Context) (kind string, err error) {
	err = c.resource(ctx, "config", "MachineTypes.config.talos.dev", "machine-type", &kind)
	return kind, err
}

func (c *Client) timeStatus(ctx context.Context) (status TimeStatus, err error) {
	err = c.resource(ctx, "runtime", "TimeStatuses.v1alpha1.talos.dev", "node", &status)
	return status, err
}

func (c *Client) etcdSpec(ctx context.Context) (spec EtcdSpec, err error) {
	err = c.resource(ctx, "etcd", "EtcdSpecs.etcd.talos.dev", "etcd", &spec)
	return spec, err
}

func (c *Client) virtualIPs(ctx context.Context) (ips []string, err error) {
	err = c.resources(ctx, "network", "OperatorSpecs.net.talos.dev", func(read func(any) error) error {
		var operator struct {
			Operator string `json:"operator"`
			VIP      struct {
				IP string `json:"ip"`
			} `json:"vip"`
		}
		if err := read(&operator); err != nil {
			return err
		}
		if operator.Operator == "vip" && operator.VIP.IP != "" {
			ips = append(ips, operator.VIP.IP)
		}
		return nil
	})
	return ips, err
}

// dataDir looks for etcd's member directory. A node without one answers
// Unknown with the system's own words (List walks the path).
func (c *Client) dataDir(ctx context.Context) (DirState, error) {
	const op = "look into the etcd data directory"
	ctx, cancel := c.call(ctx)
	defer cancel()
	stream, err := c.api.MachineClient.List(ctx, &machine.ListRequest{Root: constants.EtcdDataPath + "/member"})
	if err != nil {
		return DirUndecided, c.failed(op, err)
	}
	found := false
	for {
		info, err := stream.Recv()
		switch {
		case err == io.EOF && found:
			return DirNotEmpty, nil
		case err == io.EOF, err != nil && missing(err.Error()):
			return DirEmpty, nil
		case err != nil:
			return DirUndecided, c.failed(op, err)
		}
		problem := info.GetError()
		if problem == "" {
			problem = info.GetMetadata().GetError()
		}
		switch {
		case problem == "":
			found = true
		case !missing(problem):
			return DirUndecided, &Error{Op: op, Node: c.node, Message: problem}
		}
	}
}

func missing(message string) bool { return strings.Contains(message, "no such file or directory") }

func (c *Client) members(ctx context.Context) ([]Member, error) {
	ctx, cancel := c.call(ctx)
	defer cancel()
	resp, err := c.api.MachineClient.EtcdMemberList(ctx, &machine.EtcdMemberListRequest{QueryLocal: true})
	resp, err = client.FilterMessages(resp, err)
	if err != nil {
		return nil, c.failed("list the etcd members", err)
	}
	var all []Member
	for _, m := range resp.GetMessages() {
		for _, one := range m.GetMembers() {
			all = append(all, Member{ID: one.GetId(), Hostname: one.GetHostname(), PeerURLs: one.GetPeerUrls(), Learner: one.GetIsLearner()})
		}
	}
	return all, nil
}
