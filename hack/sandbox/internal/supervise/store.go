package supervise

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/host"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/node"
)

// store serves the disk from the hub, with the same program and the same root key as the pod does.
type store struct {
	box     box.Box
	program string
	cgroup  host.Cgroup
	nodes   []box.Node
	logf    func(format string, args ...any)

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

// StoreProgram is the name by which the store's process is recognised.
const StoreProgram = "rustfs"

// up starts the store and waits until it answers.
func (s *store) up(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.alive() {
		return nil
	}

	used, err := s.usedBy()
	if err != nil {
		return err
	}

	if used != "" {
		return fmt.Errorf("serve the store's disk from next door: the store's pod on node %s still uses it\n"+
			"hint: kubectl -n rustfs scale statefulset rustfs --replicas 0, or sandbox node stop, or sandbox wipe", used)
	}

	if err = s.start(); err != nil {
		return err
	}

	go s.yield(s.done)

	return s.ready(ctx)
}

// yield stops the store as soon as its pod is back on the disk: after a recovery Kubernetes starts it without asking anybody here.
func (s *store) yield(done chan struct{}) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()

	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}

		if used, _ := s.usedBy(); used != "" { //nolint:errcheck // asked again soon
			s.logf("store: the pod on node %s is back on the disk", used)

			if err := s.down(); err != nil {
				s.logf("store: %v", err)
			}

			return
		}
	}
}

// usedBy names the node whose pod uses the disk.
func (s *store) usedBy() (string, error) {
	for _, n := range s.nodes {
		used, err := s.cgroup.Uses(n.Name, StoreProgram)
		if err != nil || used {
			return n.Name, err
		}
	}

	return "", nil
}

func (s *store) start() error {
	env, err := box.ReadEnv(s.box.StoreEnv())
	if err != nil {
		return err
	}

	output, err := os.OpenFile(s.box.Log("store"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer output.Close() //nolint:errcheck // the store has its own

	cmd := exec.Command(s.program)
	cmd.Dir = s.box.Disk()
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.box.Disk(), host.Mark + "=" + s.box.Dir,
		"RUSTFS_VOLUMES=" + s.box.Disk(), "RUSTFS_ADDRESS=" + box.StoreAddress, "RUSTFS_CONSOLE_ADDRESS=" + box.StoreConsoleAddress, "RUSTFS_CONSOLE_ENABLE=true",
	}, "RUSTFS_ACCESS_KEY="+env["AWS_ACCESS_KEY_ID"], "RUSTFS_SECRET_KEY="+env["AWS_SECRET_ACCESS_KEY"])

	owner := uint32(node.FirstID + node.StoreUser)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner, Gid: owner}, Pdeathsig: syscall.SIGKILL, Setsid: true}

	if err = cmd.Start(); err != nil {
		return fmt.Errorf("start the store: %w", err)
	}

	s.cmd, s.done = cmd, make(chan struct{})
	s.logf("store: started, process %d", cmd.Process.Pid)

	go func(done chan struct{}) {
		err := cmd.Wait()
		s.logf("store: ended: %v", err)
		close(done)
	}(s.done)

	return nil
}

// ready waits until the store answers.
func (s *store) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()

	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, box.StoreURL+"/health/ready", nil)
		if err != nil {
			return err
		}

		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close() //nolint:errcheck // nothing is read

			if resp.StatusCode == http.StatusOK {
				return nil
			}

			err = errors.New(resp.Status)
		}

		select {
		case <-s.done:
			return fmt.Errorf("the store ended at once\nhint: see %s", s.box.Log("store"))
		case <-ctx.Done():
			return fmt.Errorf("the store does not answer: %w\nhint: see %s", err, s.box.Log("store"))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// down stops the store.
func (s *store) down() error {
	s.mu.Lock()
	defer s.mu.Unlock()

	if !s.alive() {
		return nil
	}

	_ = s.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended

	select {
	case <-s.done:
	case <-time.After(10 * time.Second):
		_ = s.cmd.Process.Kill() //nolint:errcheck // it may have ended
		<-s.done
	}

	return nil
}

func (s *store) alive() bool {
	if s.cmd == nil {
		return false
	}

	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

func (s *store) status() string {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.alive() {
		return "running"
	}

	return "stopped"
}
