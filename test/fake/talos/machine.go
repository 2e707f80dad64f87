package talos

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// EtcdRecover keeps what is sent until the client closes the stream and only
// then has a file; any other end deletes it. It looks at nothing.
func (n *Node) EtcdRecover(s machine.MachineService_EtcdRecoverServer) (err error) {
	var file []byte
	defer func() { n.uploads <- Upload{Bytes: len(file), Err: err} }()
	n.mu.Lock()
	notReady := n.faults.RecoverNotReady > 0
	n.faults.RecoverNotReady--
	drop := n.faults.DropAfter
	if !notReady {
		n.snapshot = nil // O_TRUNC
	}
	n.mu.Unlock()
	if notReady {
		return status.Error(codes.FailedPrecondition, "etcd service is not ready for recovery yet")
	}
	if kind := n.cosi.spec("MachineTypes.config.talos.dev", "machine-type"); kind == "worker" {
		return status.Error(codes.Unimplemented, "etcd recover is only available on control plane nodes")
	}
	for {
		message, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		file = append(file, message.GetBytes()...)
		if drop > 0 && len(file) >= drop {
			return status.Error(codes.Unavailable, "connection reset by peer")
		}
	}
	n.mu.Lock()
	n.snapshot = append([]byte{}, file...)
	n.mu.Unlock()
	return s.SendAndClose(&machine.EtcdRecoverResponse{Messages: []*machine.EtcdRecover{{}}})
}

// Bootstrap starts etcd. What becomes of it shows in ServiceList: the
// snapshot is checked only then, and a bad one leaves a data directory
// behind.
func (n *Node) Bootstrap(_ context.Context, req *machine.BootstrapRequest) (*machine.BootstrapResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.faults.BootstrapNotReady > 0:
		n.faults.BootstrapNotReady--
		return nil, status.Error(codes.FailedPrecondition, "bootstrap is not available yet")
	case n.dataDir:
		return nil, status.Error(codes.AlreadyExists, "etcd data directory is not empty")
	}
	n.bootstrap++
	preparing := Etcd{State: "Preparing", Message: "Running pre state"}
	if reason := recoverError(n.snapshot); req.GetRecoverEtcd() && reason != "" {
		n.dataDir = n.snapshot != nil
		n.states = []Etcd{preparing, {State: "Failed", Message: "Failed to run pre stage: " + reason}}
	} else {
		n.dataDir, n.snapshot = true, nil
		n.states = []Etcd{preparing, {State: "Running", Message: "Started task etcd"}, {State: "Running", Message: "Health check successful", Healthy: true}}
	}
	if n.faults.LateBootstrap {
		n.faults.LateBootstrap = false
		return nil, status.Error(codes.Unavailable, "transport is closing")
	}
	return &machine.BootstrapResponse{Messages: []*machine.Bootstrap{{}}}, nil
}

// recoverError is what etcd's restore says of a snapshot.
func recoverError(snapshot []byte) string {
	size := len(snapshot) - sha256.Size
	switch {
	case snapshot == nil:
		return "error verifying snapshot: stat /var/lib/etcd.snapshot: no such file or directory"
	case size < 0 || len(snapshot)%512 != sha256.Size:
		return "error recovering from the snapshot: snapshot missing hash but --skip-hash-check=false"
	}
	if sum := sha256.Sum256(snapshot[:size]); !bytes.Equal(sum[:], snapshot[size:]) {
		return fmt.Sprintf("error recovering from the snapshot: expected sha256 %v, got %v", snapshot[size:], sum)
	}
	return ""
}

// ServiceList knows etcd and cri.
func (n *Node) ServiceList(context.Context, *emptypb.Empty) (*machine.ServiceListResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.faults.ListUnavailable > 0 {
		n.faults.ListUnavailable--
		return nil, status.Error(codes.Unavailable, "machined restarts")
	}
	services := []*machine.ServiceInfo{service("cri", Etcd{State: "Running", Message: "Health check successful", Healthy: true})}
	if len(n.states) > 0 {
		if n.states[0].State != "" {
			services = append(services, service("etcd", n.states[0]))
		}
		if len(n.states) > 1 {
			n.states = n.states[1:]
		}
	}
	return &machine.ServiceListResponse{Messages: []*machine.ServiceList{{Services: services}}}, nil
}

func service(id string, s Etcd) *machine.ServiceInfo {
	return &machine.ServiceInfo{
		Id:    id,
		State: s.State,
		Events: &machine.ServiceEvents{Events: []*machine.ServiceEvent{
			{State: "Starting", Msg: "Starting service"},
			{State: s.State, Msg: s.Message},
		}},
		Health: &machine.ServiceHealth{Unknown: s.State != "Running", Healthy: s.Healthy},
	}
}

// Version says v1.13.9.
func (n *Node) Version(context.Context, *emptypb.Empty) (*machine.VersionResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.faults.VersionError != nil {
		return nil, n.faults.VersionError
	}
	return &machine.VersionResponse{Messages: []*machine.Version{{Version: &machine.VersionInfo{Tag: "v1.13.9"}}}}, nil
}

// List knows etcd's member directory only.
func (n *Node) List(req *machine.ListRequest, s machine.MachineService_ListServer) error {
	n.mu.Lock()
	exists, fault := n.dataDir, n.faults.ListError
	n.mu.Unlock()
	switch {
	case fault != nil:
		return fault
	case req.GetRoot() != "/var/lib/etcd/member" || !exists:
		return status.Errorf(codes.Unknown, "lstat %s: no such file or directory", req.GetRoot())
	}
	for _, name := range []string{".", "snap", "wal"} {
		if err := s.Send(&machine.FileInfo{Name: req.GetRoot() + "/" + name, RelativeName: name, IsDir: true}); err != nil {
			return err
		}
	}
	return nil
}

// EtcdMemberList knows one member. Without a running etcd it never answers,
// as the real one.
func (n *Node) EtcdMemberList(ctx context.Context, _ *machine.EtcdMemberListRequest) (*machine.EtcdMemberListResponse, error) {
	n.mu.Lock()
	running := len(n.states) > 0 && n.states[0].State == "Running"
	n.mu.Unlock()
	if !running {
		<-ctx.Done()
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	return &machine.EtcdMemberListResponse{Messages: []*machine.EtcdMembers{{
		Members: []*machine.EtcdMember{{Id: 1, Hostname: "cp-1", PeerUrls: []string{"https://10.5.0.2:2380"}}},
	}}}, nil
}
