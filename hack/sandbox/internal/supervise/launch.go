package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/host"
)

// Command is the hidden command of this program that is the supervisor.
const Command = "internal-supervise"

// HubGroup is the control group of the supervisor and the store.
const HubGroup = "hub"

// PID is the living supervisor of a sandbox, or 0.
func PID(b box.Box) int {
	data, err := os.ReadFile(b.PIDFile())
	if err != nil {
		return 0
	}

	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || !host.Carries(pid, b.Dir) {
		return 0
	}

	return pid
}

// Launch starts the supervisor in a network namespace of its own, away from the caller's terminal, and waits until it answers.
func Launch(ctx context.Context, b box.Box) error {
	cgroup, err := host.FindCgroup(b.Name)
	if err != nil {
		return err
	}

	// Nodes of a supervisor that was killed may live on without their network.
	if err = cgroup.Remove(15 * time.Second); err != nil {
		return err
	}

	dir, err := cgroup.Make(HubGroup, 0)
	if err != nil {
		return err
	}

	group, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer group.Close() //nolint:errcheck // only read

	logFile, err := os.OpenFile(b.Log("supervisor"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer logFile.Close() //nolint:errcheck // the child has its own

	if err = os.Remove(b.ControlSocket()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}

	cmd := exec.Command("/proc/self/exe", Command, "--name", b.Name)
	cmd.Dir = "/"
	cmd.Env = append(host.WithoutProxies(os.Environ()), host.Mark+"="+b.Dir)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Setsid: true, UseCgroupFD: true, CgroupFD: int(group.Fd())}

	if err = cmd.Start(); err != nil {
		return fmt.Errorf("start the supervisor: %w", err)
	}

	if err = box.WriteFile(b.PIDFile(), fmt.Appendln(nil, cmd.Process.Pid), 0o644); err != nil {
		return err
	}

	ended := make(chan error, 1)

	go func() { ended <- cmd.Wait() }()

	client := Connect(b)

	for deadline := time.Now().Add(15 * time.Second); ; {
		if _, err = client.Status(ctx); err == nil {
			return nil
		}

		select {
		case <-ended: //nolint:errcheck // that it ended says enough
			return fmt.Errorf("the supervisor ended at once\nhint: see %s", b.Log("supervisor"))
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}

		if time.Now().After(deadline) {
			return fmt.Errorf("the supervisor does not answer: %w\nhint: see %s", err, b.Log("supervisor"))
		}
	}
}

// Remove ends everything that belongs to a sandbox and removes its directory. It needs nothing that the supervisor knows.
func Remove(b box.Box) error {
	cgroup, err := host.FindCgroup(b.Name)
	if err != nil {
		return err
	}

	// The nodes' inits go first: the kernel ends all they have started.
	if pid := PID(b); pid > 0 {
		if err = host.End([]int{pid}, 15*time.Second); err != nil {
			return err
		}
	}

	marked, err := host.Marked(b.Dir)
	if err != nil {
		return err
	}

	if err = host.End(marked, time.Second); err != nil {
		return err
	}

	return errors.Join(cgroup.Remove(15*time.Second), os.RemoveAll(b.Dir))
}
