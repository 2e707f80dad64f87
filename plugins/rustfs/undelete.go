package rustfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/transfer"
)

type undelete struct {
	*plugin
	recursive bool
	at        string
	parallel  int
	selectFlags
}

func newUndelete(p *plugin) *cobra.Command {
	o := &undelete{plugin: p}
	cmd := &cobra.Command{
		Use:   "undelete BUCKET/KEY...",
		Short: "Bring deleted objects back, or objects as they were at a time",
		Long: "Bring deleted objects of a bucket with versioning back, by removing the delete markers that hide them. With --at, objects\n" +
			"become what they were at that time: the version of then is copied on top, and no version is lost. What did not exist\n" +
			"then stays as it is. --dry-run shows what would be done.\n\n" + cli.ExitHelp(""),
		Example: `  # An object
  kubectl rustfs undelete photos/a.jpg

  # What would come back of a folder
  kubectl rustfs undelete -r photos/2026 --dry-run

  # A folder as it was yesterday at noon
  kubectl rustfs undelete -r photos/2026 --at 2026-11-27T12:00:00Z`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeObjects,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVarP(&o.recursive, "recursive", "r", false, "Everything at and below the name")
	cmd.Flags().StringVar(&o.at, "at", "", "Bring back the state of this time: 2h (ago), 2026-01-31 or a time in RFC 3339")
	parallelFlag(cmd, &o.parallel)
	o.addNames(cmd)
	o.AddDryRunFlag(cmd, false)
	return cmd
}

func (o *undelete) run(ctx context.Context, args []string) error {
	now := time.Now()
	at, err := whenFlag("--at", o.at, now)
	if err != nil {
		return err
	}
	if at.After(now) {
		return cli.Usagef("--at %s lies in the future", o.at)
	}
	s, err := o.selector(now)
	if err != nil {
		return err
	}
	if o.any() && !o.recursive {
		return cli.Usagef("a selection is made from what lies below a folder").WithHint("add -r")
	}
	if err := checkParallel(o.parallel); err != nil {
		return err
	}
	places, err := remotePlaces(args)
	if !o.recursive {
		places, err = objectPlaces(args)
	}
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	done := newTally(o.plugin, "brought back")
	err = o.Lines(func(w io.Writer) error {
		for _, l := range places {
			if err := o.place(ctx, t, l, s, at, done, w); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	done.end()
	return done.err()
}

// errNoVersions says that a bucket keeps none.
var errNoVersions = errors.New("the bucket has no versioning, and what is deleted in it is gone")

func (o *undelete) place(ctx context.Context, t *target, l object.Location, s object.Selector, at time.Time, done *tally, w io.Writer) error {
	list := exactly(ctx, t, l, true)
	if o.recursive {
		o.equivalent("mc", "undo", "--recursive", "--force", "rustfs/"+l.String())
		list = selected(under(ctx, t, l, s3.List{Versions: true}), l, s)
	} else {
		o.equivalent("mc", "undo", "rustfs/"+l.String())
	}
	e := o.engine(t, o.parallel, nil)
	found := 0
	err := transfer.Each(ctx, o.parallel, revivals(list, at, &found), func(ctx context.Context, r object.Revival) error {
		what, err := o.revive(ctx, t, e, l.Bucket, r)
		if err != nil || what == "" {
			return err
		}
		done.ok(r.Size)
		return o.said(w, "object/"+l.Bucket+"/"+r.Key+" "+what)
	}, func(r object.Revival, err error) bool { return done.fail(l.Bucket+"/"+r.Key, err) })
	if err != nil {
		return err
	}
	if found == 0 {
		if v, err := t.s3.Versioning(ctx, l.Bucket); err == nil && v == s3.Unversioned {
			return fmt.Errorf("%s: %w", l.String(), errNoVersions)
		}
		return cli.Hintf(fmt.Errorf("%s: there are no versions of it", l.String()), "see what there is with: kubectl rustfs ls %s --versions", shellWord(l.Bucket+"/"))
	}
	return nil
}

// revivals plans each key of a list of versions. found counts the keys.
func revivals(list iter.Seq2[s3.Object, error], at time.Time, found *int) iter.Seq2[object.Revival, error] {
	return func(yield func(object.Revival, error) bool) {
		key := ""
		var versions []object.Version
		flush := func() bool {
			if len(versions) == 0 {
				return true
			}
			*found++
			return yield(object.Undelete(key, versions, at), nil)
		}
		for e, err := range list {
			if err != nil {
				yield(object.Revival{}, err)
				return
			}
			if e.Key != key {
				if !flush() {
					return
				}
				key, versions = e.Key, nil
			}
			versions = append(versions, object.Version{ID: e.VersionID, Modified: e.Modified, Marker: e.DeleteMarker, Latest: e.Latest, Size: e.Size})
		}
		flush()
	}
}

// revive brings one object back, and says how; nothing when nothing was to be
// done and many are looked at.
func (o *undelete) revive(ctx context.Context, t *target, e *transfer.Engine, bucket string, r object.Revival) (string, error) {
	if r.Nothing() {
		switch {
		case o.recursive:
			return "", nil
		case r.Hopeless:
			return "", fmt.Errorf("it %s", r.Why)
		}
		return "unchanged: it " + r.Why, nil
	}
	if r.Copy != "" {
		what := "as of " + r.From.UTC().Format(time.RFC3339) + " (version " + r.Copy + ")"
		if o.Rehearsing() != cli.DryRunNone {
			return what, nil
		}
		from, err := t.s3.Head(ctx, object.Ref{Bucket: bucket, Key: r.Key, Version: r.Copy})
		if err != nil {
			return "", err
		}
		from.Version = r.Copy
		_, err = e.Copy(ctx, from, object.Ref{Bucket: bucket, Key: r.Key}, nil, false)
		return what, err
	}
	what := "undeleted (" + cli.Plural(int64(len(r.Markers)), "delete marker") + " removed)"
	if o.Rehearsing() != cli.DryRunNone {
		return what, nil
	}
	var refs []object.Ref
	for _, m := range r.Markers {
		refs = append(refs, object.Ref{Bucket: bucket, Key: r.Key, Version: m})
	}
	failures, err := t.s3.Remove(ctx, refs, false)
	if err == nil && len(failures) > 0 {
		err = failures[0].Err
	}
	return what, err
}
