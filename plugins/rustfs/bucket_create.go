package rustfs

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type bucketCreate struct {
	*plugin
	ifMissing  bool
	versioning bool
	lock       bool
}

func newBucketCreate(p *plugin) *cobra.Command {
	o := &bucketCreate{plugin: p}
	cmd := &cobra.Command{
		Use:     "create NAME...",
		Aliases: []string{"mb"},
		Short:   "Create buckets",
		Long: "Create buckets. A bucket that exists is an error, unless -p says that its existence is what counts; -p brings an\n" +
			"existing bucket's versioning to what is asked for, and refuses where its object lock differs, which cannot be changed.\n\n" +
			cli.ExitHelp(""),
		Example: `  # A bucket
  kubectl rustfs bucket create photos

  # A bucket for backups, whether or not it is there already
  kubectl rustfs bucket create -p etcd-backups --versioning

  # What would be done
  kubectl rustfs bucket create photos --with-lock --dry-run`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVarP(&o.ifMissing, "if-missing", "p", false, "No error when the bucket exists")
	cmd.Flags().BoolVar(&o.versioning, "versioning", false, "Keep old versions of objects")
	cmd.Flags().BoolVar(&o.lock, "with-lock", false, "Make object lock possible, which turns versioning on; it can only be done now")
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *bucketCreate) run(ctx context.Context, names []string) error {
	if err := validBucketNames(names); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	for _, n := range names {
		verb, err := o.create(ctx, t, n)
		if err != nil {
			return err
		}
		if err := cli.Report(o.UI, "Bucket", n, verb, newBucketView(s3.Bucket{Name: n}, time.Now())); err != nil {
			return err
		}
	}
	return nil
}

// create brings one bucket into being and says what was done. RustFS answers
// 200 for one's own bucket from beta.1 on, so existence is asked first.
func (o *bucketCreate) create(ctx context.Context, t *target, name string) (verb string, err error) {
	exists, err := t.s3.BucketExists(ctx, name)
	switch {
	case err != nil:
		return "", err
	case exists && !o.ifMissing:
		return "", cli.Hintf(&bucketError{name, "exists already"}, "add -p if its existence is all you want")
	case exists:
		return o.adapt(ctx, t, name)
	case o.Rehearsing() != cli.DryRunNone:
		return "created", nil
	}
	if err := t.s3.CreateBucket(ctx, name, o.lock); err != nil {
		return "", err
	}
	if o.versioning && !o.lock {
		if err := t.s3.EnableVersioning(ctx, name); err != nil {
			return "", err
		}
	}
	return "created", nil
}

// adapt makes an existing bucket what was asked for, where that is possible.
func (o *bucketCreate) adapt(ctx context.Context, t *target, name string) (verb string, err error) {
	if o.lock {
		l, err := t.s3.Lock(ctx, name)
		if err != nil {
			return "", err
		}
		if !l.Enabled {
			return "", cli.Hintf(&bucketError{name, "exists without object lock, which can only be had at creation"}, "create another bucket with --with-lock and copy the objects")
		}
	}
	if !o.versioning {
		return "unchanged", nil
	}
	v, err := t.s3.Versioning(ctx, name)
	if err != nil || v == s3.Enabled {
		return "unchanged", err
	}
	if o.Rehearsing() == cli.DryRunNone {
		err = t.s3.EnableVersioning(ctx, name)
	}
	return "configured", err
}

// bucketError is what stops a command at one bucket.
type bucketError struct{ name, why string }

func (e *bucketError) Error() string { return `bucket "` + e.name + `": ` + e.why }

func noSuchBucket(name string) error {
	return cli.Hintf(&bucketError{name, "does not exist, or this key may not see it"}, "see the names with: kubectl rustfs bucket ls")
}
