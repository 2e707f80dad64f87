package supervise

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/host"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/node"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/oci"
)

// supervisor holds the parts of a running sandbox.
type supervisor struct {
	machines []*machine
	store    *store
}

// Run is the supervisor's life: until SIGTERM it serves images, keeps the nodes running and does what is asked through the control socket.
func Run(b box.Box) error {
	spec, err := readSpec(b)
	if err != nil {
		return err
	}

	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()

	if err = makeHub(); err != nil {
		return fmt.Errorf("make the hub: %w", err)
	}

	if err = serveImages(spec); err != nil {
		return err
	}

	s, err := newSupervisor(b, spec)
	if err != nil {
		return err
	}

	listener, err := net.Listen("unix", b.ControlSocket())
	if err != nil {
		return fmt.Errorf("listen for commands: %w", err)
	}

	if err = os.Chmod(b.ControlSocket(), 0o600); err != nil {
		return err
	}

	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)

	go func() { failed <- server.Serve(listener) }()

	select {
	case err = <-failed:
	case <-ctx.Done():
	}

	return errors.Join(err, server.Close(), s.end())
}

func newSupervisor(b box.Box, spec Spec) (*supervisor, error) {
	cgroup, err := host.FindCgroup(b.Name)
	if err != nil {
		return nil, err
	}

	s := &supervisor{store: &store{box: b, program: spec.Store, cgroup: cgroup, nodes: spec.Nodes, logf: log.Printf}}

	for i, n := range spec.Nodes {
		m := &machine{box: b, node: n, cgroup: cgroup, logf: log.Printf}
		m.spec = node.Spec{Name: n.Name, Address: n.Address, Prefix: "/24", Rootfs: spec.Rootfs, Dir: b.NodeDir(n.Name)}

		if spec.MountDisk && i == 0 {
			m.spec.Disk = b.Disk()
		}

		s.machines = append(s.machines, m)
	}

	return s, nil
}

// serveImages starts the registry.
func serveImages(spec Spec) error {
	images, err := oci.Catalog(spec.Images, spec.Names)
	if err != nil {
		return fmt.Errorf("make the images: %w", err)
	}

	registry := &oci.Registry{Images: images, Notes: spec.Notes, Log: log.New(os.Stderr, "registry: ", log.LstdFlags)}

	listener, err := net.Listen("tcp", box.RegistryAddress)
	if err != nil {
		return fmt.Errorf("serve images: %w", err)
	}

	server := &http.Server{Handler: registry, ReadHeaderTimeout: 10 * time.Second}

	go func() { log.Print("registry: ", server.Serve(listener)) }()

	go func() {
		if err := registry.Warm(); err != nil {
			log.Print("registry: ", err)
		}
	}()

	return nil
}

// end stops everything.
func (s *supervisor) end() error {
	var wait sync.WaitGroup

	for _, m := range s.machines {
		wait.Go(m.stop)
	}

	err := s.store.down()

	wait.Wait()

	return err
}

func (s *supervisor) find(name string) (*machine, error) {
	for _, m := range s.machines {
		if m.node.Name == name {
			return m, nil
		}
	}

	return nil, fmt.Errorf("node %q: %w", name, errNoNode)
}
