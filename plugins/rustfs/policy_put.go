package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type policyPut struct {
	*plugin
	file string
}

func newPolicyPut(p *plugin) *cobra.Command {
	o := &policyPut{plugin: p}
	cmd := &cobra.Command{
		Use:     "put NAME",
		Aliases: []string{"set", "create"},
		Short:   "Write a policy from a file, if it means something else than before",
		Long: "Write a policy from a file of JSON. It is held against the servers' rules first, and compared with what is there by\n" +
			"its meaning: order, names of statements and spelling do not count. Built-in policies are not overwritten.\n\n" + cli.ExitHelp(""),
		Example: `  # From a file
  kubectl rustfs policy put logs-writer -f logs-writer.json

  # Would it change anything?
  kubectl rustfs policy put logs-writer -f - --dry-run`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeNames(policyNames), completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	cmd.Flags().StringVarP(&o.file, "file", "f", "", "File with the policy; - reads it from stdin")
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *policyPut) run(ctx context.Context, name string) error {
	if err := validNew(iam.ValidatePolicy, []string{name}); err != nil {
		return err
	}
	if o.file == "" {
		return cli.Usagef("--file is missing").WithHint("name the file with the policy: -f FILE, or -f - for stdin")
	}
	d, err := o.readDocument("--file", o.file)
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	verb, err := o.put(ctx, t, name, d)
	if err != nil {
		return err
	}
	return cli.Report(o.UI, "Policy", name, verb, newPolicyView(admin.Policy{Name: name, Document: d.JSON()}))
}

// put writes a policy, unless what is there means the same.
func (o *policyPut) put(ctx context.Context, t *target, name string, d iam.Document) (verb string, err error) {
	verb = "configured"
	old, err := t.admin.Policy(ctx, name)
	switch {
	case admin.IsNotFound(err):
		verb = "created"
	case err != nil:
		return "", err
	default:
		if now, err := iam.Parse(old.Document); err == nil && iam.Equal(now, d) {
			return "unchanged", nil
		}
	}
	if o.Rehearsing() == cli.DryRunNone {
		err = t.admin.PutPolicy(ctx, name, d.JSON())
	} else {
		err = nil
	}
	return verb, err
}
