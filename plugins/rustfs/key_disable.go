package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newKeyDisable(p *plugin) *cobra.Command {
	o := &keyStatus{plugin: p}
	cmd := &cobra.Command{
		Use:   "disable KEY...",
		Short: "Switch access keys off, without deleting them",
		Long:  "Switch access keys off, without deleting them: the way to find out who still uses one.\n\n" + cli.ExitHelp(""),
		Example: `  # Before it is deleted
  kubectl rustfs key disable AKIA123`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(keyNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}
