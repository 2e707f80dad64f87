package talos

import (
	"context"
	"errors"
	"fmt"
	"time"

	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

// callTimeout ends calls that would wait for ever: some do, on a node that was not bootstrapped.
const callTimeout = 3 * time.Second

// pollEvery is the pause between two questions.
const pollEvery = 100 * time.Millisecond

// Client talks to one node as the administrator.
type Client struct{ api *client.Client }

// Connect makes a client for the node at an address; it does not wait for an answer.
func Connect(ctx context.Context, b box.Box, address string) (*Client, error) {
	api, err := client.New(ctx, client.WithConfigFromFile(b.Talosconfig()), client.WithEndpoints(address))
	if err != nil {
		return nil, fmt.Errorf("connect to the Machine API of %s: %w", address, err)
	}

	return &Client{api: api}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.api.Close() }

// poll asks until the answer is yes or an error that cannot get better, or time is up.
func poll(ctx context.Context, what string, ask func(ctx context.Context) (bool, error)) error {
	var last error

	for {
		call, cancel := context.WithTimeout(ctx, callTimeout)
		done, err := ask(call)

		cancel()

		if done {
			return err
		}

		if err != nil && ctx.Err() == nil {
			last = err
		}

		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", what, errors.Join(ctx.Err(), last))
		case <-time.After(pollEvery):
		}
	}
}

// WaitForAPI waits until the Machine API answers.
func (c *Client) WaitForAPI(ctx context.Context) error {
	return poll(ctx, "the Machine API answers", func(ctx context.Context) (bool, error) {
		_, err := c.api.Version(ctx)

		return err == nil, err
	})
}

// etcd asks for the state of the etcd service and the last thing that happened to it.
func (c *Client) etcd(ctx context.Context) (state, last string, err error) {
	infos, err := c.api.ServiceInfo(ctx, "etcd")
	if err != nil {
		return "", "", err
	}

	if len(infos) == 0 {
		return "", "", errors.New("there is no service etcd yet")
	}

	service := infos[0].Service
	if events := service.GetEvents().GetEvents(); len(events) > 0 {
		last = events[len(events)-1].GetMsg()
	}

	return service.GetState(), last, nil
}

// WaitForPreparing waits until etcd can be bootstrapped or recovered.
func (c *Client) WaitForPreparing(ctx context.Context) error {
	return poll(ctx, "etcd can be bootstrapped", func(ctx context.Context) (bool, error) {
		state, last, err := c.etcd(ctx)
		if err == nil && state != "Preparing" {
			err = fmt.Errorf("etcd is %s: %s", state, last)
		}

		return err == nil, err
	})
}

// Bootstrap starts etcd on this node; a node that has data already is fine.
func (c *Client) Bootstrap(ctx context.Context) error {
	return poll(ctx, "etcd is bootstrapped", func(ctx context.Context) (bool, error) {
		err := c.api.Bootstrap(ctx, &machineapi.BootstrapRequest{})
		if status.Code(err) == codes.AlreadyExists {
			err = nil
		}

		return err == nil, err
	})
}

// WaitForEtcd waits until etcd answers with this many voting members.
func (c *Client) WaitForEtcd(ctx context.Context, members int) error {
	return poll(ctx, fmt.Sprintf("etcd has %d voting members", members), func(ctx context.Context) (bool, error) {
		resp, err := c.api.EtcdMemberList(ctx, &machineapi.EtcdMemberListRequest{})
		if err != nil {
			return false, err
		}

		voters := 0

		for _, message := range resp.GetMessages() {
			for _, member := range message.GetMembers() {
				if !member.GetIsLearner() {
					voters++
				}
			}
		}

		if voters < members {
			return false, fmt.Errorf("it has %d", voters)
		}

		return true, nil
	})
}

// RestartKubelet ends the pause, of up to half a minute, after which a kubelet asks again for its certificate: the API server is there now.
func (c *Client) RestartKubelet(ctx context.Context) error {
	_, err := c.api.ServiceRestart(ctx, "kubelet")

	return err
}

// Kubeconfig asks for the cluster administrator's configuration.
func (c *Client) Kubeconfig(ctx context.Context) ([]byte, error) {
	var data []byte

	err := poll(ctx, "the node hands out a kubeconfig", func(ctx context.Context) (bool, error) {
		var err error

		data, err = c.api.Kubeconfig(ctx)

		return err == nil, err
	})

	return data, err
}
