package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Mark is the environment variable by which a sandbox's processes are found; its value is the sandbox's directory.
const Mark = "TALOS_RUSTFS_SANDBOX_DIR"

// Marked lists the processes that carry the mark of a directory.
func Marked(dir string) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}

	want := []byte(Mark + "=" + dir)

	var pids []int

	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}

		environ, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err != nil {
			continue // it ended, or is somebody else's
		}

		for _, pair := range bytes.Split(environ, []byte{0}) {
			if bytes.Equal(pair, want) {
				pids = append(pids, pid)

				break
			}
		}
	}

	return pids, nil
}

// Carries says whether a process is alive and carries the mark: a number in a file may belong to somebody else by now.
func Carries(pid int, dir string) bool {
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if errors.Is(err, os.ErrPermission) {
		return true // somebody who may not look has to take the file's word for it
	}

	if err != nil {
		return false
	}

	for _, pair := range bytes.Split(environ, []byte{0}) {
		if string(pair) == Mark+"="+dir {
			return !Zombie(pid)
		}
	}

	return false
}

// Zombie says whether a process has ended and only waits to be counted.
func Zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}

	_, after, ok := strings.Cut(string(stat), ") ")

	return ok && (strings.HasPrefix(after, "Z") || strings.HasPrefix(after, "X"))
}

// End asks processes to end, and makes them after a while.
func End(pids []int, grace time.Duration) error {
	return errors.Join(signalUntilGone(pids, syscall.SIGTERM, grace), signalUntilGone(pids, syscall.SIGKILL, 10*time.Second))
}

func signalUntilGone(pids []int, sig syscall.Signal, within time.Duration) error {
	for _, pid := range pids {
		_ = syscall.Kill(pid, sig) //nolint:errcheck // it may be gone
	}

	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		alive := 0

		for _, pid := range pids {
			if syscall.Kill(pid, 0) == nil && !Zombie(pid) {
				alive++
			}
		}

		if alive == 0 {
			return nil
		}

		if time.Now().After(deadline) {
			if sig == syscall.SIGKILL {
				return fmt.Errorf("%d processes of the sandbox do not end", alive)
			}

			return nil
		}
	}
}

// Uses says whether a process whose program has this name runs in one of the sandbox's groups, whatever namespaces it is in.
func (c Cgroup) Uses(child, program string) (bool, error) {
	pids, err := c.Child(child).Processes()

	for _, pid := range pids {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err == nil && strings.TrimSpace(string(name)) == program && !Zombie(pid) {
			return true, nil
		}
	}

	return false, err
}
