package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/host"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/supervise"
)

func newDown() *cobra.Command {
	var (
		name string
		all  bool
	)

	cmd := &cobra.Command{
		Use:   "down",
		Short: "End a sandbox and remove everything of it",
		Long: `Down ends every process of a sandbox and removes its directory, its control groups and with them its networks. It also cleans up after a supervisor
that was killed. What was built stays in the cache.`,
		Example: `  sandbox down
  sandbox down --name nightly
  sandbox down --all`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := host.Check(); err != nil {
				return err
			}

			b, err := box.Open(name)
			if err != nil {
				return usageError{err}
			}

			boxes := []box.Box{b}
			if all {
				if boxes, err = box.List(); err != nil {
					return err
				}
			}

			var failed error

			for _, b := range boxes {
				if err = supervise.Remove(b); err == nil {
					fmt.Fprintf(os.Stderr, "sandbox %q is gone\n", b.Name)
				}

				failed = errors.Join(failed, err)
			}

			return failed
		},
	}

	nameFlag(cmd, &name)
	cmd.Flags().BoolVar(&all, "all", false, "every sandbox")

	return cmd
}
