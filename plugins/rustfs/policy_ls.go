package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type policyLs struct{ *plugin }

func newPolicyLs(p *plugin) *cobra.Command {
	o := &policyLs{p}
	cmd := &cobra.Command{
		Use:     "ls [NAME...]",
		Aliases: []string{"list", "get"},
		Short:   "List the policies, and how many users and groups have them",
		Long:    "List the policies, RustFS' built-in ones too, and how many users and groups have each; -o wide names them.\n\n" + cli.ExitHelp(""),
		Example: `  # All policies
  kubectl rustfs policy ls

  # One document
  kubectl rustfs policy ls readonly -o jsonpath='{.items[0].document}'`,
		ValidArgsFunction: p.completeNames(policyNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *policyLs) run(ctx context.Context, names []string) error {
	if err := validExisting(iam.Policy, names); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	policies, err := t.admin.Policies(ctx)
	if err != nil {
		return err
	}
	if policies, err = named(policies, names, func(p admin.Policy) string { return p.Name }, missing(iam.Policy)); err != nil {
		return err
	}
	views := make([]policyView, 0, len(policies))
	for _, p := range policies {
		views = append(views, newPolicyView(p))
	}
	if err := useOf(ctx, t, views); err != nil {
		return err
	}
	return cli.Print(o.UI, cli.List[policyView]{Kind: "Policy", Items: views, Columns: policyColumns(), Empty: "No policies found on " + t.name() + "."})
}
