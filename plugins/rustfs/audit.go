package rustfs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/audit"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

type auditCommand struct {
	*plugin
	rules []string
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
	cmd.Flags().StringSliceVar(&o.rules, "rule", nil, "Only what this rule finds; may be repeated")
	o.AddPrintFlags(cmd)
	return cmd
}

// findingView is a finding as it is printed.
type findingView struct {
	Metadata cli.Meta `json:"metadata"` // the rule and what it is about
	finding.Finding
}

func (o *auditCommand) run(ctx context.Context) error {
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	s, err := loadIAM(ctx, t)
	if err != nil {
		return err
	}
	found := audit.Run(s)
	if len(o.rules) > 0 {
		found = slices.DeleteFunc(found, func(f finding.Finding) bool { return !slices.Contains(o.rules, f.Rule) })
	}
	if err := o.print(t, found); err != nil {
		return err
	}
	if finding.Bad(found) {
		return &cli.Found{}
	}
	return nil
}

func (o *auditCommand) print(t *target, found []finding.Finding) error {
	if !o.HumanOutput() {
		views := make([]findingView, 0, len(found))
		for _, f := range found {
			views = append(views, findingView{Metadata: cli.Meta{Name: strings.ReplaceAll(f.Rule+"."+f.Subject, "/", ".")}, Finding: f})
		}
		return cli.Print(o.UI, cli.List[findingView]{Kind: "Finding", Items: views, Columns: auditColumns()})
	}
	if len(found) == 0 {
		o.Remarkf("Nothing found on %s.", t.name())
		return nil
	}
	return pages(o.plugin, found, func(f finding.Finding) []cli.Field {
		return []cli.Field{
			{Name: string(f.Severity), Value: f.Subject + " (" + f.Rule + ")"},
			{Name: "What", Value: f.What},
			{Name: "Seen", Value: f.Proof},
			{Name: "Fix", Value: f.Fix},
		}
	})
}

func auditColumns() []cli.Column[findingView] {
	return []cli.Column[findingView]{
		{Name: "Severity", Value: func(f findingView) string { return string(f.Severity) }},
		{Name: "Rule", Value: func(f findingView) string { return f.Rule }},
		{Name: "Subject", Value: func(f findingView) string { return f.Subject }},
		{Name: "What", Value: func(f findingView) string { return f.What }},
		{Name: "Seen", Wide: true, Value: func(f findingView) string { return orNone(f.Proof) }},
		{Name: "Fix", Wide: true, Value: func(f findingView) string { return fmt.Sprint(f.Fix) }},
	}
}
