package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newPolicyAttach(p *plugin) *cobra.Command {
	o := &policyBind{plugin: p}
	cmd := &cobra.Command{
		Use:   "attach POLICY...",
		Short: "Give policies to users and groups, beside those they have",
		Long: "Give policies to users and groups, beside those they have. What is attached already is no error. Names are checked\n" +
			"before anything is changed.\n\n" + cli.ExitHelp(""),
		Example: `  # One policy, two who get it
  kubectl rustfs policy attach logs-writer --to user/loki --to group/ops`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(policyNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringSliceVar(&o.to, "to", nil, "Who gets them: user/NAME or group/NAME; may be repeated")
	completeFlag(cmd, "to", p.completeNames(holderNames))
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}
