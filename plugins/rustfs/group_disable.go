package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newGroupDisable(p *plugin) *cobra.Command {
	o := &groupStatus{plugin: p}
	cmd := &cobra.Command{
		Use:   "disable NAME...",
		Short: "Disable groups, which takes all rights from their members",
		Long: "Disable groups. RustFS then takes all rights from every member, also those that come from policies of their own and from\n" +
			"other groups: one disabled group is enough. To take only a group's policies away, use policy detach.\n\n" +
			cli.ExitHelp(""),
		Example: `  # Lock all members out
  kubectl rustfs group disable devs

  # Whom it would hit
  kubectl rustfs group disable devs --dry-run`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(groupNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}
