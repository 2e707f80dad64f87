// Command containerdwrap starts containerd when its configuration is there: Talos mounts the files of /etc/cri/conf.d and writes them while the
// service starts, and a containerd that comes in between runs on for good without its CRI plugin.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

const (
	criConfig = "/etc/cri/containerd.toml"
	criParts  = "/etc/cri/conf.d"
	patience  = time.Minute
	pause     = 20 * time.Millisecond
)

func main() {
	fmt.Fprintln(os.Stderr, "containerd:", run(os.Args))
	os.Exit(1)
}

// run returns only if containerd cannot be started. What is not written in time is containerd's to complain about.
func run(args []string) error {
	if slices.Contains(args, criConfig) {
		for end := time.Now().Add(patience); !written(criParts) && time.Now().Before(end); {
			time.Sleep(pause)
		}
	}

	self, err := os.Executable()
	if err != nil {
		return err
	}

	return syscall.Exec(filepath.Join(filepath.Dir(self), "containerd.real"), args, os.Environ())
}
