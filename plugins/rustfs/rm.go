package rustfs

import (
	"context"
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

type rm struct {
	*plugin
	recursive, versions, incomplete, bypass, ignoreMissing bool
	version                                                string
	parallel                                               int
	selectFlags
}

func newRm(p *plugin) *cobra.Command {
	o := &rm{plugin: p}
	cmd := &cobra.Command{
		Use:   "rm BUCKET/KEY...",
		Short: "Delete objects, or everything below a folder with -r",
		Long: "Delete objects. With -r everything at and below a name goes, after its count was shown and its name typed, or with\n" +
			"--yes. In a bucket with versioning a delete marker hides the object, and kubectl rustfs undelete brings it back;\n" +
			"--versions deletes the versions too, and nothing brings them back. What is under retention or a legal hold stays, is\n" +
			"named, and makes the exit code 1.\n\n" + cli.ExitHelp(""),
		Example: `  # An object
  kubectl rustfs rm photos/a.jpg

  # What would go
  kubectl rustfs rm -r photos/2019 --dry-run

  # Old logs, in a script
  kubectl rustfs rm -r logs/ --older-than 90d --include '*.log' --yes

  # With all versions
  kubectl rustfs rm -r photos/2019 --versions

  # One version
  kubectl rustfs rm photos/a.jpg --version-id 0f9b3f60-6f1c-4c5e-8f0a-1b2c3d4e5f60`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeObjects,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	f := cmd.Flags()
	f.BoolVarP(&o.recursive, "recursive", "r", false, "Delete everything at and below the name")
	f.BoolVar(&o.versions, "versions", false, "Delete every version and delete marker")
	f.BoolVar(&o.incomplete, "incomplete", false, "Delete unfinished uploads instead of objects")
	f.BoolVar(&o.bypass, "bypass-governance", false, "Delete what is under retention in governance mode; needs the right s3:BypassGovernanceRetention")
	f.BoolVar(&o.ignoreMissing, "ignore-not-found", false, "No error when the object does not exist")
	versionFlag(cmd, &o.version)
	parallelFlag(cmd, &o.parallel)
	o.add(cmd)
	o.AddYesFlag(cmd)
	o.AddDryRunFlag(cmd, false)
	return cmd
}

func (o *rm) check(args []string) (places []object.Location, s object.Selector, err error) {
	if s, err = o.selector(time.Now()); err != nil {
		return nil, s, err
	}
	if o.recursive {
		places, err = remotePlaces(args)
	} else {
		places, err = objectPlaces(args)
	}
	if err != nil {
		return nil, s, err
	}
	switch {
	case o.version != "" && (o.recursive || o.versions || o.incomplete):
		err = cli.Usagef("--version-id is one version of one object; -r, --versions and --incomplete are about many").WithHint("use one of them")
	case o.any() && !o.recursive:
		err = cli.Usagef("a selection is made from what lies below a folder").WithHint("add -r")
	case o.incomplete && (o.versions || o.any()):
		err = cli.Usagef("--incomplete deletes uploads: --versions and selections do not go with it").WithHint("leave them out")
	default:
		err = oneVersion(o.version, len(places))
	}
	if err == nil {
		err = checkParallel(o.parallel)
	}
	return places, s, err
}

func (o *rm) run(ctx context.Context, args []string) error {
	places, s, err := o.check(args)
	if err != nil {
		return err
	}
	for _, l := range places {
		o.equivalent("mc", o.mc(l)...)
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	defer thrifty(o.parallel)()
	done := newTally(o.plugin, "deleted")
	err = o.Lines(func(w io.Writer) error {
		for _, l := range places {
			if err := o.remove(ctx, t, l, s, done, w); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if o.Rehearsing() == cli.DryRunNone {
		done.end()
	}
	return done.err()
}

func (o *rm) mc(l object.Location) []string {
	args := []string{"rm"}
	if o.recursive {
		args = append(args, "--recursive", "--force")
	}
	if o.versions {
		args = append(args, "--versions")
	}
	if o.incomplete {
		args = append(args, "--incomplete")
	}
	if o.bypass {
		args = append(args, "--bypass")
	}
	if o.version != "" {
		args = append(args, "--version-id", o.version)
	}
	return append(args, "rustfs/"+l.String())
}

func (o *rm) remove(ctx context.Context, t *target, l object.Location, s object.Selector, done *tally, w io.Writer) error {
	switch {
	case o.incomplete:
		return o.removeUploads(ctx, t, l, done, w)
	case !o.recursive && !o.versions:
		return o.removeOne(ctx, t, l, done, w)
	case !o.recursive:
		return o.removeMany(ctx, t, l, func() iter.Seq2[s3.Object, error] { return exactly(ctx, t, l, true) }, done, w)
	}
	return o.removeMany(ctx, t, l, func() iter.Seq2[s3.Object, error] {
		return selected(under(ctx, t, l, s3.List{Versions: o.versions}), l, s)
	}, done, w)
}

func (o *rm) removeOne(ctx context.Context, t *target, l object.Location, done *tally, w io.Writer) error {
	ref := l.Ref()
	ref.Version = o.version
	size := int64(0)
	if o.version == "" {
		i, err := t.s3.Head(ctx, ref)
		if s3.IsMissing(err) && o.ignoreMissing {
			o.Remarkf("object %q does not exist", l.String())
			return nil
		}
		if err != nil {
			return missingObject(err, l)
		}
		size = i.Size
	}
	return o.batch(ctx, t, []s3.Object{{Key: ref.Key, VersionID: ref.Version, Size: size}}, l.Bucket, done, w)
}

// removeMany counts, asks, and deletes in batches while it lists.
func (o *rm) removeMany(ctx context.Context, t *target, l object.Location, list func() iter.Seq2[s3.Object, error], done *tally, w io.Writer) error {
	if !o.Sure() {
		total, err := o.count(ctx, t, l, list())
		if err != nil || total.objects+total.markers == 0 {
			return err
		}
	}
	before := done.count()
	err := o.inBatches(ctx, t, list(), l.Bucket, done, w)
	if err == nil && done.count() == before {
		return o.nothing(l)
	}
	return err
}

// nothing says that there is nothing to delete.
func (o *rm) nothing(l object.Location) error {
	if o.ignoreMissing || o.any() {
		o.Remarkf("nothing to delete at %s", l.String())
		return nil
	}
	return cli.Hintf(fmt.Errorf("%s: there is nothing to delete", l.String()), "see what is there with: kubectl rustfs ls %s", shellWord(l.Bucket+"/"))
}

// count says what is going to be deleted, and asks.
func (o *rm) count(ctx context.Context, t *target, l object.Location, list iter.Seq2[s3.Object, error]) (total listSum, err error) {
	for e, err := range list {
		if err != nil {
			return total, err
		}
		total.add(e)
	}
	if total.objects+total.markers == 0 {
		return total, o.nothing(l)
	}
	text := total.text(o.versions)
	if o.Rehearsing() != cli.DryRunNone {
		o.Remarkf("%s: %s would be deleted", l.String(), text)
		return total, nil
	}
	o.Remarkf("%s: %s to delete", l.String(), text)
	return total, o.Confirm(ctx, fmt.Sprintf("%s at %s on %s are going to be deleted", text, l.String(), t.name()), l.String())
}

// batchSize is how many versions one request deletes, and batchesAtOnce how
// many requests are under way: a server takes 1000 in one, but deletes them one
// after the other (1.0.1: eight requests of 250 take two thirds of the time of
// three of 1000).
const (
	batchSize     = 250
	batchesAtOnce = 8
)

// inBatches deletes the objects of a list, some batches at once.
func (o *rm) inBatches(ctx context.Context, t *target, list iter.Seq2[s3.Object, error], bucket string, done *tally, w io.Writer) error {
	return transfer.Each(ctx, min(o.parallel, batchesAtOnce), batches(list), func(ctx context.Context, b []s3.Object) error {
		return o.batch(ctx, t, b, bucket, done, w)
	}, func(b []s3.Object, err error) bool {
		done.failMore(len(b) - 1)
		return done.fail(fmt.Sprintf("%s from %q on", cli.Plural(int64(len(b)), "object"), b[0].Key), err)
	})
}

// batches cuts a list.
func batches(list iter.Seq2[s3.Object, error]) iter.Seq2[[]s3.Object, error] {
	return func(yield func([]s3.Object, error) bool) {
		var b []s3.Object
		for o, err := range list {
			if err != nil {
				yield(b, err)
				return
			}
			if b = append(b, o); len(b) == batchSize {
				if !yield(b, nil) {
					return
				}
				b = nil
			}
		}
		if len(b) > 0 {
			yield(b, nil)
		}
	}
}

// batch deletes some objects, and says which.
func (o *rm) batch(ctx context.Context, t *target, b []s3.Object, bucket string, done *tally, w io.Writer) error {
	refs := make([]object.Ref, len(b))
	for i, e := range b {
		refs[i] = object.Ref{Bucket: bucket, Key: e.Key}
		if o.versions || o.version != "" {
			refs[i].Version = e.VersionID
		}
	}
	stayed := map[object.Ref]error{}
	if o.Rehearsing() == cli.DryRunNone {
		failures, err := t.s3.Remove(ctx, refs, o.bypass)
		if err != nil {
			return err
		}
		for _, f := range failures {
			stayed[f.Ref] = f.Err
		}
	}
	for i, r := range refs {
		if err := stayed[r]; err != nil {
			done.fail(removedName(r), err)
			continue
		}
		done.ok(b[i].Size)
		if err := o.said(w, "object/"+removedName(r)+" deleted"); err != nil {
			return err
		}
	}
	return nil
}

func removedName(r object.Ref) string {
	if r.Version == "" {
		return r.String()
	}
	return r.String() + " (version " + r.Version + ")"
}

// said writes a line about one thing that was done, with the dry run's mark.
func (p *plugin) said(w io.Writer, line string) error {
	if p.Rehearsing() != cli.DryRunNone {
		line += " (dry run)"
	}
	_, err := fmt.Fprintln(w, cli.Escape(line))
	return err
}

// removeUploads gives unfinished uploads up.
func (o *rm) removeUploads(ctx context.Context, t *target, l object.Location, done *tally, w io.Writer) error {
	var uploads []object.Upload
	for u, err := range t.s3.Uploads(ctx, l.Bucket, l.Key) {
		if err != nil {
			return err
		}
		if u.Key == l.Key && !l.Slash() || o.recursive && (l.Whole() || len(u.Key) > len(l.Folder()) && u.Key[:len(l.Folder())] == l.Folder()) {
			uploads = append(uploads, u)
		}
	}
	if len(uploads) == 0 {
		o.Remarkf("%s: there are no unfinished uploads", l.String())
		return nil
	}
	if o.recursive {
		what := cli.Plural(int64(len(uploads)), "unfinished upload")
		if err := o.Confirm(ctx, fmt.Sprintf("%s at %s on %s are going to be given up", what, l.String(), t.name()), l.String()); err != nil {
			return err
		}
	}
	return transfer.Each(ctx, o.parallel, seqOf(uploads), func(ctx context.Context, u object.Upload) error {
		if o.Rehearsing() == cli.DryRunNone {
			if err := t.s3.AbortUpload(ctx, u.Ref, u.ID); err != nil {
				return err
			}
		}
		done.ok(0)
		return o.said(w, "upload/"+u.String()+" deleted")
	}, func(u object.Upload, err error) bool { return done.fail(u.String(), err) })
}

// seqOf is a slice as a list without errors.
func seqOf[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, i := range items {
			if !yield(i, nil) {
				return
			}
		}
	}
}
