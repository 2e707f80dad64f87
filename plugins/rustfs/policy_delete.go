package rustfs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type policyDelete struct {
	*plugin
	ignoreMissing bool
}

func newPolicyDelete(p *plugin) *cobra.Command {
	o := &policyDelete{plugin: p}
	cmd := &cobra.Command{
		Use:     "delete NAME...",
		Aliases: []string{"rm"},
		Short:   "Delete policies that nobody has",
		Long: "Delete policies, after the name was typed or with --yes. One that is attached is refused, with the names of those who\n" +
			"have it; built-in policies stay.\n\n" + cli.ExitHelp(""),
		Example: `  # In a script
  kubectl rustfs policy delete logs-writer --yes --ignore-not-found`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(policyNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.ignoreMissing, "ignore-not-found", false, "No error when the policy does not exist")
	o.AddYesFlag(cmd)
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *policyDelete) run(ctx context.Context, names []string) error {
	if err := validExisting(iam.Policy, names); err != nil {
		return err
	}
	if i := slices.IndexFunc(names, iam.IsBuiltIn); i >= 0 {
		return usage(&iamError{iam.Policy, names[i], "is one of RustFS' built-in policies, which stay as they are"})
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := o.delete(ctx, t, n); err != nil {
			return err
		}
	}
	return nil
}

func (o *policyDelete) delete(ctx context.Context, t *target, name string) error {
	_, err := t.admin.Policy(ctx, name)
	if admin.IsNotFound(err) && o.ignoreMissing {
		o.Remarkf("policy %q does not exist", name)
		return nil
	}
	if err != nil {
		return found(err, iam.Policy, name)
	}
	use, err := t.admin.PolicyUse(ctx)
	if soft(err) != nil {
		return err
	}
	if u := use[name]; !u.Empty() {
		who := holdersOf(u)
		return cli.Hintf(&iamError{iam.Policy, name, "is attached to " + strings.Join(who, ", ")},
			"detach it first: kubectl rustfs policy detach %s --from %s", name, strings.Join(who, ","))
	}
	if err := o.Confirm(ctx, fmt.Sprintf("policy %q on %s is attached to nobody, and nothing brings it back", name, t.name()), name); err != nil {
		return err
	}
	if o.Rehearsing() == cli.DryRunNone {
		err := t.admin.RemovePolicy(ctx, name)
		if admin.IsInUse(err) {
			return cli.Hintf(&iamError{iam.Policy, name, "is attached to somebody"}, "see: kubectl rustfs policy describe %s", name)
		}
		if err != nil {
			return err
		}
	}
	return cli.Report(o.UI, "Policy", name, "deleted", policyView{Metadata: cli.Meta{Name: name}})
}
