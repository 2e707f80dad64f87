package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newUserEnable(p *plugin) *cobra.Command {
	o := &userStatus{plugin: p, enable: true}
	cmd := &cobra.Command{
		Use:   "enable NAME...",
		Short: "Let users in again",
		Long:  "Let users in again, with the secret, policies and groups they had.\n\n" + cli.ExitHelp(""),
		Example: `  # A user who was locked out
  kubectl rustfs user enable alice`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(userNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}
