// Command runcwrap is the container runtime of a node that lives in a user namespace: it takes out of the bundle's specification what may not be set
// there (cgroups, OOM scores) or what its runc cannot do (seccomp), and becomes runc.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

func main() {
	fmt.Fprintln(os.Stderr, "runc:", run(os.Args[1:]))
	os.Exit(1)
}

// run returns only if runc cannot be started.
func run(args []string) error {
	if at := slices.Index(args, "--bundle"); at >= 0 && at+1 < len(args) && slices.Contains(args, "create") {
		if err := rewrite(filepath.Join(args[at+1], "config.json")); err != nil {
			return fmt.Errorf("prepare the bundle: %w", err)
		}
	}

	self, err := os.Executable()
	if err != nil {
		return err
	}

	runc := filepath.Join(filepath.Dir(self), "runc.real")

	return syscall.Exec(runc, append([]string{"runc", "--rootless=true"}, args...), os.Environ())
}
