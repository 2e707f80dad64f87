package rustfs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/transfer"
)

// remotePlace reads BUCKET or BUCKET/KEY of the command line.
func remotePlace(s string) (object.Location, error) {
	l, err := object.ParseRemote(s, bucket.ValidateName)
	return l, usage(err)
}

// remotePlaces reads several.
func remotePlaces(words []string) ([]object.Location, error) {
	var out []object.Location
	for _, w := range words {
		l, err := remotePlace(w)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// objectPlace reads BUCKET/KEY, the name of one object.
func objectPlace(s string) (object.Location, error) {
	l, err := remotePlace(s)
	if err == nil && l.Whole() {
		return l, cli.Usagef("%q names a bucket, and an object is wanted", s).WithHint("write %s/KEY; see the keys with: kubectl rustfs ls %s", l.Bucket, l.Bucket)
	}
	return l, err
}

// objectPlaces reads several.
func objectPlaces(words []string) ([]object.Location, error) {
	var out []object.Location
	for _, w := range words {
		l, err := objectPlace(w)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// anyPlace reads a place that may be on either side.
func anyPlace(s string) (object.Location, error) {
	l, err := object.Parse(s, bucket.ValidateName)
	if err != nil {
		return l, usage(err)
	}
	if rest, ok := strings.CutPrefix(l.Path, "~"); ok && l.Kind == object.Local {
		home, err := os.UserHomeDir()
		if err != nil {
			return l, err
		}
		l.Path = home + rest
	}
	return l, nil
}

// selectFlags say which of many objects are meant.
type selectFlags struct {
	include, exclude []string
	newer, older     string
}

func (f *selectFlags) addNames(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.include, "include", nil, "Only what fits this pattern, such as *.jpg or logs/**; may be repeated")
	cmd.Flags().StringArrayVar(&f.exclude, "exclude", nil, "Not what fits this pattern; may be repeated, and wins over --include")
}

func (f *selectFlags) add(cmd *cobra.Command) {
	f.addNames(cmd)
	cmd.Flags().StringVar(&f.newer, "newer-than", "", "Only what was modified after this: 30d (ago), 2026-01-31 or a time in RFC 3339")
	cmd.Flags().StringVar(&f.older, "older-than", "", "Only what was modified before this")
}

// any reports whether less than everything is meant.
func (f *selectFlags) any() bool {
	return len(f.include)+len(f.exclude) > 0 || f.newer != "" || f.older != ""
}

func (f *selectFlags) selector(now time.Time) (s object.Selector, err error) {
	if s.Include, err = globs("--include", f.include); err != nil {
		return s, err
	}
	if s.Exclude, err = globs("--exclude", f.exclude); err != nil {
		return s, err
	}
	if s.Newer, err = whenFlag("--newer-than", f.newer, now); err != nil {
		return s, err
	}
	s.Older, err = whenFlag("--older-than", f.older, now)
	return s, err
}

func globs(flag string, patterns []string) (out []object.Glob, err error) {
	for _, p := range patterns {
		g, err := object.ParseGlob(p)
		if err != nil {
			return nil, cli.Usagef("%s: %v", flag, err)
		}
		out = append(out, g)
	}
	return out, nil
}

func whenFlag(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := object.ParseTime(text, now)
	if err != nil {
		return t, cli.Usagef("%s: %v", flag, err)
	}
	return t, nil
}

func sizeFlag(flag, text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	n, err := object.ParseSize(text)
	if err != nil {
		return nil, cli.Usagef("%s: %v", flag, err)
	}
	return &n, nil
}

func regexFlag(flag, text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	r, err := regexp.Compile(text)
	if err != nil {
		return nil, cli.Usagef("%s: %v", flag, err)
	}
	return r, nil
}

func pairsFlag(flag string, words []string) (map[string]string, error) {
	m, err := object.ParsePairs(words)
	if err != nil {
		return nil, cli.Usagef("%s: %v", flag, err)
	}
	return m, nil
}

// Limits of --parallel.
const (
	defaultParallel = 12
	maxParallel     = 64
)

// parallelFlag adds --parallel.
func parallelFlag(cmd *cobra.Command, to *int) {
	cmd.Flags().IntVar(to, "parallel", defaultParallel, fmt.Sprintf("How many requests are under way at once, at most %d; downloads are two thirds of them", maxParallel))
}

func checkParallel(n int) error {
	if n < 1 || n > maxParallel {
		return cli.Usagef("--parallel %d: it is from 1 to %d", n, maxParallel)
	}
	return nil
}

// thrifty keeps the garbage of long lists and of so many requests at once small
// until what it returns is called: the collector is fast, and memory is what
// people notice.
func thrifty(parallel int) (end func()) {
	percent := debug.SetGCPercent(thriftyPercent)
	limit := debug.SetMemoryLimit(thriftyHeap * int64(max(parallel, defaultParallel)) / defaultParallel)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

const (
	thriftyPercent = 40
	thriftyHeap    = 32 << 20 // bytes, for defaultParallel requests; twelve tunnels and their frames need 20 MiB
)

// under lists what is at a place: the object of that name, and everything
// below it.
func under(ctx context.Context, t *target, l object.Location, how s3.List) iter.Seq2[s3.Object, error] {
	how.Prefix = l.Folder()
	below := t.s3.Objects(ctx, l.Bucket, how)
	if l.Whole() || l.Slash() {
		return below
	}
	return func(yield func(s3.Object, error) bool) {
		for o, err := range exactly(ctx, t, l, how.Versions) {
			if !yield(o, err) || err != nil {
				return
			}
		}
		below(yield)
	}
}

// exactly lists the object, or the versions of it, that a place names.
func exactly(ctx context.Context, t *target, l object.Location, versions bool) iter.Seq2[s3.Object, error] {
	list := s3.List{Prefix: l.Key, Versions: versions}
	if !versions {
		list.MaxKeys = 1 // it is the first with that prefix
	}
	return func(yield func(s3.Object, error) bool) {
		for o, err := range t.s3.Objects(ctx, l.Bucket, list) {
			if err == nil && o.Key != l.Key || !yield(o, err) || !versions {
				return
			}
		}
	}
}

// selected keeps what is meant of a list.
func selected(list iter.Seq2[s3.Object, error], l object.Location, s object.Selector) iter.Seq2[s3.Object, error] {
	return func(yield func(s3.Object, error) bool) {
		for o, err := range list {
			if err == nil && !s.Match(relative(l, o.Key), o.Size, o.Modified) {
				continue
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

// relative is a key as seen from a place.
func relative(l object.Location, key string) string {
	if rel, ok := strings.CutPrefix(key, l.Folder()); ok && rel != "" {
		return rel
	}
	return l.Base()
}

// objectView is an object as it is printed.
type objectView struct {
	Metadata     cli.Meta     `json:"metadata"`
	Bucket       string       `json:"bucket"`
	Key          string       `json:"key"`
	Size         *int64       `json:"size,omitempty"`
	Modified     *metav1.Time `json:"modified,omitempty"`
	ETag         string       `json:"etag,omitempty"`
	VersionID    string       `json:"versionId,omitempty"`
	Latest       *bool        `json:"latest,omitempty"`
	DeleteMarker bool         `json:"deleteMarker,omitempty"`
	Folder       bool         `json:"folder,omitempty"`
}

func newObjectView(bucket string, o s3.Object) objectView {
	v := objectView{
		Metadata: cli.Meta{Name: bucket + "/" + o.Key}, Bucket: bucket, Key: o.Key, Modified: stamp(o.Modified),
		ETag: o.ETag, VersionID: o.VersionID, DeleteMarker: o.DeleteMarker, Folder: o.Folder,
	}
	if !o.Folder && !o.DeleteMarker {
		v.Size = &o.Size
	}
	if o.VersionID != "" {
		v.Latest = &o.Latest
	}
	return v
}

func objectColumns(versions bool) []cli.StreamColumn[objectView] {
	return []cli.StreamColumn[objectView]{
		{Name: "Modified", Width: len("2026-01-31T12:00:00Z"), Value: func(o objectView) string {
			if o.Modified == nil {
				return "-"
			}
			return o.Modified.UTC().Format(time.RFC3339)
		}},
		{Name: "Size", Width: 9, Right: true, Value: func(o objectView) string {
			switch {
			case o.Folder:
				return "folder"
			case o.DeleteMarker:
				return "deleted"
			}
			return cli.Size(*o.Size)
		}},
		{Name: "Version", Width: 36, Wide: !versions, Value: func(o objectView) string { return orNone(o.VersionID) }},
		{Name: "Latest", Width: 6, Wide: !versions, Value: func(o objectView) string {
			if o.Latest != nil && *o.Latest {
				return "yes"
			}
			return "-"
		}},
		{Name: "ETag", Width: 32, Wide: true, Value: func(o objectView) string { return orNone(o.ETag) }},
		{Name: "Name", Value: func(o objectView) string { return o.Key }},
	}
}

// engine makes what moves content.
func (p *plugin) engine(t *target, parallel int, progress *cli.Progress) *transfer.Engine {
	e := transfer.New(t.s3, parallel)
	e.Server, e.IsAnswer, e.Remark = t.name(), s3.IsAnswer, p.Remarkf
	if progress != nil {
		e.Moved = progress.Add
	}
	if dir, err := os.UserCacheDir(); err == nil {
		e.StateDir = filepath.Join(dir, "kubectl-rustfs", "uploads")
	}
	return e
}

// tally counts what was done and what was not, and says why.
type tally struct {
	*plugin
	verb string // "copied"

	mu                 sync.Mutex
	done, bytes        int64
	failed, unanswered int
	skipped            int
	began              time.Time
}

func newTally(p *plugin, verb string) *tally { return &tally{plugin: p, verb: verb, began: time.Now()} }

// unansweredLimit is how many objects in a row may fail because nobody answers
// before the rest is not tried any more.
const unansweredLimit = 5

func (t *tally) ok(bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	t.bytes += bytes
	t.unanswered = 0
}

// skip counts what was left as it is.
func (t *tally) skip() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.skipped++
}

// fail tells of a failure, and whether it makes sense to go on.
func (t *tally) fail(what string, err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed++
	t.Warnf("%s: %v", what, err)
	var exists *transfer.ExistsError
	var here localProblem
	if !s3.IsAnswer(err) && !transfer.IsLocal(err) && !errors.As(err, &here) && !errors.As(err, &exists) {
		t.unanswered++
	}
	return t.unanswered < unansweredLimit
}

// failMore counts failures that were told of with another one.
func (t *tally) failMore(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed += n
}

// count is how many were tried.
func (t *tally) count() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done + int64(t.failed)
}

// err is the command's error when anything failed.
func (t *tally) err() error {
	if t.failed == 0 {
		return nil
	}
	rest := ""
	if t.unanswered >= unansweredLimit {
		rest = "; nobody answers, and the rest was not tried"
	}
	return fmt.Errorf("%d of %s could not be %s%s", t.failed, cli.Plural(t.done+int64(t.failed), "object"), t.verb, rest)
}

// end says what was done, when it was more than one.
func (t *tally) end() {
	if t.done > 1 {
		t.Remarkf("%s (%s) %s in %s", cli.Plural(t.done, "object"), cli.Size(t.bytes), t.verb, time.Since(t.began).Round(time.Millisecond))
	}
}

// names are the rules of this machine for names of files.
func names(portable bool) object.Names {
	return object.Names{Windows: runtime.GOOS == "windows", Portable: portable}
}

// foldsCase reports whether this machine takes a.txt and A.txt for one file.
func foldsCase() bool { return runtime.GOOS == "windows" || runtime.GOOS == "darwin" }

// completeLimitKeys is how many keys are offered at most.
const completeLimitKeys = 200

// completeObjects offers buckets, and behind a slash what is in them.
func (p *plugin) completeObjects(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if !strings.Contains(prefix, "/") {
		words, d := p.completeBuckets(c, nil, prefix)
		for i := range words {
			words[i] += "/"
		}
		return words, d | cobra.ShellCompDirectiveNoSpace
	}
	ctx, cancel := context.WithTimeout(c.Context(), completeLimit)
	defer cancel()
	t, err := p.target(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	name, key, _ := strings.Cut(prefix, "/")
	var words []string
	directive := cobra.ShellCompDirectiveNoFileComp
	for o, err := range t.s3.Objects(ctx, name, s3.List{Prefix: key, Folders: true, MaxKeys: completeLimitKeys}) {
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		words = append(words, name+"/"+o.Key)
		if o.Folder {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		if len(words) >= completeLimitKeys {
			break
		}
	}
	return words, directive
}

// completePlaces offers files for what begins like one, and objects else.
func (p *plugin) completePlaces(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	for _, begin := range []string{".", "/", "~"} {
		if strings.HasPrefix(prefix, begin) {
			return nil, cobra.ShellCompDirectiveDefault
		}
	}
	return p.completeObjects(c, args, prefix)
}
