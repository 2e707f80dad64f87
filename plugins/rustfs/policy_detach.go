package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newPolicyDetach(p *plugin) *cobra.Command {
	o := &policyBind{plugin: p, detach: true}
	cmd := &cobra.Command{
		Use:   "detach POLICY...",
		Short: "Take policies from users and groups, and leave the others",
		Long: "Take policies from users and groups; what else they have stays. What is not attached is no error. --to is another word\n" +
			"for --from.\n\n" + cli.ExitHelp(""),
		Example: `  # From a user
  kubectl rustfs policy detach logs-writer --from user/loki`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(policyNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringSliceVar(&o.from, "from", nil, "Who loses them: user/NAME or group/NAME; may be repeated")
	cmd.Flags().StringSliceVar(&o.to, "to", nil, "The same as --from, for lines that began as policy attach")
	completeFlag(cmd, "from", p.completeNames(holderNames))
	completeFlag(cmd, "to", p.completeNames(holderNames))
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}
