package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/host"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/supervise"
)

func newExec() *cobra.Command {
	var name string

	cmd := &cobra.Command{
		Use:   "exec -- COMMAND [ARGUMENT…]",
		Short: "Run a command where it can reach a sandbox",
		Long: `Exec becomes the command, in the sandbox's network: it keeps the directory, the environment, the terminal, the signals and the exit code. KUBECONFIG
and TALOSCONFIG name the sandbox's files, and PATH begins with the work tree's bin and the sandbox's kubectl and talosctl.`,
		Example: `  sandbox exec -- kubectl get nodes
  sandbox exec --name nightly -- talosctl etcd members
  sandbox exec -- kubectl etcdbackup list`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd, errors.New("no command is given"))
			}

			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return enter(name, args) },
	}

	cmd.Flags().SetInterspersed(false)
	nameFlag(cmd, &name)

	return cmd
}

func newShell() *cobra.Command {
	var name string

	cmd := &cobra.Command{
		Use:     "shell",
		Short:   "Open a shell that can reach a sandbox",
		Long:    `Shell runs $SHELL as exec would.`,
		Example: `  sandbox shell`,
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			return enter(name, []string{cmp.Or(os.Getenv("SHELL"), "/bin/sh")})
		},
	}

	nameFlag(cmd, &name)

	return cmd
}

func newEnv() *cobra.Command {
	var name string

	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print the environment of a sandbox's commands",
		Long: `Env prints lines for a shell to evaluate. The files and programs are then found; the sandbox's addresses can still be reached by exec and shell
only.`,
		Example: `  eval "$(sandbox env)"`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, info, err := openExisting(name)
			if err != nil {
				return err
			}

			for _, pair := range environment(b, info, os.Getenv("PATH")) {
				variable, value, _ := strings.Cut(pair, "=")
				fmt.Fprintf(cmd.OutOrStdout(), "export %s=%s\n", variable, box.Quote(value))
			}

			return nil
		},
	}

	nameFlag(cmd, &name)

	return cmd
}

// environment is what a sandbox's commands find in theirs.
func environment(b box.Box, info box.Info, path string) []string {
	own := []string{filepath.Join(info.Repository, "bin"), info.Programs}

	for dir := range strings.SplitSeq(path, ":") {
		if !slices.Contains(own, dir) {
			own = append(own, dir)
		}
	}

	return []string{
		"KUBECONFIG=" + b.Kubeconfig(),
		"TALOSCONFIG=" + b.Talosconfig(),
		"SANDBOX_NAME=" + b.Name,
		"SANDBOX_DIR=" + b.Dir,
		"SANDBOX_RUSTFS=" + info.RustFS.Kind,
		"PATH=" + strings.Join(own, ":"),
	}
}

// enter becomes a command in the sandbox's network.
func enter(name string, command []string) error {
	b, info, err := openExisting(name)
	if err != nil {
		return err
	}

	if err = host.Check(); err != nil {
		return err
	}

	pid := supervise.PID(b)
	if pid == 0 {
		return fmt.Errorf("sandbox %q does not run\nhint: sandbox up --name %s", b.Name, b.Name)
	}

	own := environment(b, info, os.Getenv("PATH"))
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		variable, _, _ := strings.Cut(pair, "=")

		return slices.ContainsFunc(own, func(o string) bool { return strings.HasPrefix(o, variable+"=") })
	})

	for _, pair := range own {
		if path, ok := strings.CutPrefix(pair, "PATH="); ok {
			if err = os.Setenv("PATH", path); err != nil {
				return err
			}
		}
	}

	program, err := exec.LookPath(command[0])
	if err != nil {
		return fmt.Errorf("run %s: %w", command[0], err)
	}

	return host.ExecInNetwork(pid, program, command, append(host.BypassProxies(env, box.Subnet), own...))
}
