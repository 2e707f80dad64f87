package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// InitCommand is the hidden command of this program that becomes a node's init.
const InitCommand = "internal-node"

// Running is a node that was started.
type Running struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// Start starts a node in a control group of its own. Connect is called with the node's process id when its network namespace is there and still empty.
func Start(s Spec, cgroupDir string, output *os.File, connect func(pid int) error) (*Running, error) {
	if err := s.prepare(); err != nil {
		return nil, err
	}

	group, err := os.Open(cgroupDir)
	if err != nil {
		return nil, err
	}
	defer group.Close() //nolint:errcheck // only read

	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer write.Close() //nolint:errcheck // closed twice after success

	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: FirstID, Size: idCount}}
	cmd := exec.Command("/proc/self/exe", InitCommand)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = read, output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		// The control group namespace is made inside: it shows the group that the process is in at that moment.
		UseCgroupFD:                true,
		CgroupFD:                   int(group.Fd()),
		UidMappings:                ids,
		GidMappings:                ids,
		GidMappingsEnableSetgroups: true,
		Credential:                 &syscall.Credential{Uid: 0, Gid: 0},
		Pdeathsig:                  syscall.SIGKILL,
		Setsid:                     true,
	}

	err = cmd.Start()
	read.Close() //nolint:errcheck // the child's end

	if err != nil {
		return nil, fmt.Errorf("start node %s: %w\nhint: making user namespaces may be forbidden here, by a container's seccomp profile or by AppArmor", s.Name, err)
	}

	r := &Running{cmd: cmd, done: make(chan struct{})}

	go func() {
		_ = cmd.Wait() //nolint:errcheck // read from the state
		close(r.done)
	}()

	if err = connect(cmd.Process.Pid); err == nil {
		err = json.NewEncoder(write).Encode(s)
	}

	if err = errors.Join(err, write.Close()); err != nil {
		r.Kill()

		return nil, fmt.Errorf("start node %s: %w", s.Name, err)
	}

	return r, nil
}

// PID is the host's number for the node's init.
func (r *Running) PID() int { return r.cmd.Process.Pid }

// Done is closed when the node has ended.
func (r *Running) Done() <-chan struct{} { return r.done }

// Kill is a power cut: the kernel ends every process of the node.
func (r *Running) Kill() {
	_ = r.cmd.Process.Kill() //nolint:errcheck // it may have ended
	<-r.done
}

// End is how a node ended.
type End int

// The ends of a node.
const (
	// Crashed means that its init ended by itself.
	Crashed End = iota
	// PoweredOff means that it asked for it.
	PoweredOff
	// Rebooted means that it wants to be started again.
	Rebooted
)

// End tells, once Done is closed, how the node ended: reboot(2) in a process namespace ends init with one of two signals.
func (r *Running) End() (End, string) {
	status, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus)

	switch {
	case ok && status.Signaled() && status.Signal() == syscall.SIGHUP:
		return Rebooted, "rebooted"
	case ok && status.Signaled() && status.Signal() == syscall.SIGINT:
		return PoweredOff, "powered off"
	}

	return Crashed, r.cmd.ProcessState.String()
}
