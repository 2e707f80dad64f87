package rustfs

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type policyEdit struct{ *plugin }

func newPolicyEdit(p *plugin) *cobra.Command {
	o := &policyEdit{p}
	cmd := &cobra.Command{
		Use:   "edit NAME",
		Short: "Change a policy in an editor",
		Long: "Change a policy in $KUBE_EDITOR, $EDITOR or vi. What the servers would refuse is shown again with the reason. A policy that\n" +
			"means the same as before is not written, and neither is one that somebody else has changed in the meantime.\n\n" + cli.ExitHelp(""),
		Example: `  # Edit
  kubectl rustfs policy edit logs-writer

  # See what would change
  kubectl rustfs policy edit logs-writer --dry-run --diff`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeNames(policyNames), completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	o.AddDryRunFlag(cmd, false)
	o.AddDiffFlag(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *policyEdit) run(ctx context.Context, name string) error {
	if iam.IsBuiltIn(name) {
		return cli.Usagef("policy %q is one of RustFS' built-in policies, which stay as they are", name).
			WithHint("write it under another name: kubectl rustfs policy describe %s -o jsonpath='{.document}' | kubectl rustfs policy put NAME -f -", name)
	}
	if err := validExisting(iam.Policy, []string{name}); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	now, err := t.admin.Policy(ctx, name)
	if err != nil {
		return found(err, iam.Policy, name)
	}
	before := pretty(now.Document) + "\n"
	text, err := o.Edit(ctx, "policy.json", before, refuse)
	if errors.Is(err, cli.ErrNotEdited) {
		return cli.Report(o.UI, "Policy", name, "unchanged", newPolicyView(now))
	}
	if err != nil {
		return err
	}
	d, err := iam.Parse([]byte(text))
	if err != nil {
		return err
	}
	for _, f := range iam.Lint(d) {
		o.Warnf("%s", f)
	}
	return o.write(ctx, t, name, now, d)
}

// refuse says why servers would not take a text.
func refuse(text string) error {
	d, err := iam.Parse([]byte(text))
	if err != nil {
		return err
	}
	if fatal := iam.Fatal(iam.Lint(d)); len(fatal) > 0 {
		return errors.New(texts(fatal))
	}
	return nil
}

func (o *policyEdit) write(ctx context.Context, t *target, name string, now admin.Policy, d iam.Document) error {
	c := change{
		kind: "Policy", name: name, what: "document", before: pretty(now.Document), after: pretty(d.JSON()), verb: "edited",
		object: newPolicyView(admin.Policy{Name: name, Document: d.JSON()}),
		do: func(ctx context.Context) error {
			again, err := t.admin.Policy(ctx, name)
			if err != nil {
				return found(err, iam.Policy, name)
			}
			if !sameMeaning(again.Document, now.Document) {
				return cli.Hintf(&iamError{iam.Policy, name, "was changed by somebody else in the meantime; nothing was written"}, "edit it again: kubectl rustfs policy edit %s", name)
			}
			return t.admin.PutPolicy(ctx, name, d.JSON())
		},
	}
	if sameMeaning(now.Document, d.JSON()) {
		c.after = c.before
	}
	return o.change(ctx, c)
}

// sameMeaning compares documents by what they mean.
func sameMeaning(a, b []byte) bool {
	x, err := iam.Parse(a)
	if err != nil {
		return false
	}
	y, err := iam.Parse(b)
	return err == nil && iam.Equal(x, y)
}
