package rustfs

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// parallel is how many questions about buckets are under way at once; each
// keeps a connection through the cluster.
const parallel = 4

type bucketLs struct {
	*plugin
	count bool
}

func newBucketLs(p *plugin) *cobra.Command {
	o := &bucketLs{plugin: p}
	cmd := &cobra.Command{
		Use:     "ls [NAME...]",
		Aliases: []string{"list", "get"},
		Short:   "List the buckets, with what the server knows of them",
		Long: "List the buckets that the key may see: versioning, object lock, and the objects and bytes that the server's scanner\n" +
			"counted. The scanner is minutes to hours behind; -o wide tells how much. A bucket it has not seen yet shows <unknown>,\n" +
			"unless --count lists its contents.\n\n" + cli.ExitHelp(""),
		Example: `  # All buckets
  kubectl rustfs bucket ls

  # Exact figures, by listing every bucket
  kubectl rustfs bucket ls --count

  # The names alone, and one field of one bucket
  kubectl rustfs bucket ls -o name
  kubectl rustfs bucket ls etcd-backups -o jsonpath='{.items[0].versioning}'`,
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.count, "count", false, "Count the contents by listing them, instead of asking the server's scanner")
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *bucketLs) run(ctx context.Context, names []string) error {
	if err := validBucketNames(names); err != nil {
		return err
	}
	o.equivalent("mc", "ls", "rustfs")
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	buckets, err := t.s3.Buckets(ctx)
	if err != nil {
		return err
	}
	if buckets, err = named(buckets, names, bucketName, noSuchBucket); err != nil {
		return err
	}
	views, err := o.look(ctx, t, buckets)
	if err != nil {
		return err
	}
	return cli.Print(o.UI, cli.List[bucketView]{Kind: "Bucket", Items: views, Columns: bucketColumns(time.Now()), Empty: "No buckets found on " + t.name() + "."})
}

// look asks for the details of each bucket, several at once. What the key may
// not ask stays unknown.
func (o *bucketLs) look(ctx context.Context, t *target, buckets []s3.Bucket) ([]bucketView, error) {
	now := time.Now()
	views := make([]bucketView, len(buckets))
	var usage admin.Usage
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	if !o.count && len(buckets) > 0 {
		g.Go(func() (err error) {
			usage, err = t.admin.Usage(ctx)
			return soft(err)
		})
	}
	for i, b := range buckets {
		g.Go(func() (err error) {
			views[i], err = o.lookAt(ctx, t, b, now)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i := range views {
		if views[i].Usage == nil {
			views[i].Usage = usageOfScanner(usage, views[i].Metadata.Name)
		}
	}
	return views, nil
}

func (o *bucketLs) lookAt(ctx context.Context, t *target, b s3.Bucket, now time.Time) (bucketView, error) {
	v := newBucketView(b, now)
	versioning, err := t.s3.Versioning(ctx, b.Name)
	if soft(err) != nil {
		return v, err
	}
	v.Versioning = versioning
	lock, err := t.s3.Lock(ctx, b.Name)
	if soft(err) != nil {
		return v, err
	}
	if err == nil {
		v.Lock = newLockView(lock)
	}
	if o.count {
		c, err := t.s3.Count(ctx, b.Name, 0)
		if soft(err) != nil {
			return v, err
		}
		if err == nil {
			v.Usage = usageOfListing(c, now)
		}
	}
	return v, nil
}

// soft forgives what a key may not ask and what a version does not know; the
// cell shows <unknown> then.
func soft(err error) error {
	if admin.IsMissingRoute(err) || admin.IsCode(err, "AccessDenied") || s3.IsCode(err, "AccessDenied", "NotImplemented", "NoSuchBucket") {
		return nil
	}
	return err
}

func bucketName(b s3.Bucket) string { return b.Name }

func bucketColumns(now time.Time) []cli.Column[bucketView] {
	return []cli.Column[bucketView]{
		{Name: "Name", Value: func(b bucketView) string { return b.Metadata.Name }},
		{Name: "Versioning", Value: func(b bucketView) string { return orUnknown(string(b.Versioning)) }},
		{Name: "Lock", Value: func(b bucketView) string { return lockCell(b.Lock) }},
		{Name: "Objects", Value: func(b bucketView) string {
			if b.Usage == nil {
				return cli.Unknown
			}
			return strconv.FormatInt(b.Usage.Objects, 10)
		}},
		{Name: "Size", Value: func(b bucketView) string {
			if b.Usage == nil {
				return cli.Unknown
			}
			return cli.Size(b.Usage.Bytes)
		}},
		{Name: "Age", Value: func(b bucketView) string { return b.age }},
		{Name: "Created", Wide: true, Value: func(b bucketView) string {
			if b.Metadata.CreationTimestamp == nil {
				return cli.Unknown
			}
			return b.Metadata.CreationTimestamp.UTC().Format(time.RFC3339)
		}},
		{Name: "Counted", Wide: true, Value: func(b bucketView) string {
			if b.Usage == nil {
				return cli.None
			}
			return cli.Age(b.Usage.CountedAt.Time, now) + " ago by " + b.Usage.CountedBy
		}},
	}
}

func lockCell(l *lockView) string {
	switch {
	case l == nil:
		return cli.Unknown
	case !l.Enabled:
		return "Off"
	case l.Retention == "":
		return "Enabled"
	}
	return l.Retention
}

func orUnknown(s string) string {
	if s == "" {
		return cli.Unknown
	}
	return s
}
