package rustfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/archive"
	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/declared"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// declaredLimit is more than any document of declared state is long, in bytes.
const declaredLimit = 16 << 20

// readDeclared reads the documents that -f names: files, folders with files of
// YAML and JSON, and - for stdin. Nothing has been sent when it refuses them.
func (p *plugin) readDeclared(files []string) (declared.Document, error) {
	if len(files) == 0 {
		return declared.Document{}, cli.Usagef("--file is missing").WithHint("name the file with the state: -f FILE, or -f - for stdin")
	}
	var all []declared.Document
	for _, name := range files {
		names, err := filesOf(name)
		if err != nil {
			return declared.Document{}, usage(fmt.Errorf("--file: %w", err))
		}
		for _, n := range names {
			text, err := p.readUpTo(n, declaredLimit)
			if err != nil {
				return declared.Document{}, usage(fmt.Errorf("--file: %w", err))
			}
			if n == "-" {
				n = "stdin"
			}
			docs, err := declared.Parse(n, text)
			if err != nil {
				return declared.Document{}, usage(err)
			}
			all = append(all, docs...)
		}
	}
	if len(all) == 0 {
		return declared.Document{}, cli.Usagef("--file: there is no document in %s", strings.Join(files, ", ")).
			WithHint("see what one looks like: kubectl rustfs export")
	}
	d, err := declared.Merge(all...)
	return d, usage(err)
}

// filesOf are the files of a folder, or the file itself.
func filesOf(name string) ([]string, error) {
	if name == "-" {
		return []string{name}, nil
	}
	fi, err := os.Stat(name)
	if err != nil || !fi.IsDir() {
		return []string{name}, err
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(e.Name())) {
			out = append(out, filepath.Join(name, e.Name()))
		}
	}
	return out, nil
}

func (p *plugin) readUpTo(file string, limit int64) ([]byte, error) {
	in := p.In
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // it was only read
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s: longer than %d MiB", file, limit>>20)
	}
	return b, err
}

// serverState is what a server has, as a document, and what of it a document
// cannot say.
type serverState struct {
	declared.Document
	root    string   // the name of the root key; empty: unknown
	foreign []string // access keys that a document cannot say
	remarks []string // what was left out
}

// wantsIAM reports whether anything but buckets is asked for.
func wantsIAM(kinds []declared.Kind) bool {
	return slices.ContainsFunc(kinds, func(k declared.Kind) bool { return k != declared.KindBucket })
}

// readState asks for everything of the kinds; of buckets only for those named,
// unless none is.
func readState(ctx context.Context, t *target, kinds []declared.Kind, buckets []string) (serverState, error) {
	var s serverState
	var err error
	if s.root, err = rootName(ctx, t); err != nil {
		return s, err
	}
	if wantsIAM(kinds) {
		if err := s.readIAM(ctx, t); err != nil {
			return s, err
		}
	}
	if slices.Contains(kinds, declared.KindBucket) {
		err = s.readBuckets(ctx, t, buckets)
	}
	return s, err
}

// rootName finds out what the root key is called, where the key in use may
// know.
func rootName(ctx context.Context, t *target) (string, error) {
	who, err := t.admin.WhoAmI(ctx)
	if err != nil {
		return "", soft(err)
	}
	switch {
	case who.Type == "root":
		return who.AccessKey, nil
	case who.Type != "" || !who.Admin:
		return "", nil
	}
	if _, err := t.admin.User(ctx, who.AccessKey); admin.IsNotFound(err) {
		return who.AccessKey, nil // an older server, and an admin who is no user
	}
	return "", nil
}

