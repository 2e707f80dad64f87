package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type policyDescribe struct{ *plugin }

func newPolicyDescribe(p *plugin) *cobra.Command {
	o := &policyDescribe{p}
	cmd := &cobra.Command{
		Use:   "describe NAME...",
		Short: "Show policies: their documents and who has them",
		Long:  "Show policies on one page each: the document, who has it directly, and what in it does not do what it seems to.\n\n" + cli.ExitHelp(""),
		Example: `  # A built-in policy
  kubectl rustfs policy describe readonly

  # The document, for editing
  kubectl rustfs policy describe logs-writer -o jsonpath='{.document}'`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(policyNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *policyDescribe) run(ctx context.Context, names []string) error {
	if err := validExisting(iam.Policy, names); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	views := make([]policyView, 0, len(names))
	for _, n := range names {
		p, err := t.admin.Policy(ctx, n)
		if err != nil {
			return found(err, iam.Policy, n)
		}
		views = append(views, newPolicyView(p))
	}
	if err := useOf(ctx, t, views); err != nil {
		return err
	}
	if o.HumanOutput() {
		return pages(o.plugin, views, func(v policyView) []cli.Field { return v.fields(t.name()) })
	}
	return cli.Print(o.UI, cli.List[policyView]{Kind: "Policy", Items: views, Columns: policyColumns(), Single: len(views) == 1})
}

func (v policyView) fields(server string) []cli.Field {
	created, updated, problems := "", "", ""
	if v.Metadata.CreationTimestamp != nil {
		created = since(v.Metadata.CreationTimestamp)
	}
	if v.UpdatedAt != nil {
		updated = since(v.UpdatedAt)
	}
	if d, err := iam.Parse(v.Document); err == nil && !v.BuiltIn {
		problems = texts(iam.Lint(d))
	}
	return []cli.Field{
		{Name: "Name", Value: v.Metadata.Name},
		{Name: "Server", Value: server},
		{Name: "Type", Value: v.kind()},
		{Name: "Created", Value: created},
		{Name: "Updated", Value: updated},
		{Name: "Attached To", Value: v.holders()},
		{Name: "Problems", Value: problems},
		{Name: "Document", Value: pretty(v.Document)},
	}
}
