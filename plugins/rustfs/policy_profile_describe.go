package rustfs

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type policyProfileDescribe struct {
	*plugin
	rights profileFlags
}

func newPolicyProfileDescribe(p *plugin) *cobra.Command {
	o := &policyProfileDescribe{plugin: p}
	cmd := &cobra.Command{
		Use:   "describe NAME...",
		Short: "Show what profiles allow, and their policies for a bucket",
		Long: "Show profiles on one page each: what works, what does not, and the policy for the buckets that are named. No server is\n" +
			"asked.\n\n" + cli.ExitHelp(""),
		Example: `  # In words, and as the policy for a bucket
  kubectl rustfs policy profile describe backup --bucket etcd-backups

  # The document, for a file
  kubectl rustfs policy profile describe loki --bucket loki-chunks -o jsonpath='{.document}'`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeProfiles,
		RunE:              func(_ *cobra.Command, args []string) error { return o.run(args) },
	}
	cmd.Flags().StringSliceVarP(&o.rights.buckets, "bucket", "b", []string{"BUCKET"}, "Bucket that the policy is shown for; may be repeated")
	cmd.Flags().StringVar(&o.rights.prefix, "prefix", "", "Narrow the rights to keys that begin so, for example logs/")
	completeFlag(cmd, "bucket", p.completeBuckets)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *policyProfileDescribe) run(names []string) error {
	profiles, err := named(iam.Profiles(), names, func(p iam.Profile) string { return p.Name }, noSuchProfile)
	if err != nil {
		return err
	}
	scope := iam.Scope{Buckets: o.rights.buckets, Prefix: o.rights.prefix}
	if len(scope.Buckets) != 1 || scope.Buckets[0] != "BUCKET" {
		if scope, err = o.rights.scope(); err != nil {
			return err
		}
	} else if err := iam.ValidatePrefix(scope.Prefix); err != nil {
		return usage(err)
	}
	var views []profileView
	for _, p := range profiles {
		v := newProfileView(p)
		v.Document = p.Document(scope).JSON()
		views = append(views, v)
	}
	if o.HumanOutput() {
		return pages(o.plugin, views, profileView.fields)
	}
	return cli.Print(o.UI, cli.List[profileView]{Kind: "Profile", Items: views, Single: len(views) == 1, Columns: []cli.Column[profileView]{
		{Name: "Name", Value: func(v profileView) string { return v.Metadata.Name }},
		{Name: "Actions", Value: func(v profileView) string { return strings.Join(v.Actions, ",") }},
	}})
}

func (v profileView) fields() []cli.Field {
	return []cli.Field{
		{Name: "Name", Value: v.Metadata.Name},
		{Name: "For", Value: v.Short},
		{Name: "Works", Value: strings.Join(v.Can, "\n")},
		{Name: "Does Not", Value: strings.Join(v.Cannot, "\n")},
		{Name: "Policy", Value: pretty(v.Document)},
	}
}
