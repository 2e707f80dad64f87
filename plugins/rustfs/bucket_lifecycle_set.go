package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type bucketLifecycleSet struct {
	*plugin
	file string
}

func newBucketLifecycleSet(p *plugin) *cobra.Command {
	o := &bucketLifecycleSet{plugin: p}
	cmd := &cobra.Command{
		Use:     "set NAME...",
		Aliases: []string{"import"},
		Short:   "Replace the lifecycle rules of buckets by those of a file",
		Long: "Replace the lifecycle rules of buckets by those of a file: what lifecycle get -o yaml or json prints, a list of such\n" +
			"rules, S3's XML, or the JSON of aws s3api and of mc ilm rule export; the form is found out. The rules are held against\n" +
			"the server's first. What a file would delete tells: kubectl rustfs bucket lifecycle check NAME -f FILE.\n\n" + cli.ExitHelp(""),
		Example: `  # From a file, after a look at the difference
  kubectl rustfs bucket lifecycle set logs -f rules.yaml --dry-run --diff
  kubectl rustfs bucket lifecycle set logs -f rules.yaml`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringVarP(&o.file, "file", "f", "", "File with the rules; - reads it from stdin")
	p.addSetterFlags(cmd)
	return cmd
}

func (o *bucketLifecycleSet) run(ctx context.Context, names []string) error {
	rules, err := o.lifecycleFile(o.file)
	if err != nil {
		return err
	}
	return o.atBuckets(ctx, names, func(ctx context.Context, t *target, name string) error {
		now, err := t.s3.Lifecycle(ctx, name)
		if err != nil {
			return err
		}
		o.equivalent("aws", "s3api", "put-bucket-lifecycle-configuration", "--bucket", name, "--lifecycle-configuration", "file://rules.json")
		return o.setLifecycle(ctx, t, name, "lifecycle set", now, rules)
	})
}
