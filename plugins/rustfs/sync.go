package rustfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/transfer"
)

type syncer struct {
	copier
	remove    bool
	compare   string
	maxDelete int
	by        object.Compare

	from, to object.Location
}

func newSync(p *plugin) *cobra.Command {
	o := &syncer{copier: copier{plugin: p, recursive: true, preserve: true}}
	cmd := &cobra.Command{
		Use:     "sync SOURCE TARGET",
		Aliases: []string{"mirror"},
		Short:   "Make a folder or bucket like another one",
		Long: "Make TARGET like SOURCE, once: copy what is new or other, and with --delete delete what SOURCE does not have. One of them\n" +
			"is remote, or both are; what is in SOURCE goes right into TARGET, with or without a slash at its end. Files of the same\n" +
			"size are compared by the checksum that the server has, and by their time where it has none. The whole plan is made\n" +
			"before anything is done: --dry-run shows it.\n\n" + cli.ExitHelp(""),
		Example: `  # A website
  kubectl rustfs sync ./public web --delete --dry-run
  kubectl rustfs sync ./public web --delete

  # A copy of a bucket on this machine
  kubectl rustfs sync photos ./photos --exclude '*.tmp'

  # From bucket to bucket
  kubectl rustfs sync photos/2026/ archive/2026/`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: p.completePlaces,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.remove, "delete", false, "Delete what the source does not have")
	f.IntVar(&o.maxDelete, "max-delete", 50, "Ask first when more than this share of the target, in percent, would be deleted")
	f.StringVar(&o.compare, "compare", string(object.ByChecksum), "How files of the same size are compared: checksum, time or size")
	f.BoolVar(&o.portable, "portable-names", false, "Escape names that other systems cannot hold as %XX in files, and back in keys")
	completeFlag(cmd, "compare", cobra.FixedCompletions([]string{"checksum", "time", "size"}, cobra.ShellCompDirectiveNoFileComp))
	parallelFlag(cmd, &o.parallel)
	o.addNames(cmd)
	o.AddYesFlag(cmd)
	o.AddDryRunFlag(cmd, false)
	return cmd
}

