package rustfs

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type bucketDelete struct {
	*plugin
	force         bool
	ignoreMissing bool
}

func newBucketDelete(p *plugin) *cobra.Command {
	o := &bucketDelete{plugin: p}
	cmd := &cobra.Command{
		Use:     "delete NAME...",
		Aliases: []string{"rm", "rb"},
		Short:   "Delete buckets; one that is not empty only with --force",
		Long: "Delete buckets. A bucket that is not empty is refused with the count of what is in it. With --force everything in it\n" +
			"goes too, old versions included, after its name was typed or with --yes; objects under retention stay, and so does\n" +
			"the bucket.\n\n" + cli.ExitHelp(""),
		Example: `  # An empty bucket
  kubectl rustfs bucket delete photos

  # What would be lost
  kubectl rustfs bucket delete photos --force --dry-run

  # In a script
  kubectl rustfs bucket delete photos --force --yes --ignore-not-found`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.force, "force", false, "Delete the bucket with everything in it")
	cmd.Flags().BoolVar(&o.ignoreMissing, "ignore-not-found", false, "No error when the bucket does not exist")
	o.AddYesFlag(cmd)
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *bucketDelete) run(ctx context.Context, names []string) error {
	if err := validBucketNames(names); err != nil {
		return err
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

// countLimit bounds the listing that only serves to say how much there is.
const countLimit = 100_000

func (o *bucketDelete) delete(ctx context.Context, t *target, name string) error {
	if o.force {
		o.equivalent("mc", "rb", "--force", "rustfs/"+name)
	} else {
		o.equivalent("mc", "rb", "rustfs/"+name)
	}
	exists, err := t.s3.BucketExists(ctx, name)
	if err != nil {
		return err
	}
	if !exists {
		if o.ignoreMissing {
			o.Remarkf("bucket %q does not exist", name)
			return nil
		}
		return noSuchBucket(name)
	}
	c, err := t.s3.Count(ctx, name, countLimit)
	if err != nil {
		return err
	}
	if !c.Empty() {
		if err := o.empty(ctx, t, name, c); err != nil {
			return err
		}
	}
	if o.Rehearsing() == cli.DryRunNone {
		if err := t.s3.DeleteBucket(ctx, name); err != nil {
			return err
		}
	}
	return cli.Report(o.UI, "Bucket", name, "deleted", bucketView{Metadata: cli.Meta{Name: name}})
}

// empty deletes what a bucket holds, when that is what the person wants.
func (o *bucketDelete) empty(ctx context.Context, t *target, name string, c s3.Count) error {
	what := contents(c)
	if !o.force {
		return cli.Hintf(&bucketError{name, "holds " + what}, "add --force to delete them too; look first with: kubectl rustfs bucket describe %s", name)
	}
	question := fmt.Sprintf("bucket %q on %s holds %s, and nothing brings it back once it is deleted", name, t.name(), what)
	if err := o.Confirm(ctx, question, name); err != nil {
		return err
	}
	if o.Rehearsing() != cli.DryRunNone {
		o.Remarkf("bucket %q: %s would be deleted with it", name, what)
		return nil
	}
	return t.s3.RemoveAllVersions(ctx, name, func(n int64) { o.Remarkf("bucket %q: %s deleted", name, cli.Plural(n, "version")) })
}

// contents says what a bucket holds: "3 objects", "1 object in 4 versions".
func contents(c s3.Count) string {
	s := cli.Plural(c.Objects, "object")
	if c.Versions > c.Objects {
		s += " in " + cli.Plural(c.Versions, "version")
	}
	if c.DeleteMarkers > 0 {
		s += " and " + cli.Plural(c.DeleteMarkers, "delete marker")
	}
	if c.Versions+c.DeleteMarkers >= countLimit {
		return "at least " + s
	}
	return s + " (" + cli.Size(c.Bytes) + ")"
}
