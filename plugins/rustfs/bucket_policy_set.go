package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type bucketPolicySet struct {
	*plugin
	file string
}

func newBucketPolicySet(p *plugin) *cobra.Command {
	o := &bucketPolicySet{plugin: p}
	cmd := &cobra.Command{
		Use:     "set NAME",
		Aliases: []string{"put"},
		Short:   "Replace the policy of a bucket by that of a file, if it means something else",
		Long: "Replace the policy of a bucket by that of a file of JSON or YAML. It is held against the servers' rules first: each\n" +
			"statement needs a Principal, and resources of this bucket; and compared with what is there by its meaning.\n\n" + cli.ExitHelp(""),
		Example: `  # From a file, after a look at the difference
  kubectl rustfs bucket policy set photos -f policy.json --dry-run --diff
  kubectl rustfs bucket policy set photos -f policy.json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeBuckets, completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	cmd.Flags().StringVarP(&o.file, "file", "f", "", "File with the policy; - reads it from stdin")
	p.addSetterFlags(cmd)
	return cmd
}

func (o *bucketPolicySet) run(ctx context.Context, name string) error {
	if err := validBucketNames([]string{name}); err != nil {
		return err
	}
	text, err := o.settingFile(o.file)
	if err != nil {
		return err
	}
	want, findings, err := checkPolicy(innerPolicy(text), name)
	if err != nil {
		return inFile(o.file, err)
	}
	for _, f := range findings {
		o.Warnf("%s", f)
	}
	return o.atBuckets(ctx, []string{name}, func(ctx context.Context, t *target, name string) error {
		o.equivalent("mc", "anonymous", "set-json", o.file, "rustfs/"+name)
		before, err := t.s3.Policy(ctx, name)
		if err != nil {
			return err
		}
		return o.setBucketPolicy(ctx, t, name, "policy set", before, want)
	})
}
