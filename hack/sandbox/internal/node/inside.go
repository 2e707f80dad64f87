package node

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Inside turns the calling process, the first one of a node's namespaces, into Talos' init. It returns only if that fails.
func Inside(in io.Reader) error {
	runtime.LockOSThread() // a control group namespace belongs to a thread

	var s Spec
	if err := json.NewDecoder(in).Decode(&s); err != nil { // comes when the network is connected
		return fmt.Errorf("read what the node is made of: %w", err)
	}

	steps := []struct {
		what string
		do   func() error
	}{
		{"make the control group namespace", func() error { return syscall.Unshare(syscall.CLONE_NEWCGROUP) }},
		{"set the host name", func() error { return syscall.Sethostname([]byte(s.Name)) }},
		{"bring the network up", s.network},
		{"mount the file systems", s.mounts},
		{"change the root", s.pivot},
	}

	for _, step := range steps {
		if err := step.do(); err != nil {
			return fmt.Errorf("node %s: %s: %w", s.Name, step.what, err)
		}
	}

	env := []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOSTNAME=" + s.Name, "PLATFORM=container", "TALOSSKU=2CPU-4096RAM",
		"USERDATA=" + base64.StdEncoding.EncodeToString(s.Config),
	}

	return fmt.Errorf("node %s: run init: %w", s.Name, syscall.Exec("/sbin/init", []string{"/sbin/init"}, env))
}

func (s Spec) network() error {
	for _, args := range []string{"link set lo up", "addr add " + s.Address + s.Prefix + " dev eth0", "link set eth0 up"} {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", args, err, out)
		}
	}

	return nil
}

// mount is one call of mount(2) below the root filesystem.
type mount struct {
	source, target, kind string
	flags                uintptr
	data                 string
}

const (
	noSuidDev     = syscall.MS_NOSUID | syscall.MS_NODEV
	noSuidDevExec = noSuidDev | syscall.MS_NOEXEC
)

func (s Spec) mounts() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}

	if err := s.mountAll([]mount{
		// An overlay, because machined spends ten seconds on a root whose source is a device. It takes two lower directories, or else an upper one.
		{"talos", "", "overlay", 0, "lowerdir=" + s.Rootfs + ":" + filepath.Join(s.Dir, "empty")},
		{"tmpfs", "/run", "tmpfs", noSuidDev, "mode=755"},
		{"tmpfs", "/system", "tmpfs", noSuidDev, "mode=755"},
		{"tmpfs", "/tmp", "tmpfs", noSuidDev, "mode=755"},
	}); err != nil {
		return err
	}

	if err := os.MkdirAll(filepath.Join(s.Rootfs, "system/state"), 0o700); err != nil {
		return err
	}

	var own []mount
	for _, volume := range volumes() {
		own = append(own, mount{s.volumeDir(volume), volume, "", syscall.MS_BIND, ""})
	}

	for _, file := range []string{"hostname", "hosts", "resolv.conf"} {
		own = append(own, mount{filepath.Join(s.Dir, file), "/etc/" + file, "", syscall.MS_BIND, ""})
	}

	if err := s.mountAll(own); err != nil {
		return err
	}

	if s.Disk != "" {
		if err := os.MkdirAll(filepath.Join(s.Rootfs, DiskMount), 0o755); err != nil {
			return err
		}

		if err := s.mountAll([]mount{{s.Disk, DiskMount, "", syscall.MS_BIND, ""}}); err != nil {
			return err
		}
	}

	if err := s.mountAll([]mount{
		{"proc", "/proc", "proc", noSuidDevExec, ""},
		{"sysfs", "/sys", "sysfs", noSuidDevExec, ""},
		{"cgroup2", "/sys/fs/cgroup", "cgroup2", noSuidDevExec, ""},
		{"tmpfs", "/dev", "tmpfs", syscall.MS_NOSUID, "mode=755"},
	}); err != nil {
		return err
	}

	return s.devices()
}

// devices fills /dev: the host's harmless devices, and links as everywhere.
func (s Spec) devices() error {
	dev := filepath.Join(s.Rootfs, "dev")

	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		if _, err := os.Stat("/dev/" + name); err != nil {
			continue
		}

		if err := os.WriteFile(filepath.Join(dev, name), nil, 0o666); err != nil {
			return err
		}

		if err := s.mountAll([]mount{{"/dev/" + name, "/dev/" + name, "", syscall.MS_BIND, ""}}); err != nil {
			return err
		}
	}

	for _, name := range []string{"pts", "shm", "mqueue"} {
		if err := os.Mkdir(filepath.Join(dev, name), 0o755); err != nil {
			return err
		}
	}

	for name, target := range map[string]string{
		"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(target, filepath.Join(dev, name)); err != nil {
			return err
		}
	}

	return s.mountAll([]mount{
		{"devpts", "/dev/pts", "devpts", syscall.MS_NOSUID | syscall.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"},
		{"tmpfs", "/dev/shm", "tmpfs", noSuidDev, "mode=1777"},
		{"mqueue", "/dev/mqueue", "mqueue", noSuidDevExec, ""},
	})
}

func (s Spec) mountAll(mounts []mount) error {
	for _, m := range mounts {
		if err := syscall.Mount(m.source, filepath.Join(s.Rootfs, m.target), m.kind, m.flags, m.data); err != nil {
			return fmt.Errorf("mount %s on /%s: %w", m.source, strings.TrimPrefix(m.target, "/"), err)
		}
	}

	return nil
}

// pivot makes the root filesystem the root, read-only, and lets go of the host's.
func (s Spec) pivot() error {
	if err := syscall.Chdir(s.Rootfs); err != nil {
		return err
	}

	if err := syscall.PivotRoot(".", "."); err != nil {
		return err
	}

	if err := syscall.Unmount(".", syscall.MNT_DETACH); err != nil {
		return err
	}

	if err := syscall.Chdir("/"); err != nil {
		return err
	}

	return syscall.Mount("", "/", "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, "")
}
