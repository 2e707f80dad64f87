// Package talos is a Talos node in the test's own process: a gRPC server with
// the parts of the machine API a restore uses. It behaves as machined does
// (Talos 1.13: EtcdRecover, Bootstrap and ServiceList of the v1alpha1 server)
// and fails where a test wants it to.
package talos

import (
	"context"
	"net"
	"sync"
	"testing"

	cosi "github.com/cosi-project/runtime/api/v1alpha1"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"
)

// Node is one control plane node that waits for a bootstrap: etcd is
// Preparing and its data directory empty. All methods may be called at any
// time.
type Node struct {
	machine.UnimplementedMachineServiceServer

	listener *bufconn.Listener
	server   *grpc.Server
	uploads  chan Upload
	cosi     *cosiState

	mu        sync.Mutex
	faults    Faults
	snapshot  []byte   // /var/lib/etcd.snapshot; nil if there is none
	dataDir   bool     // /var/lib/etcd/member exists
	states    []Etcd   // what ServiceList says of etcd, one a call; the last stays
	calls     []string // methods without their package
	nodes     []string // the "node" of each call
	bootstrap int      // accepted bootstraps
}

// Faults are what goes wrong. Numbers count down with each call.
type Faults struct {
	// Roles are those of the client's certificate; none means os:admin.
	Roles []string
	// RecoverNotReady and BootstrapNotReady are how many calls are answered
	// FailedPrecondition.
	RecoverNotReady, BootstrapNotReady int
	// DropAfter ends an upload with Unavailable after this many bytes; 0 never.
	DropAfter int
	// ListUnavailable is how many ServiceList calls are answered Unavailable,
	// as while machined restarts.
	ListUnavailable int
	// LateBootstrap makes the first bootstrap work and yet be answered
	// Unavailable.
	LateBootstrap bool
	// ListError replaces the answer for the etcd data directory.
	ListError error
	// VersionError replaces the answer of Version.
	VersionError error
}

// Etcd is what ServiceList says of the etcd service.
type Etcd struct {
	State, Message string
	Healthy        bool
}

// Upload is how one EtcdRecover call ended.
type Upload struct {
	// Bytes is what was received.
	Bytes int
	// Err is nil for a complete upload.
	Err error
}

// Start runs a node until the test ends.
func Start(t testing.TB) *Node {
	t.Helper()
	n := &Node{
		listener: bufconn.Listen(1 << 20),
		uploads:  make(chan Upload, 100),
		cosi:     newState(),
		states:   []Etcd{{State: "Preparing", Message: "Running pre state"}},
	}
	n.server = grpc.NewServer(grpc.UnaryInterceptor(n.unary), grpc.StreamInterceptor(n.stream))
	machine.RegisterMachineServiceServer(n.server, n)
	cosi.RegisterStateServer(n.server, n.cosi)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = n.server.Serve(n.listener) // ends with Stop
	}()
	t.Cleanup(func() {
		n.server.Stop()
		<-done
	})
	return n
}

// Dial connects to the node without TLS.
func (n *Node) Dial(ctx context.Context) (net.Conn, error) { return n.listener.DialContext(ctx) }

// Stop ends the node; every later call is Unavailable.
func (n *Node) Stop() { n.server.Stop() }

// Fail sets what goes wrong from now on.
func (n *Node) Fail(f Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = f
}

// SetEtcd sets what ServiceList says of etcd, one state a call; the last
// stays.
func (n *Node) SetEtcd(states ...Etcd) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.states = states
}

// SetDataDir says whether /var/lib/etcd/member exists.
func (n *Node) SetDataDir(exists bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dataDir = exists
}

// SetResource sets the YAML of a COSI resource, such as
// "MachineTypes.config.talos.dev", "machine-type", "init". An empty spec
// removes it.
func (n *Node) SetResource(kind, id, spec string) { n.cosi.set(kind, id, spec) }

// Snapshot is the uploaded file, or nil: it exists only after a complete
// upload, until a bootstrap used it.
func (n *Node) Snapshot() []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.snapshot
}

// Uploads gives the end of every EtcdRecover call, also of the aborted ones.
func (n *Node) Uploads() <-chan Upload { return n.uploads }

// Bootstraps is how many bootstraps were accepted.
func (n *Node) Bootstraps() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.bootstrap
}

// Calls are the methods called so far, such as "EtcdRecover", and the node
// each was for.
func (n *Node) Calls() (methods, nodes []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.calls...), append([]string(nil), n.nodes...)
}
