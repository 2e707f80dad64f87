package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

// usageError is a command line that makes no sense; it ends with exit code 2.
type usageError struct{ error }

func newRoot() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "A real Talos cluster to try things on",
		Long: `Sandbox runs a real Talos control plane in namespaces of its own: etcd and the Machine API, and if wanted Kubernetes with RustFS and
talos-backup in it. Nothing on the host changes, and nothing leads out of a sandbox. It needs Linux and root.`,
		Example: `  sandbox up --tier cluster
  sandbox exec -- kubectl get pods -A
  sandbox down`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSubcommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}

	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(c, err) })
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.AddCommand(
		newBuild(), newUp(), newDown(), newStatus(), newList(), newExec(), newShell(), newEnv(), newWipe(), newNode(), newStore(),
		newInternalNode(), newInternalSupervise(), newInternalProvision(), newInternalWait(),
	)

	return cmd
}

// usage wraps an error of the command line and says where help is.
func usage(cmd *cobra.Command, err error) error {
	return usageError{fmt.Errorf("%w\nhint: %s --help", err, cmd.CommandPath())}
}

// noSubcommand refuses arguments of a command that only groups others.
func noSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(cmd, fmt.Errorf("%s has no command %q", cmd.CommandPath(), args[0]))
	}

	return nil
}

// noArgs refuses every argument.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(cmd, fmt.Errorf("%s takes no arguments, but got %q", cmd.CommandPath(), args[0]))
	}

	return nil
}

// nameFlag adds --name.
func nameFlag(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "name", box.DefaultName, "`name` of the sandbox; several can stand side by side")
}

// openExisting finds a sandbox that was made.
func openExisting(name string) (box.Box, box.Info, error) {
	b, err := box.Open(name)
	if err != nil {
		return b, box.Info{}, usageError{err}
	}

	info, err := b.ReadInfo()

	return b, info, err
}
