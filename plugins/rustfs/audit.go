package rustfs

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/audit"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

type auditCommand struct {
	*plugin
	rules ruleFlags
}

func newAudit(p *plugin) *cobra.Command {
	o := &auditCommand{plugin: p}
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Look for what is wrong with users, groups, policies, keys and public buckets",
		Long: "Look for what is wrong with users, groups, policies, access keys and the policies of buckets: keys that never end, that are\n" +
			"root's or have all rights of their user, groups that take all rights from their members, policies of which a statement does\n" +
			"not do what it seems to, buckets that anybody may read or write. Each finding comes with a command that mends it.\n\n" +
			cli.ExitHelp("something critical or a warning was found"),
		Example: `  # Everything
  kubectl rustfs audit

  # Only keys that never end, for a script
  kubectl rustfs audit --rule key-without-expiry -o json`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: completeNothing,
		RunE:              func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.rules.add(cmd, audit.Rules())
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *auditCommand) run(ctx context.Context) error {
	if err := o.rules.check(); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	s, err := loadIAM(ctx, t)
	if err != nil {
		return err
	}
	return o.findings(slices.DeleteFunc(audit.Run(s), func(f finding.Finding) bool { return !o.rules.keep(f.Rule) }))
}
