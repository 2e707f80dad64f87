package rustfs

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type bucketLifecycleAdd struct {
	*plugin
	rule                       bucket.LifecycleRule
	tags                       []string
	larger, smaller            string
	expireDate, transitionDate string
	overwrite                  bool
}

func newBucketLifecycleAdd(p *plugin) *cobra.Command {
	o := &bucketLifecycleAdd{plugin: p}
	cmd := &cobra.Command{
		Use:   "add NAME...",
		Short: "Add a lifecycle rule beside those that are there",
		Long: "Add a lifecycle rule beside those that are there, unless one does the same. A rule without --id gets one that says what\n" +
			"it does. In a bucket with versioning, expiry only hides objects: add --noncurrent-days for what is left of them.\n\n" + cli.ExitHelp(""),
		Example: `  # Objects below tmp/ go after a week
  kubectl rustfs bucket lifecycle add logs --prefix tmp/ --expire-days 7

  # Old versions go after 30 days, but three stay
  kubectl rustfs bucket lifecycle add photos --noncurrent-days 30 --noncurrent-keep 3

  # Unfinished uploads go after three days
  kubectl rustfs bucket lifecycle add photos --abort-uploads-days 3 --dry-run --diff`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.addFlags(cmd)
	p.addSetterFlags(cmd)
	return cmd
}

func (o *bucketLifecycleAdd) addFlags(cmd *cobra.Command) {
	f, r := cmd.Flags(), &o.rule
	f.StringVar(&r.ID, "id", "", "Name of the rule; made of what it does when it is not given")
	f.BoolVar(&r.Disabled, "disabled", false, "Add the rule without letting it act")
	f.BoolVar(&o.overwrite, "overwrite", false, "Replace the rule that has the --id, if it does something else")
	f.StringVar(&r.Prefix, "prefix", "", "Only objects whose keys begin so")
	f.StringArrayVar(&o.tags, "tag", nil, "Only objects with this tag, KEY=VALUE; may be repeated")
	f.StringVar(&o.larger, "larger-than", "", "Only objects of more bytes than this, as in 10Mi")
	f.StringVar(&o.smaller, "smaller-than", "", "Only objects of fewer bytes than this, as in 10Mi")
	f.IntVar(&r.ExpireDays, "expire-days", 0, "Delete objects this many days after they were written")
	f.StringVar(&o.expireDate, "expire-date", "", "Delete objects from this day on, as in 2030-01-31")
	f.BoolVar(&r.ExpireDeleteMarkers, "expire-delete-markers", false, "Remove delete markers that hide nothing any more")
	f.IntVar(&r.NoncurrentDays, "noncurrent-days", 0, "Delete old versions this many days after they were replaced")
	f.IntVar(&r.NoncurrentKeep, "noncurrent-keep", 0, "Keep this many old versions, whatever their age")
	f.IntVar(&r.AbortUploadDays, "abort-uploads-days", 0, "Abort multipart uploads this many days after they were begun")
	f.IntVar(&r.TransitionDays, "transition-days", 0, "Move objects to a tier this many days after they were written")
	f.StringVar(&o.transitionDate, "transition-date", "", "Move objects to a tier from this day on, as in 2030-01-31")
	f.StringVar(&r.TransitionTo, "transition-to", "", "Tier to move objects to")
	f.IntVar(&r.NoncurrentTransitionDays, "noncurrent-transition-days", 0, "Move old versions to a tier this many days after they were replaced")
	f.StringVar(&r.NoncurrentTransitionTo, "noncurrent-transition-to", "", "Tier to move old versions to")
}

// complete reads the flags that are texts.
func (o *bucketLifecycleAdd) complete() error {
	for _, t := range o.tags {
		k, v, err := bucket.ParseTag(t)
		if err != nil {
			return usage(fmt.Errorf("--tag: %w", err))
		}
		if o.rule.Tags == nil {
			o.rule.Tags = map[string]string{}
		}
		o.rule.Tags[k] = v
	}
	sizes := map[string]struct {
		text string
		into *int64
	}{"--larger-than": {o.larger, &o.rule.LargerThan}, "--smaller-than": {o.smaller, &o.rule.SmallerThan}}
	for flag, s := range sizes {
		if s.text == "" {
			continue
		}
		n, err := bucket.ParseSize(s.text)
		if err != nil {
			return usage(fmt.Errorf("%s: %w", flag, err))
		}
		*s.into = n
	}
	var err error
	if o.rule.ExpireDate, err = bucket.ParseDate(o.expireDate); err != nil {
		return usage(fmt.Errorf("--expire-date: %w", err))
	}
	if o.rule.TransitionDate, err = bucket.ParseDate(o.transitionDate); err != nil {
		return usage(fmt.Errorf("--transition-date: %w", err))
	}
	return usage(bucket.ValidateLifecycle([]bucket.LifecycleRule{o.rule}))
}

func (o *bucketLifecycleAdd) run(ctx context.Context, names []string) error {
	if err := o.complete(); err != nil {
		return err
	}
	return o.atBuckets(ctx, names, func(ctx context.Context, t *target, name string) error {
		now, err := t.s3.Lifecycle(ctx, name)
		if err != nil {
			return err
		}
		want, err := bucket.AddRule(now, o.rule, o.overwrite)
		var exists *bucket.RuleExistsError
		if errors.As(err, &exists) {
			return cli.Hintf(&bucketError{name, err.Error()}, "give the rule another --id, or replace it with --overwrite")
		}
		if err == nil {
			err = usage(bucket.ValidateLifecycle(want))
		}
		if err != nil {
			return err
		}
		o.equivalent("mc", o.words(name)...)
		o.remarkOnVersions(ctx, t, name)
		return o.setLifecycle(ctx, t, name, "lifecycle rule added", now, want)
	})
}

// remarkOnVersions tells that expiry in a bucket with versioning deletes
// nothing.
func (o *bucketLifecycleAdd) remarkOnVersions(ctx context.Context, t *target, name string) {
	r := o.rule
	if (r.ExpireDays == 0 && r.ExpireDate == nil) || r.NoncurrentDays > 0 || r.NoncurrentKeep > 0 {
		return
	}
	if v, err := t.s3.Versioning(ctx, name); err == nil && v == "Enabled" {
		o.Remarkf("bucket %q keeps versions: expired objects are hidden, not deleted; delete old versions with --noncurrent-days", name)
	}
}

// words are those of mc for the same rule.
func (o *bucketLifecycleAdd) words(name string) []string {
	r := o.rule
	out := []string{"ilm", "rule", "add", "rustfs/" + name}
	text := func(flag, value string) {
		if value != "" && value != "0" {
			out = append(out, flag, value)
		}
	}
	text("--prefix", r.Prefix)
	if len(r.Tags) > 0 {
		text("--tags", tagsOf(r.Tags))
	}
	text("--size-gt", o.larger)
	text("--size-lt", o.smaller)
	text("--expire-days", strconv.Itoa(r.ExpireDays))
	text("--expire-date", o.expireDate)
	if r.ExpireDeleteMarkers {
		out = append(out, "--expire-delete-marker")
	}
	text("--noncurrent-expire-days", strconv.Itoa(r.NoncurrentDays))
	text("--noncurrent-expire-newer", strconv.Itoa(r.NoncurrentKeep))
	text("--transition-days", strconv.Itoa(r.TransitionDays))
	text("--transition-tier", r.TransitionTo)
	return out
}