func (s *serverState) readIAM(ctx context.Context, t *target) error {
	policies, err := t.admin.Policies(ctx)
	if err != nil {
		return err
	}
	for _, p := range policies {
		if iam.IsBuiltIn(p.Name) {
			continue
		}
		d, err := iam.Parse(p.Document)
		if err != nil {
			return fmt.Errorf("policy %q: the server's document cannot be read: %w", p.Name, err)
		}
		s.Policies = append(s.Policies, declared.Policy{Name: p.Name, Document: d})
	}
	groups, err := t.admin.Groups(ctx)
	if err != nil {
		return err
	}
	for _, n := range groups {
		g, err := t.admin.Group(ctx, n)
		if admin.IsNotFound(err) {
			continue // only a leftover of it is there
		}
		if err != nil {
			return err
		}
		s.Groups = append(s.Groups, declared.Group{Name: n, Status: declared.StatusOf(g.Enabled), Policies: g.Policies})
	}
	users, err := t.admin.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		s.Users = append(s.Users, declared.User{Name: u.Name, Status: declared.StatusOf(u.Enabled), Policies: u.Policies, Groups: u.Groups})
	}
	return s.readKeys(ctx, t)
}

// readKeys leaves out the keys of root and of people from elsewhere: a
// document cannot bring their parents along.
func (s *serverState) readKeys(ctx context.Context, t *target) error {
	keys, err := t.admin.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if !slices.ContainsFunc(s.Users, func(u declared.User) bool { return u.Name == k.Parent }) {
			s.foreign = append(s.foreign, k.AccessKey)
			continue
		}
		d := declared.Key{AccessKey: k.AccessKey, User: k.Parent, Status: declared.StatusOf(k.Enabled), Name: k.Name, Description: k.Description}
		if !k.Expires.IsZero() {
			d.Expires = &k.Expires
		}
		if k.Own {
			full, err := t.admin.Key(ctx, k.AccessKey)
			if err != nil {
				return err
			}
			policy, err := iam.Parse(full.Policy)
			if err != nil {
				return fmt.Errorf("access key %q: its policy cannot be read: %w", k.AccessKey, err)
			}
			d.Policy = &policy
		}
		s.Keys = append(s.Keys, d)
	}
	if len(s.foreign) > 0 {
		s.remarks = append(s.remarks, cli.Plural(int64(len(s.foreign)), "access key")+" of root or of somebody who is no user left out")
	}
	return nil
}

// readBuckets looks at the buckets named, or at all that the key may see.
func (s *serverState) readBuckets(ctx context.Context, t *target, names []string) error {
	if len(names) == 0 {
		all, err := t.s3.Buckets(ctx)
		if err != nil {
			return err
		}
		for _, b := range all {
			names = append(names, b.Name)
		}
	}
	found := make([]*declared.Bucket, len(names))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, n := range names {
		g.Go(func() error {
			exists, err := t.s3.BucketExists(ctx, n)
			if err != nil || !exists {
				return err
			}
			found[i] = &declared.Bucket{Name: n}
			found[i].Settings, err = readSettings(ctx, t, n)
			return err
		})
	}
	err := g.Wait()
	for _, b := range found {
		if b != nil {
			s.Buckets = append(s.Buckets, *b)
		}
	}
	return err
}

// unknown reports that a version of the server does not have a setting.
func unknown(err error) bool {
	return admin.IsMissingRoute(err) || s3.IsCode(err, "NotImplemented")
}

// readSettings asks for all settings of a bucket. What the key may not see is
// an error: it is not known to be empty.
func readSettings(ctx context.Context, t *target, name string) (bucket.Settings, error) {
	var s bucket.Settings
	steps := []func() error{
		func() error {
			v, err := t.s3.Versioning(ctx, name)
			if v != s3.Unversioned {
				s.Versioning = string(v)
			}
			return err
		},
		func() error {
			l, err := t.s3.Lock(ctx, name)
			if l.Enabled {
				s.Lock = bucketLockOf(l)
			}
			return err
		},
		func() (err error) { s.Encryption, err = t.s3.DefaultEncryption(ctx, name); return err },
		func() error {
			text, err := t.s3.Policy(ctx, name)
			if text != "" {
				s.Policy = []byte(text)
			}
			return err
		},
		func() (err error) { s.Lifecycle, err = t.s3.Lifecycle(ctx, name); return err },
		func() (err error) { s.Tags, err = t.s3.Tags(ctx, name); return err },
		func() (err error) { s.CORS, err = t.s3.CORS(ctx, name); return err },
		func() (err error) { s.Quota, err = readQuota(ctx, t, name); return err },
	}
	for _, step := range steps {
		if err := step(); err != nil && !unknown(err) {
			return s, err
		}
	}
	return s, nil
}

