package rustfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/transfer"
)

// route is from where to where is copied.
type route struct {
	sources []object.Location
	target  object.Location
	folder  bool // the target is one, and names are kept below it
}

// route reads the places, and refuses what makes no sense before anything is
// sent.
func (o *copier) route(args []string) (r route, err error) {
	last := len(args) - 1
	for _, a := range args[:last] {
		l, err := anyPlace(a)
		if err != nil {
			return r, err
		}
		r.sources = append(r.sources, l)
	}
	if r.target, err = anyPlace(args[last]); err != nil {
		return r, err
	}
	for _, l := range r.sources {
		if err := o.checkSource(l, r); err != nil {
			return r, err
		}
	}
	if o.version != "" && (o.recursive || len(r.sources) > 1 || r.sources[0].Kind != object.Remote || o.move) {
		return r, cli.Usagef("--version-id is one of one object that is copied")
	}
	file := len(r.sources) == 1 && r.sources[0].Kind == object.Local && !isDir(r.sources[0].Path)
	r.folder = o.recursive && !file || len(r.sources) > 1 || r.target.Slash() || r.target.Kind == object.Local && isDir(r.target.Path)
	return r, o.checkTarget(r)
}

func isDir(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}

func (o *copier) checkSource(l object.Location, r route) error {
	switch {
	case l.Kind == object.Stream && (len(r.sources) > 1 || o.recursive || o.move):
		return cli.Usagef("stdin is one source and no folder, and cannot be moved").WithHint("use it alone: kubectl rustfs cp - BUCKET/KEY")
	case l.Kind != object.Remote && r.target.Kind != object.Remote:
		return cli.Usagef("%q and %q are both on this machine", l.String(), r.target.String()).WithHint("remote is BUCKET/KEY; files are copied with: cp")
	case l.Kind == object.Local:
		fi, err := os.Stat(l.Path)
		if err != nil {
			return usage(err)
		}
		if fi.IsDir() && !o.recursive {
			return cli.Usagef("%q is a folder", l.String()).WithHint("add -r")
		}
		if !fi.IsDir() && !fi.Mode().IsRegular() {
			return cli.Usagef("%q is no file", l.String()).WithHint("copy what it yields through a pipe: cat %s | kubectl rustfs cp - BUCKET/KEY", shellWord(l.Path))
		}
	case l.Kind == object.Remote && (l.Whole() || l.Slash()) && !o.recursive:
		return cli.Usagef("%q is a folder", l.String()).WithHint("add -r")
	}
	return nil
}

func (o *copier) checkTarget(r route) error {
	to := r.target
	switch {
	case to.Kind == object.Stream && (len(r.sources) > 1 || o.recursive || o.move):
		return cli.Usagef("stdout takes one object").WithHint("see: kubectl rustfs cat --help")
	case to.Kind == object.Remote && r.sources[0].Kind == object.Stream && r.folder:
		return cli.Usagef("%q is a folder, and what comes from stdin has no name", to.String()).WithHint("write BUCKET/KEY")
	case to.Kind != object.Remote && o.described():
		return cli.Usagef("--metadata, --tags and the content flags are for objects, and %q is none", to.String())
	case to.Kind == object.Remote && !r.folder:
		if err := object.ValidateNewKey(to.Key); err != nil {
			return cli.Usagef("%q: %v", to.String(), err)
		}
	case to.Kind == object.Remote && to.Key != "":
		if err := object.ValidateNewKey(to.Folder()); err != nil {
			return cli.Usagef("%q: %v", to.String(), err)
		}
	}
	for _, l := range r.sources {
		if err := o.checkOverlap(l, r); err != nil {
			return err
		}
	}
	return nil
}

