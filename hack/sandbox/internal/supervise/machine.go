package supervise

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/host"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/node"
)

// machine is one node and whether it runs.
type machine struct {
	box    box.Box
	node   box.Node
	spec   node.Spec
	cgroup host.Cgroup
	logf   func(format string, args ...any)

	mu      sync.Mutex
	running *node.Running
	since   time.Time
	// last says how the node ended.
	last string
}

// start starts the node if it does not run, and starts it again each time it reboots.
func (m *machine) start() error {
	m.mu.Lock()
	defer m.mu.Unlock()

	if m.running != nil {
		return nil
	}

	config, err := os.ReadFile(m.box.MachineConfig())
	if err != nil {
		return err
	}

	m.spec.Config = config

	// What an earlier life of the node left in its group would keep its programs from starting.
	if err = m.cgroup.Child(m.node.Name).Remove(15 * time.Second); err != nil {
		return err
	}

	dir, err := m.cgroup.Make(m.node.Name, node.FirstID)
	if err != nil {
		return err
	}

	output, err := os.OpenFile(m.box.Log(m.node.Name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer output.Close() //nolint:errcheck // the node has its own

	running, err := node.Start(m.spec, dir, output, func(pid int) error { return connectNode(m.node.Name, pid) })
	if err != nil {
		return err
	}

	m.running, m.last, m.since = running, "", time.Now()
	m.logf("node %s: started, process %d", m.node.Name, running.PID())

	go m.watch(running)

	return nil
}

// watch waits for the end of the node and starts it again if it wants that.
func (m *machine) watch(running *node.Running) {
	<-running.Done()

	end, how := running.End()

	m.mu.Lock()

	if m.running != running { // stopped from outside
		m.mu.Unlock()

		return
	}

	m.running, m.last = nil, how
	m.mu.Unlock()
	m.logf("node %s: %s", m.node.Name, how)

	if end != node.Rebooted {
		return
	}

	if err := m.start(); err != nil {
		m.logf("node %s: start again: %v", m.node.Name, err)
	}
}

// stop cuts the node's power.
func (m *machine) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()

	if m.running == nil {
		return
	}

	running := m.running
	m.running, m.last = nil, "stopped"
	running.Kill()
	m.logf("node %s: stopped", m.node.Name)
}

// wipe stops the node, empties its EPHEMERAL volume and starts it.
func (m *machine) wipe() error {
	m.stop()

	if err := m.spec.Wipe(); err != nil {
		return fmt.Errorf("empty %s of node %s: %w", node.Ephemeral, m.node.Name, err)
	}

	m.logf("node %s: %s emptied", m.node.Name, node.Ephemeral)

	return m.start()
}

// status tells whether the node runs, and if not, why.
func (m *machine) status() NodeStatus {
	m.mu.Lock()
	defer m.mu.Unlock()

	s := NodeStatus{Name: m.node.Name, Address: m.node.Address, State: "stopped", Reason: m.last}
	if m.running != nil {
		s.State, s.PID, s.Since = "running", m.running.PID(), m.since
	}

	return s
}

var errNoNode = errors.New("there is no such node")