// readQuota asks for a bucket's quota. A bucket that the scanner has not
// counted yet has no answer there; the export of its settings has one.
func readQuota(ctx context.Context, t *target, name string) (int64, error) {
	q, err := t.admin.Quota(ctx, name)
	var e *admin.Error
	if !errors.As(err, &e) || e.Status != http.StatusServiceUnavailable {
		return q.Limit, err
	}
	zip, zerr := t.admin.ExportBuckets(ctx, name)
	if zerr != nil {
		return 0, cli.Hintf(err, "the server has not counted the bucket yet; try again in a minute")
	}
	files, err := archive.ReadZip(zip)
	if err != nil {
		return 0, fmt.Errorf("settings of bucket %q: %w", name, err)
	}
	var s bucket.Settings
	if _, err := s3.ExportedSetting("quota.json", files[name+"/quota.json"], &s); err != nil {
		return 0, fmt.Errorf("settings of bucket %q: %w", name, err)
	}
	return s.Quota, nil
}

// changeView is a step of a plan as it is printed.
type changeView struct {
	Metadata cli.Meta `json:"metadata"`
	declared.Change
}

func newChangeView(c declared.Change) changeView {
	return changeView{Metadata: cli.Meta{Name: c.Name}, Change: c}
}

// done is what was done, for the line that says so.
func done(c declared.Change) string {
	switch c.Verb {
	case declared.Create:
		return "created"
	case declared.Delete:
		return "deleted"
	case declared.Set:
	}
	return c.Field + " set"
}

func changeColumns() []cli.Column[changeView] {
	return []cli.Column[changeView]{
		{Name: "Do", Value: func(c changeView) string { return string(c.Verb) }},
		{Name: "To", Value: func(c changeView) string { return c.ID() }},
		{Name: "Field", Value: func(c changeView) string { return orNone(c.Field) }},
		{Name: "Because", Value: func(c changeView) string { return c.Reason }},
	}
}

// planned is a document held against a server.
type planned struct {
	t       *target
	state   serverState
	changes []declared.Change
}

// impossibleError are the wishes that cannot be fulfilled.
type impossibleError struct{ problems []declared.Problem }

func (e *impossibleError) Error() string {
	var lines []string
	for _, p := range e.problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

func (*impossibleError) Hint() string { return "nothing was changed; mend the document" }

// plan reads the server and says what has to be done.
func (p *plugin) plan(ctx context.Context, doc declared.Document, o declared.Options) (planned, error) {
	t, err := p.target(ctx)
	if err != nil {
		return planned{}, err
	}
	var kinds []declared.Kind
	for _, k := range declared.Kinds() {
		if doc.Contains(k) {
			kinds = append(kinds, k)
		}
	}
	var names []string
	if !o.Prune {
		for _, b := range doc.Buckets {
			names = append(names, b.Name)
		}
		if len(names) == 0 {
			kinds = slices.DeleteFunc(kinds, func(k declared.Kind) bool { return k == declared.KindBucket })
		}
	}
	out := planned{t: t}
	if out.state, err = readState(ctx, t, kinds, names); err != nil {
		return out, err
	}
	o.Root, o.Taken, o.Now = out.state.root, out.state.foreign, time.Now()
	changes, problems := declared.Diff(out.state.Document, doc, o)
	if len(problems) > 0 {
		return out, &impossibleError{problems}
	}
	out.changes = changes
	return out, nil
}
