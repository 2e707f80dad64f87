package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newKeyEnable(p *plugin) *cobra.Command {
	o := &keyStatus{plugin: p, enable: true}
	cmd := &cobra.Command{
		Use:   "enable KEY...",
		Short: "Let access keys in again",
		Long:  "Let access keys in again, with the secret they had.\n\n" + cli.ExitHelp(""),
		Example: `  # A key that was switched off
  kubectl rustfs key enable AKIA123`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(keyNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}