// checkOverlap refuses to copy a thing onto or into itself.
func (o *copier) checkOverlap(l object.Location, r route) error {
	to := r.target
	if l.Kind != object.Remote || to.Kind != object.Remote || l.Bucket != to.Bucket {
		return nil
	}
	key := to.Key
	if r.folder {
		key = to.Folder() + l.Base()
	}
	switch {
	case o.recursive && strings.HasPrefix(to.Folder(), l.Folder()):
		return cli.Usagef("%q lies in %q: a folder cannot be copied into itself", to.String(), l.String())
	case !o.recursive && key == l.Key && o.version == "" && (o.move || !o.described()):
		return cli.Usagef("%q and %q are the same object", l.String(), to.String()).WithHint("to change what is said of it, add --metadata, --tags or --content-type to cp")
	}
	return nil
}

// job is one thing to copy.
type job struct {
	file transfer.File // of an upload, else
	from object.Info

	to     object.Ref      // of an upload or a copy, else
	target transfer.Target // a file
	marker bool            // an object that stands for a folder
	err    error           // why it cannot be done
	why    string          // why it is done
}

func (j job) size() int64 {
	if j.file.Path != "" {
		return j.file.Size
	}
	return j.from.Size
}

// String shows where from and where to.
func (j job) String() string {
	from, to := j.from.String(), j.to.String()
	if j.file.Path != "" {
		from = j.file.Path
	}
	if j.to.Bucket == "" {
		to = j.target.Path
		if j.target.Root != nil {
			to = filepath.Join(j.target.Root.Name(), filepath.FromSlash(j.target.Path))
		}
	}
	return from + " -> " + to
}

// line says what was done.
func (j job) line() string {
	if j.why != "" {
		return j.String() + " (" + j.why + ")"
	}
	return j.String()
}

// openTarget opens the folder that a local target lies in; nothing else is
// touched from then on. A dry run makes no folders.
func (o *copier) openTarget(r route) (io.Closer, error) {
	if r.target.Kind != object.Local {
		return io.NopCloser(nil), nil
	}
	dir := filepath.Dir(r.target.Path)
	if r.folder {
		dir = filepath.Clean(r.target.Path)
	}
	if o.Rehearsing() != cli.DryRunNone {
		if !isDir(dir) {
			return io.NopCloser(nil), nil
		}
	} else if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	return os.OpenRoot(dir)
}

// jobs lists what is to be copied, while the sources are listed.
func (o *copier) jobs(ctx context.Context, t *target, r route, out io.Closer) iter.Seq2[job, error] {
	root, _ := out.(*os.Root) // nil when the target is remote
	return func(yield func(job, error) bool) {
		for _, l := range r.sources {
			list := o.filesOf(l)
			if l.Kind == object.Remote {
				list = o.objectsOf(ctx, t, l)
			}
			n := 0
			for j, err := range list {
				n++
				if err == nil {
					o.address(&j, l, r, root)
				}
				if !yield(j, err) || err != nil {
					return
				}
			}
			if n == 0 && l.Kind == object.Remote && !o.any() {
				yield(job{}, cli.Hintf(fmt.Errorf("%s: there is no such object, nor anything below it", l.String()),
					"see what is there with: kubectl rustfs ls %s", shellWord(l.Bucket+"/")))
				return
			}
		}
	}
}

// filesOf lists a file, or what is in a folder.
func (o *copier) filesOf(l object.Location) iter.Seq2[job, error] {
	return func(yield func(job, error) bool) {
		fi, err := os.Stat(l.Path)
		if err != nil {
			yield(job{}, err)
			return
		}
		if !fi.IsDir() {
			yield(job{file: transfer.File{Path: l.Path, Rel: filepath.Base(l.Path), Size: fi.Size(), Modified: fi.ModTime(), Mode: fi.Mode()}}, nil)
			return
		}
		for f, err := range transfer.Walk(l.Path, func(path string) { o.Warnf("%s is no file, and left out", path) }) {
			if err == nil && !o.sel.Match(f.Rel, f.Size, f.Modified) {
				continue
			}
			if err == nil && !contentsOnly(l) {
				f.Rel = filepath.Base(filepath.Clean(l.Path)) + "/" + f.Rel
			}
			if !yield(job{file: f}, err) {
				return
			}
		}
	}
}

