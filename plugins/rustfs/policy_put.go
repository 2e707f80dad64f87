package rustfs

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type policyPut struct {
	*plugin
	file   string
	rights profileFlags
}

func newPolicyPut(p *plugin) *cobra.Command {
	o := &policyPut{plugin: p}
	cmd := &cobra.Command{
		Use:     "put NAME",
		Aliases: []string{"set", "create"},
		Short:   "Write a policy from a file or a profile, if it means something else than before",
		Long: "Write a policy from a file of JSON or YAML, or from a profile for buckets. It is held against the servers' rules\n" +
			"first, and compared with what is there by its meaning: order, names of statements and spelling do not count. Built-in\n" +
			"policies are not overwritten.\n\n" + cli.ExitHelp(""),
		Example: `  # From a file
  kubectl rustfs policy put logs-writer -f logs-writer.json

  # From a profile
  kubectl rustfs policy put etcd-backup --profile backup --bucket etcd-backups

  # Would it change anything?
  kubectl rustfs policy put logs-writer -f - --dry-run`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeNames(policyNames), completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	cmd.Flags().StringVarP(&o.file, "file", "f", "", "File with the policy; - reads it from stdin")
	o.rights.flags(p, cmd)
	o.AddDryRunFlag(cmd, false)
	o.AddDiffFlag(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *policyPut) run(ctx context.Context, name string) error {
	if err := validNew(iam.ValidatePolicy, []string{name}); err != nil {
		return err
	}
	d, err := o.document()
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	o.equivalent("mc", "admin", "policy", "create", "rustfs", name, cmp.Or(o.file, "policy.json"))
	verb, err := o.put(ctx, t, name, d)
	if err != nil {
		return err
	}
	return cli.Report(o.UI, "Policy", name, verb, newPolicyView(admin.Policy{Name: name, Document: d.JSON()}))
}

// document is the policy of the file or of the profile.
func (o *policyPut) document() (iam.Document, error) {
	switch {
	case o.file != "" && o.rights.given():
		return iam.Document{}, cli.Usagef("--file and --profile say two things").WithHint("use one of them")
	case o.rights.given():
		return o.rights.document()
	case o.file == "":
		return iam.Document{}, cli.Usagef("--file is missing").WithHint("name the file with the policy: -f FILE, or -f - for stdin; or use --profile NAME --bucket BUCKET")
	}
	return o.readDocument("--file", o.file)
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
	o.ShowDiff("policy/"+name, pretty(old.Document), pretty(d.JSON()))
	if o.Rehearsing() == cli.DryRunNone {
		err = t.admin.PutPolicy(ctx, name, d.JSON())
	} else {
		err = nil
	}
	return verb, err
}
