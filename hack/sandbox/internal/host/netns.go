package host

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// enterNetwork moves the calling thread, which must be locked, into the network namespace of a process.
func enterNetwork(pid int) error {
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/ns/net", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open the sandbox's network: %w", err)
	}
	defer unix.Close(fd) //nolint:errcheck // only read

	if err = unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter the sandbox's network: %w", err)
	}

	return nil
}

// ExecInNetwork becomes another program in the network namespace of a process; everything else stays as it is. It returns only if that fails.
func ExecInNetwork(pid int, program string, args, env []string) error {
	runtime.LockOSThread()

	if err := enterNetwork(pid); err != nil {
		return err
	}

	return fmt.Errorf("run %s: %w", program, syscall.Exec(program, args, env))
}

// StartInNetwork starts a command in the network namespace of a process.
func StartInNetwork(pid int, cmd *exec.Cmd) error {
	result := make(chan error)

	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine, because it is in another network now

		if err := enterNetwork(pid); err != nil {
			result <- err

			return
		}

		result <- cmd.Start()
	}()

	return <-result
}