// contentsOnly reports whether what is in a folder is meant, and not the
// folder.
func contentsOnly(l object.Location) bool {
	b := l.Base()
	return l.Slash() || l.Whole() || b == "." || b == ".." || b == "" || b == "~"
}

// objectsOf lists an object, or what is below a folder.
func (o *copier) objectsOf(ctx context.Context, t *target, l object.Location) iter.Seq2[job, error] {
	return func(yield func(job, error) bool) {
		if !o.recursive {
			ref := l.Ref()
			ref.Version = o.version
			i, err := t.s3.Head(ctx, ref)
			if err != nil {
				yield(job{}, missingObject(err, l))
				return
			}
			if o.version == "" {
				i.Version = "" // what is newest is meant
			}
			yield(job{from: i}, nil)
			return
		}
		for e, err := range selected(under(ctx, t, l, s3.List{}), l, o.sel) {
			j := job{from: object.Info{Ref: object.Ref{Bucket: l.Bucket, Key: e.Key}, Size: e.Size, Modified: e.Modified, ETag: e.ETag}}
			j.marker = strings.HasSuffix(e.Key, "/") && e.Size == 0
			if !yield(j, err) {
				return
			}
		}
	}
}

// relOf is the name that an object keeps below the target.
func relOf(l object.Location, key string) string {
	rel, ok := strings.CutPrefix(key, l.Folder())
	switch {
	case !ok:
		return path.Base(key) // the object that is named itself
	case contentsOnly(l):
		return rel
	}
	return l.Base() + "/" + rel
}

// address says where a job leads to.
func (o *copier) address(j *job, l object.Location, r route, root *os.Root) {
	rel := j.file.Rel
	if l.Kind == object.Remote {
		rel = relOf(l, j.from.Key)
	}
	if r.target.Kind == object.Remote {
		j.to = r.target.Ref()
		if r.folder {
			if l.Kind == object.Local {
				rel = names(o.portable).Key(rel)
			}
			j.to.Key = r.target.Folder() + rel
		}
		j.err = object.ValidateNewKey(j.to.Key)
		return
	}
	j.target = transfer.Target{Root: root, Path: filepath.Base(r.target.Path), NoClobber: o.noClobber, Preserve: o.preserve}
	if !r.folder {
		return
	}
	if j.marker {
		rel = strings.TrimSuffix(rel, "/")
	}
	j.target.Path, j.err = names(o.portable).File(rel)
	if j.err != nil || !o.portable && !foldsCase() {
		return
	}
	if other := o.collision.Add(j.target.Path); other != "" {
		j.err = fmt.Errorf("its file would be that of %q on a system that does not tell upper from lower case", other)
	}
}

// do copies one thing, and for mv deletes its source.
func (o *copier) do(ctx context.Context, t *target, e *transfer.Engine, j job, done *tally, w io.Writer) error {
	if j.err != nil {
		return localProblem{j.err}
	}
	if o.Rehearsing() != cli.DryRunNone {
		done.ok(j.size())
		return o.said(w, j.line())
	}
	var err error
	switch {
	case j.file.Path != "":
		err = o.up(ctx, e, j)
	case j.to.Bucket != "":
		err = o.across(ctx, t, e, j)
	default:
		err = o.down(ctx, t, e, j)
	}
	if err != nil {
		var exists *transfer.ExistsError
		if o.noClobber && (errors.As(err, &exists) || s3.IsChanged(err)) {
			done.skip()
			o.Remarkf("%s: exists, left as it is", j)
			return nil
		}
		return err
	}
	done.ok(j.size())
	return o.said(w, j.line())
}

// localProblem is one that the server has no part in.
type localProblem struct{ error }

func (p localProblem) Unwrap() error { return p.error }

