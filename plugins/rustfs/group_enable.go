package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newGroupEnable(p *plugin) *cobra.Command {
	o := &groupStatus{plugin: p, enable: true}
	cmd := &cobra.Command{
		Use:   "enable NAME...",
		Short: "Give groups, and the rights of their members, back",
		Long: "Enable groups. Their members have their rights again, unless another disabled group takes them.\n\n" +
			cli.ExitHelp(""),
		Example: `  # A group that was disabled
  kubectl rustfs group enable devs`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(groupNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}
