package rustfs

import (
	"context"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type bucketLifecycleRm struct {
	*plugin
	all, ignoreMissing bool
}

func newBucketLifecycleRm(p *plugin) *cobra.Command {
	o := &bucketLifecycleRm{plugin: p}
	cmd := &cobra.Command{
		Use:     "rm NAME ID...",
		Aliases: []string{"delete", "remove"},
		Short:   "Remove lifecycle rules of a bucket",
		Long:    "Remove lifecycle rules of a bucket: those that are named by their IDs, or --all. Nothing more expires by them.\n\n" + cli.ExitHelp(""),
		Example: `  # One rule
  kubectl rustfs bucket lifecycle rm logs tmp-expire-7d

  # All of them
  kubectl rustfs bucket lifecycle rm logs --all`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeFirst(p.completeBuckets, p.completeRules),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0], args[1:]) },
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "Remove all rules")
	cmd.Flags().BoolVar(&o.ignoreMissing, "ignore-not-found", false, "No error when a rule does not exist")
	p.addSetterFlags(cmd)
	return cmd
}

func (o *bucketLifecycleRm) run(ctx context.Context, name string, ids []string) error {
	if o.all == (len(ids) > 0) {
		return cli.Usagef("name the rules to remove, or use --all").WithHint("see them with: kubectl rustfs bucket lifecycle get %s", name)
	}
	return o.atBuckets(ctx, []string{name}, func(ctx context.Context, t *target, name string) error {
		now, err := t.s3.Lifecycle(ctx, name)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if !o.ignoreMissing && !slices.ContainsFunc(now, func(r bucket.LifecycleRule) bool { return r.ID == id }) {
				return cli.Hintf(&bucketError{name, "has no lifecycle rule " + strconv.Quote(id)}, "see the rules with: kubectl rustfs bucket lifecycle get %s", name)
			}
			o.equivalent("mc", "ilm", "rule", "rm", "--id", id, "rustfs/"+name)
		}
		if o.all {
			o.equivalent("mc", "ilm", "rule", "rm", "--all", "--force", "rustfs/"+name)
		}
		want := slices.DeleteFunc(slices.Clone(now), func(r bucket.LifecycleRule) bool { return o.all || slices.Contains(ids, r.ID) })
		return o.setLifecycle(ctx, t, name, "lifecycle rules removed", now, want)
	})
}
