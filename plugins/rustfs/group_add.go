package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newGroupAdd(p *plugin) *cobra.Command {
	o := &groupMembers{plugin: p}
	cmd := &cobra.Command{
		Use:   "add GROUP USER...",
		Short: "Put users into a group",
		Long: "Put users into a group that exists. Those who are in it already are no error.\n\n" +
			cli.ExitHelp(""),
		Example: `  # Two users
  kubectl rustfs group add devs alice bob`,
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: completeFirst(p.completeNames(groupNames), p.completeNames(userNames)),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0], args[1:]) },
	}
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}
