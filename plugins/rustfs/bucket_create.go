package rustfs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type bucketCreate struct {
	*plugin
	ifMissing  bool
	versioning bool
	lock       bool
	quota      string
	tags       []string
	expireDays int

	settings bucket.Settings // of the three flags above
}

func newBucketCreate(p *plugin) *cobra.Command {
	o := &bucketCreate{plugin: p}
	cmd := &cobra.Command{
		Use:     "create NAME...",
		Aliases: []string{"mb"},
		Short:   "Create buckets",
		Long: "Create buckets. A bucket that exists is an error, unless -p says that its existence is what counts; -p brings an\n" +
			"existing bucket's versioning, quota, tags and expiry to what is asked for, and refuses where its object lock differs,\n" +
			"which cannot be changed. A server's scanner has not counted a new bucket: under a quota it refuses writes until it has.\n\n" +
			cli.ExitHelp(""),
		Example: `  # A bucket
  kubectl rustfs bucket create photos

  # A bucket for backups, whether or not it is there already
  kubectl rustfs bucket create -p etcd-backups --versioning

  # With settings
  kubectl rustfs bucket create -p logs --quota 10Gi --tag team=ops --expire-days 30

  # What would be done
  kubectl rustfs bucket create photos --with-lock --dry-run`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVarP(&o.ifMissing, "if-missing", "p", false, "No error when the bucket exists")
	cmd.Flags().BoolVar(&o.versioning, "versioning", false, "Keep old versions of objects")
	cmd.Flags().BoolVar(&o.lock, "with-lock", false, "Make object lock possible, which turns versioning on; it can only be done now")
	cmd.Flags().StringVar(&o.quota, "quota", "", "Limit of the bucket's size, as in 10Gi or 500MB")
	cmd.Flags().StringArrayVar(&o.tags, "tag", nil, "Tag of the bucket, KEY=VALUE; may be repeated")
	cmd.Flags().IntVar(&o.expireDays, "expire-days", 0, "Delete objects this many days after they were written")
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

// complete reads the flags that are settings.
func (o *bucketCreate) complete() (err error) {
	if o.quota != "" {
		if o.settings.Quota, err = bucket.ParseSize(o.quota); err != nil {
			return usage(fmt.Errorf("--quota: %w", err))
		}
	}
	if len(o.tags) > 0 {
		o.settings.Tags = map[string]string{}
	}
	for _, t := range o.tags {
		k, v, err := bucket.ParseTag(t)
		if err != nil {
			return usage(fmt.Errorf("--tag: %w", err))
		}
		o.settings.Tags[k] = v
	}
	if o.expireDays < 0 {
		return cli.Usagef("--expire-days must be 1 or more")
	}
	if o.expireDays > 0 {
		if o.settings.Lifecycle, err = bucket.AddRule(nil, bucket.LifecycleRule{ExpireDays: o.expireDays}, false); err != nil {
			return usage(err)
		}
	}
	return usage(bucket.ValidateTags(o.settings.Tags))
}

func (o *bucketCreate) run(ctx context.Context, names []string) error {
	if err := o.complete(); err != nil {
		return err
	}
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
	o.equivalent("mc", o.words(name)...)
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
	if _, err := o.settle(ctx, t, name); err != nil {
		return "", fmt.Errorf("bucket %q was created, but not all of its settings: %w", name, err)
	}
	return "created", nil
}

// settle brings the quota, tags and expiry of a bucket to what is asked for,
// beside what is there, and tells whether anything had to be done.
func (o *bucketCreate) settle(ctx context.Context, t *target, name string) (changed bool, err error) {
	for _, step := range []func(context.Context, *target, string) (func() error, error){o.settleTags, o.settleLifecycle, o.settleQuota} {
		do, err := step(ctx, t, name)
		if err != nil {
			return changed, err
		}
		if do == nil {
			continue
		}
		changed = true
		if o.Rehearsing() != cli.DryRunNone {
			continue
		}
		if err := do(); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

func (o *bucketCreate) settleTags(ctx context.Context, t *target, name string) (func() error, error) {
	if len(o.settings.Tags) == 0 {
		return nil, nil
	}
	now, err := t.s3.Tags(ctx, name)
	want := maps.Clone(o.settings.Tags)
	for k, v := range now {
		if _, ours := want[k]; !ours {
			want[k] = v
		}
	}
	if err != nil || maps.Equal(now, want) {
		return nil, err
	}
	return func() error { return t.s3.SetTags(ctx, name, want) }, nil
}

func (o *bucketCreate) settleLifecycle(ctx context.Context, t *target, name string) (func() error, error) {
	if len(o.settings.Lifecycle) == 0 {
		return nil, nil
	}
	now, err := t.s3.Lifecycle(ctx, name)
	if err != nil {
		return nil, err
	}
	rule := o.settings.Lifecycle[0]
	rule.ID = ""
	want, err := bucket.AddRule(now, rule, false)
	if err != nil || len(want) == len(now) {
		return nil, err
	}
	return func() error { return t.s3.SetLifecycle(ctx, name, want) }, nil
}

// settleQuota comes last: under a quota a new bucket takes no writes yet.
func (o *bucketCreate) settleQuota(ctx context.Context, t *target, name string) (func() error, error) {
	if o.settings.Quota == 0 {
		return nil, nil
	}
	now, err := t.admin.Quota(ctx, name)
	if err != nil || now.Limit == o.settings.Quota {
		return nil, quotaError(err, name)
	}
	o.warnOfQuota(name, now, o.settings.Quota)
	return func() error { return t.admin.SetQuota(ctx, name, o.settings.Quota) }, nil
}

// words are those of mc for the same bucket.
func (o *bucketCreate) words(name string) []string {
	out := []string{"mb"}
	for flag, given := range map[string]bool{"--ignore-existing": o.ifMissing, "--with-lock": o.lock, "--with-versioning": o.versioning && !o.lock} {
		if given {
			out = append(out, flag)
		}
	}
	slices.Sort(out[1:])
	return append(out, "rustfs/"+name)
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
	changed, err := o.adaptVersioning(ctx, t, name)
	if err != nil {
		return "", err
	}
	settled, err := o.settle(ctx, t, name)
	if changed || settled {
		return "configured", err
	}
	return "unchanged", err
}

func (o *bucketCreate) adaptVersioning(ctx context.Context, t *target, name string) (changed bool, err error) {
	if !o.versioning {
		return false, nil
	}
	v, err := t.s3.Versioning(ctx, name)
	if err != nil || v == s3.Enabled {
		return false, err
	}
	if o.Rehearsing() == cli.DryRunNone {
		err = t.s3.EnableVersioning(ctx, name)
	}
	return true, err
}

// bucketError is what stops a command at one bucket.
type bucketError struct{ name, why string }

func (e *bucketError) Error() string { return `bucket "` + e.name + `": ` + e.why }

func noSuchBucket(name string) error {
	return cli.Hintf(&bucketError{name, "does not exist, or this key may not see it"}, "see the names with: kubectl rustfs bucket ls")
}
