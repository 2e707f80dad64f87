package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newGroupRemove(p *plugin) *cobra.Command {
	o := &groupMembers{plugin: p, remove: true}
	cmd := &cobra.Command{
		Use:   "remove GROUP USER...",
		Short: "Take users out of a group",
		Long: "Take users out of a group. The group stays, also without members; those who are not in it are no error.\n\n" +
			cli.ExitHelp(""),
		Example: `  # One user
  kubectl rustfs group remove devs alice`,
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: completeFirst(p.completeNames(groupNames), p.completeNames(userNames)),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0], args[1:]) },
	}
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}