// folderPlace is a place of a sync: a word without a slash can only be a
// bucket, for a file would begin with ./.
func folderPlace(s string) (object.Location, error) {
	if !strings.ContainsAny(s, `/\`) && s != "." && s != ".." && s != "~" && s != "-" {
		s += "/"
	}
	l, err := anyPlace(s)
	if err == nil && l.Kind == object.Stream {
		err = cli.Usagef("stdin and stdout are no folders")
	}
	return l, err
}

func (o *syncer) check(args []string) (err error) {
	if o.by, err = object.ParseCompare(o.compare); err != nil {
		return cli.Usagef("--compare: %v", err)
	}
	if o.maxDelete < 0 || o.maxDelete > 100 {
		return cli.Usagef("--max-delete %d: it is a percentage", o.maxDelete)
	}
	if o.from, err = folderPlace(args[0]); err != nil {
		return err
	}
	if o.to, err = folderPlace(args[1]); err != nil {
		return err
	}
	switch {
	case o.from.Kind == object.Local && o.to.Kind == object.Local:
		return cli.Usagef("%q and %q are both on this machine", args[0], args[1]).WithHint("remote is BUCKET/PREFIX")
	case o.from.Kind == object.Local && !isDir(o.from.Path):
		return cli.Usagef("%q is no folder", args[0])
	case o.from.Kind == object.Remote && o.to.Kind == object.Remote && o.from.Bucket == o.to.Bucket &&
		(strings.HasPrefix(o.to.Folder(), o.from.Folder()) || strings.HasPrefix(o.from.Folder(), o.to.Folder())):
		return cli.Usagef("%q and %q lie in each other", args[0], args[1])
	case o.to.Kind == object.Remote && o.to.Key != "":
		if err := object.ValidateNewKey(o.to.Folder()); err != nil {
			return cli.Usagef("%q: %v", args[1], err)
		}
	}
	return o.copier.check()
}

func (o *syncer) run(ctx context.Context, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	mc := []string{"mirror", "--overwrite"}
	if o.remove {
		mc = append(mc, "--remove")
	}
	for _, l := range []object.Location{o.from, o.to} {
		if l.Kind == object.Remote {
			mc = append(mc, "rustfs/"+l.String())
			continue
		}
		mc = append(mc, l.String())
	}
	o.equivalent("mc", mc...)
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	defer thrifty(o.parallel)()
	plan, err := o.plan(ctx, t)
	if err != nil {
		return err
	}
	o.Remarkf("%s to copy (%s), %s to delete, %d the same", cli.Plural(int64(len(plan.Copies)), "object"), cli.Size(plan.Bytes),
		cli.Plural(int64(len(plan.Deletes)), "object"), plan.Same)
	if why := plan.TooMuch(o.maxDelete); why != "" {
		if err := o.Confirm(ctx, why, strings.TrimSuffix(o.to.String(), "/")); err != nil {
			return err
		}
	}
	return o.follow(ctx, t, plan)
}

func (o *syncer) plan(ctx context.Context, t *target) (object.Plan, error) {
	keep := func(e object.Entry) bool { return o.sel.Match(e.Rel, e.Size, e.Modified) }
	p, err := object.NewPlan(o.entries(ctx, t, o.from), o.entries(ctx, t, o.to), o.by, keep, func(from, to object.Entry) (object.Reason, error) {
		return o.decide(ctx, t, from, to)
	})
	if !o.remove {
		p.Deletes = nil
	}
	return p, err
}

// entries lists one side.
func (o *syncer) entries(ctx context.Context, t *target, l object.Location) iter.Seq2[object.Entry, error] {
	if l.Kind == object.Local {
		return o.fileEntries(l)
	}
	return func(yield func(object.Entry, error) bool) {
		for e, err := range t.s3.Objects(ctx, l.Bucket, s3.List{Prefix: l.Folder()}) {
			rel := strings.TrimPrefix(e.Key, l.Folder())
			if err == nil && (rel == "" || strings.HasSuffix(rel, "/")) {
				continue // it stands for a folder
			}
			if !yield(object.Entry{Rel: rel, Size: e.Size, Modified: e.Modified, ETag: e.ETag}, err) {
				return
			}
		}
	}
}

func (o *syncer) fileEntries(l object.Location) iter.Seq2[object.Entry, error] {
	return func(yield func(object.Entry, error) bool) {
		if _, err := os.Stat(l.Path); errors.Is(err, os.ErrNotExist) {
			return // a target that is going to be made
		}
		for f, err := range transfer.Walk(l.Path, func(path string) { o.Warnf("%s is no file, and left out", path) }) {
			if !yield(object.Entry{Rel: names(o.portable).Key(f.Rel), Size: f.Size, Modified: f.Modified, Path: f.Path}, err) {
				return
			}
		}
	}
}

// decide compares two of the same size, of which not both have a plain MD5.
func (o *syncer) decide(ctx context.Context, t *target, from, to object.Entry) (object.Reason, error) {
	switch {
	case from.Path != "":
		return o.decideFile(ctx, t, from, object.Ref{Bucket: o.to.Bucket, Key: o.to.Folder() + to.Rel}, to, true)
	case to.Path != "":
		return o.decideFile(ctx, t, to, object.Ref{Bucket: o.from.Bucket, Key: o.from.Folder() + from.Rel}, from, false)
	}
	a, err := t.s3.Head(ctx, object.Ref{Bucket: o.from.Bucket, Key: o.from.Folder() + from.Rel})
	if err != nil {
		return object.Same, err
	}
	b, err := t.s3.Head(ctx, object.Ref{Bucket: o.to.Bucket, Key: o.to.Folder() + to.Rel})
	if err != nil {
		return object.Same, err
	}
	return object.DecideObjects(a, b), nil
}

// decideFile compares a file with an object.
func (o *syncer) decideFile(ctx context.Context, t *target, file object.Entry, ref object.Ref, remote object.Entry, up bool) (object.Reason, error) {
	if check := object.NewETagCheck(remote.ETag, remote.Size); check != nil {
		f, err := os.Open(file.Path)
		if err != nil {
			return object.Same, err
		}
		_, err = io.Copy(check, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return object.Same, err
		}
		switch {
		case check.OK():
			return object.Same, nil
		case check.Certain():
			return object.Changed, nil
		}
	}
	i, err := t.s3.Head(ctx, ref)
	if err != nil {
		return object.Same, err
	}
	return object.DecideTimes(file.Modified, i, up), nil
}

// follow does what the plan says.
func (o *syncer) follow(ctx context.Context, t *target, plan object.Plan) error {
	done := newTally(o.plugin, "synced")
	progress := o.Progress("synced", plan.Bytes)
	defer progress.Stop()
	e := o.engine(t, o.parallel, progress)
	r := route{target: o.to, folder: true}
	out, err := o.openTarget(r)
	if err != nil {
		return err
	}
	defer out.Close()         //nolint:errcheck // a folder, opened to look below it
	root, _ := out.(*os.Root) // nil when the target is remote
	err = o.Lines(func(w io.Writer) error {
		err := transfer.Each(ctx, o.parallel, seqOf(plan.Copies), func(ctx context.Context, s object.Step) error {
			return o.step(ctx, t, e, s, root, done, w)
		}, func(s object.Step, err error) bool { return done.fail(s.Rel, err) })
		if err != nil || len(plan.Deletes) == 0 {
			return err
		}
		if done.failed > 0 {
			o.Warnf("nothing was deleted, for not everything could be copied")
			return nil
		}
		return o.deletes(ctx, t, plan.Deletes, root, done, w)
	})
	if err != nil {
		return err
	}
	if o.Rehearsing() == cli.DryRunNone {
		done.end()
	}
	return done.err()
}

func (o *syncer) step(ctx context.Context, t *target, e *transfer.Engine, s object.Step, root *os.Root, done *tally, w io.Writer) error {
	j := job{}
	if s.Path != "" {
		fi, err := os.Stat(s.Path)
		if err != nil {
			return localProblem{err}
		}
		j.file = transfer.File{Path: s.Path, Rel: s.Rel, Size: fi.Size(), Modified: fi.ModTime(), Mode: fi.Mode()}
	} else {
		j.from = object.Info{Ref: object.Ref{Bucket: o.from.Bucket, Key: o.from.Folder() + s.Rel}, Size: s.Size, Modified: s.Modified, ETag: s.ETag}
	}
	if o.to.Kind == object.Remote {
		j.to = object.Ref{Bucket: o.to.Bucket, Key: o.to.Folder() + s.Rel}
		j.err = object.ValidateNewKey(j.to.Key)
	} else {
		j.target = transfer.Target{Root: root, Preserve: true}
		if s.Old != "" {
			rel, err := filepath.Rel(o.to.Path, s.Old)
			j.target.Path, j.err = filepath.ToSlash(rel), err
		} else {
			j.target.Path, j.err = names(o.portable).File(s.Rel)
		}
	}
	j.why = string(s.Why)
	return o.do(ctx, t, e, j, done, w)
}

// deletes removes what the source does not have.
func (o *syncer) deletes(ctx context.Context, t *target, steps []object.Step, root *os.Root, done *tally, w io.Writer) error {
	if o.to.Kind == object.Remote {
		r := &rm{plugin: o.plugin, parallel: o.parallel}
		var list []s3.Object
		for _, s := range steps {
			list = append(list, s3.Object{Key: o.to.Folder() + s.Rel, Size: s.Size})
		}
		return r.inBatches(ctx, t, seqOf(list), o.to.Bucket, done, w)
	}
	for _, s := range steps {
		rel, err := filepath.Rel(o.to.Path, s.Path)
		if err == nil && o.Rehearsing() == cli.DryRunNone {
			err = root.Remove(rel)
		}
		if err != nil {
			done.fail(s.Path, localProblem{err})
			continue
		}
		done.ok(0)
		if err := o.said(w, fmt.Sprintf("%s deleted", s.Path)); err != nil {
			return err
		}
	}
	return nil
}
