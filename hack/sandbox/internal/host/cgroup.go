// Package host holds what a sandbox needs of the machine it runs on: control groups, namespaces and processes.
package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cgroupPrefix begins the name of a sandbox's control group.
const cgroupPrefix = "talos-rustfs-sandbox."

// Cgroup is the control group of one sandbox. Its processes are found there even if nothing else remembers them.
type Cgroup struct{ Dir string }

// FindCgroup names the control group of a sandbox; it need not exist.
func FindCgroup(sandbox string) (Cgroup, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return Cgroup{}, err
	}

	root := cgroup2Mount(string(mounts))
	if root == "" {
		return Cgroup{}, errors.New("find control groups: no cgroup2 file system is mounted here\nhint: mount one on /sys/fs/cgroup, or run the sandbox on the host instead of in a container")
	}

	return Cgroup{Dir: filepath.Join(root, cgroupPrefix+sandbox)}, nil
}

// cgroup2Mount reads the writable mount point of the second version out of mountinfo, both in the pure and in the hybrid layout.
func cgroup2Mount(mountinfo string) string {
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(strings.TrimSpace(line), " - ")
		fields := strings.Fields(before)

		if !ok || !strings.HasPrefix(after, "cgroup2 ") || len(fields) < 6 {
			continue
		}

		if fields[5] != "ro" && !strings.HasPrefix(fields[5], "ro,") {
			return fields[4]
		}
	}

	return ""
}

// Make makes the group and one group in it, and gives that one to an owner.
func (c Cgroup) Make(child string, owner int) (dir string, err error) {
	dir = filepath.Join(c.Dir, child)

	if err = os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the control group %s: %w\nhint: this needs root and a cgroup2 file system that is not mounted read-only", dir, err)
	}

	for _, name := range []string{"", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"} {
		if err = os.Chown(filepath.Join(dir, name), owner, owner); err != nil {
			return "", fmt.Errorf("hand over the control group: %w", err)
		}
	}

	return dir, nil
}

// Child is a group in the group.
func (c Cgroup) Child(name string) Cgroup { return Cgroup{Dir: filepath.Join(c.Dir, name)} }

// Processes lists every process in the group and in the groups below it.
func (c Cgroup) Processes() ([]int, error) {
	var pids []int

	err := filepath.WalkDir(c.Dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}

		if err != nil || d.Name() != "cgroup.procs" {
			return err
		}

		data, err := os.ReadFile(path)
		if err != nil {
			return nil //nolint:nilerr // the group is being removed, or is a threaded one
		}

		for line := range strings.Lines(string(data)) {
			if pid, err := strconv.Atoi(strings.TrimSpace(line)); err == nil && pid > 0 {
				pids = append(pids, pid)
			}
		}

		return nil
	})

	return pids, err
}

// Remove ends every process in the group and removes it.
func (c Cgroup) Remove(within time.Duration) error {
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		pids, err := c.Processes()
		if err != nil {
			return err
		}

		for _, pid := range pids {
			if pid != os.Getpid() {
				_ = syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // it may be gone
			}
		}

		if err = c.removeDirs(); err == nil {
			return nil
		}

		if time.Now().After(deadline) {
			return fmt.Errorf("remove the control group %s: %w", c.Dir, err)
		}
	}
}

// removeDirs removes the group's directories, the innermost ones first.
func (c Cgroup) removeDirs() error {
	var dirs []string

	err := filepath.WalkDir(c.Dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}

		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}

		return err
	})

	for i := len(dirs) - 1; i >= 0; i-- {
		if e := syscall.Rmdir(dirs[i]); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}

	return err
}