func (o *copier) up(ctx context.Context, e *transfer.Engine, j job) error {
	f, err := os.Open(j.file.Path)
	if err != nil {
		return localProblem{err}
	}
	defer f.Close() //nolint:errcheck // it was only read
	w := object.Write{Attributes: o.attrs, NoClobber: o.noClobber}
	if o.preserve {
		w.Metadata = maps.Clone(w.Metadata)
		if w.Metadata == nil {
			w.Metadata = map[string]string{}
		}
		w.Metadata[object.MetaModified] = object.ModifiedText(j.file.Modified)
		w.Metadata[object.MetaMode] = fmt.Sprintf("%o", j.file.Mode.Perm())
	}
	info, err := e.Upload(ctx, f, j.to, w)
	if err != nil || !o.move {
		return err
	}
	if err := e.Proven(ctx, info, info.Size); err != nil {
		return err
	}
	after, err := os.Stat(j.file.Path)
	if err != nil {
		return localProblem{err}
	}
	if after.Size() != j.file.Size || !after.ModTime().Equal(j.file.Modified) {
		return localProblem{errors.New("it was copied, but changed meanwhile, and was not deleted")}
	}
	return os.Remove(j.file.Path)
}

func (o *copier) across(ctx context.Context, t *target, e *transfer.Engine, j job) error {
	var replace *object.Attributes
	if o.described() {
		a, err := o.changed(ctx, t, j.from.Ref)
		if err != nil {
			return err
		}
		replace = &a
	}
	info, err := e.Copy(ctx, j.from, j.to, replace, o.noClobber)
	if err != nil || !o.move {
		return err
	}
	info.Ref = j.to
	if err := e.Proven(ctx, info, j.from.Size); err != nil {
		return err
	}
	return o.forget(ctx, t, j.from)
}

// changed are the attributes of an object with those of the flags put over
// them.
func (o *copier) changed(ctx context.Context, t *target, ref object.Ref) (object.Attributes, error) {
	i, err := t.s3.Head(ctx, ref)
	if err != nil {
		return object.Attributes{}, err
	}
	a := i.Attributes
	if i.TagCount > 0 {
		if a.Tags, err = t.s3.ObjectTags(ctx, ref); err != nil {
			return a, err
		}
	}
	for _, f := range []struct{ to, from *string }{
		{&a.ContentType, &o.attrs.ContentType},
		{&a.CacheControl, &o.attrs.CacheControl},
		{&a.ContentDisposition, &o.attrs.ContentDisposition},
		{&a.ContentEncoding, &o.attrs.ContentEncoding},
	} {
		if *f.from != "" {
			*f.to = *f.from
		}
	}
	a.Metadata, a.Tags = merged(a.Metadata, o.attrs.Metadata), merged(a.Tags, o.attrs.Tags)
	return a, nil
}

func merged(m, over map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, m)
	maps.Copy(out, over)
	return out
}

func (o *copier) down(ctx context.Context, t *target, e *transfer.Engine, j job) error {
	if j.marker {
		if err := j.target.Root.MkdirAll(filepath.FromSlash(j.target.Path), 0o777); err != nil {
			return localProblem{err}
		}
	} else {
		info, err := e.Download(ctx, j.from.Ref, j.from.Size, j.target)
		if err != nil {
			return err
		}
		j.from.ETag = info.ETag
	}
	if !o.move {
		return nil
	}
	return o.forget(ctx, t, j.from)
}

// forget deletes the source of a move, when it is still what was copied.
func (o *copier) forget(ctx context.Context, t *target, from object.Info) error {
	now, err := t.s3.Head(ctx, object.Ref{Bucket: from.Bucket, Key: from.Key})
	if err != nil {
		return err
	}
	if now.ETag != from.ETag || now.Size != from.Size {
		return localProblem{errors.New("it was copied, but replaced meanwhile, and was not deleted")}
	}
	failures, err := t.s3.Remove(ctx, []object.Ref{{Bucket: from.Bucket, Key: from.Key}}, false)
	if err == nil && len(failures) > 0 {
		err = failures[0].Err
	}
	return err
}

// refused turns a refusal to replace something into words.
func (o *copier) refused(err error, to string) error {
	var exists *transfer.ExistsError
	if o.noClobber && (errors.As(err, &exists) || s3.IsChanged(err)) {
		o.Remarkf("%s: exists, left as it is", to)
		return nil
	}
	return err
}
