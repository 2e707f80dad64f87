package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newUserDisable(p *plugin) *cobra.Command {
	o := &userStatus{plugin: p}
	cmd := &cobra.Command{
		Use:   "disable NAME...",
		Short: "Lock users out, without deleting anything",
		Long: "Lock users out, without deleting anything: the server refuses the user's own key, and leaves it without rights, until\n" +
			"user enable.\n\n" + cli.ExitHelp(""),
		Example: `  # At once
  kubectl rustfs user disable alice

  # What would be done
  kubectl rustfs user disable alice bob --dry-run`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(userNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}
