package rustfs

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/archive"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/declared"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/seal"
)

// restorable is what an archive has.
type restorable struct {
	manifest archive.Manifest // zero for the zips of mc
	hasIAM   bool
	assets   archive.Assets
	buckets  declared.Document
	notes    []string
}

// archiveLimit is more than any archive is long, in bytes.
const archiveLimit = 256 << 20

func bytesOf(b []byte) io.Reader { return bytes.NewReader(b) }

// read opens an archive, whatever kind it is of. Nothing is sent.
func (o *restore) read(ctx context.Context, file string) (restorable, error) {
	in := o.In
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return restorable{}, usage(err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		in = f
	}
	buf := bufio.NewReader(io.LimitReader(in, archiveLimit))
	head, err := buf.Peek(128)
	if err != nil && !errors.Is(err, io.EOF) {
		return restorable{}, fmt.Errorf("%s: %w", file, err)
	}
	var r restorable
	switch {
	case seal.IsAge(head):
		r, err = o.readBundle(ctx, buf)
	case archive.IsZip(head):
		r, err = readExport(buf)
	case len(head) == 0:
		err = &archive.BadError{Reason: "the file is empty"}
	default:
		err = &archive.BadError{Reason: "neither a backup of kubectl rustfs nor a zip of mc admin cluster export"}
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

func (o *restore) readBundle(ctx context.Context, in io.Reader) (restorable, error) {
	var r restorable
	ids, err := o.keys(ctx)
	if err != nil {
		return r, err
	}
	if len(ids) == 0 {
		return r, cli.Usagef("the backup is encrypted").WithHint("add --identity FILE with the key that opens it, or --identity-secret")
	}
	plain, err := seal.Decrypt(in, ids)
	var none *seal.NoIdentity
	if errors.As(err, &none) {
		return r, cli.Hintf(err, "give the identity whose recipient (age1…) the backup was made for; age-keygen -y FILE shows a file's")
	}
	if err != nil {
		return r, err
	}
	manifest, members, err := archive.Read(plain)
	if err != nil {
		return r, err
	}
	r.manifest, r.hasIAM = manifest, true
	if r.assets, err = readAssets(members[archive.IAMName]); err != nil {
		return r, fmt.Errorf("%s: %w", archive.IAMName, err)
	}
	docs, err := declared.Decode(archive.BucketsName, members[archive.BucketsName])
	if err != nil {
		return r, err
	}
	r.buckets, err = declared.Merge(docs...)
	return r, err
}

// keys reads the identities.
func (o *restore) keys(ctx context.Context) ([]seal.Identity, error) {
	ask := func(prompt string) (string, error) { return o.Passphrase(ctx, prompt) }
	var out []seal.Identity
	for _, name := range o.identities {
		f, err := os.Open(name)
		if err != nil {
			return nil, &cli.UsageError{Err: fmt.Errorf("--identity: %w", err), HintText: "give the file that age-keygen wrote"}
		}
		ids, err := seal.ParseIdentities(f, name, ask)
		f.Close() //nolint:errcheck // it was only read
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	for _, ref := range o.secrets {
		name, key, _ := strings.Cut(ref, ":")
		k, err := o.kube(ctx)
		if err != nil {
			return nil, err
		}
		text, where, err := k.SecretValue(ctx, name, key)
		if err != nil {
			return nil, fmt.Errorf("--identity-secret %s: %w", ref, err)
		}
		ids, err := seal.ParseIdentities(strings.NewReader(text.Reveal()), where, ask)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	return out, nil
}

// readExport reads a zip of mc admin cluster iam or bucket export.
func readExport(in io.Reader) (restorable, error) {
	var r restorable
	b, err := io.ReadAll(in)
	if err != nil {
		return r, err
	}
	files, err := archive.ReadZip(b)
	if err != nil {
		return r, err
	}
	if archive.IsIAM(files) {
		r.hasIAM = true
		r.assets, err = archive.ParseAssets(files)
		return r, err
	}
	return readBucketExport(files)
}

// readBucketExport makes a document of the files of a bucket export: each lies
// in the folder of its bucket.
func readBucketExport(files map[string][]byte) (restorable, error) {
	var r restorable
	byName := map[string]*declared.Bucket{}
	var names []string
	for file := range files {
		names = append(names, file)
	}
	slices.Sort(names)
	for _, file := range names {
		dir, base := path.Split(file)
		dir = strings.TrimSuffix(dir, "/")
		if dir == "" || strings.Contains(dir, "/") {
			return r, &archive.BadError{Reason: fmt.Sprintf("neither an export of users nor one of buckets: it has %q", file)}
		}
		b := byName[dir]
		if b == nil {
			b = &declared.Bucket{Name: dir}
			byName[dir] = b
		}
		known, err := s3.ExportedSetting(base, files[file], &b.Settings)
		if err != nil {
			return r, &archive.BadError{Reason: fmt.Sprintf("bucket %q: %v", dir, err)}
		}
		if !known && !emptyTargets(base, files[file]) {
			r.notes = append(r.notes, fmt.Sprintf("bucket/%s: %s is not restored", dir, base))
		}
	}
	for name, b := range byName {
		if len(b.Policy) == 0 {
			continue
		}
		text, notes, err := archive.Expand(b.Policy)
		if err != nil {
			return r, &archive.BadError{Reason: fmt.Sprintf("bucket %q: RustFS would refuse its policy: %v", name, err)}
		}
		b.Policy = text
		for _, n := range notes {
			r.notes = append(r.notes, fmt.Sprintf("bucket/%s: %s", name, n))
		}
	}
	return r, r.documentOf(byName)
}

// emptyTargets reports that a file is the list of replication targets that
// servers write for every bucket, with nothing in it.
func emptyTargets(file string, content []byte) bool {
	return file == "bucket-targets.json" && (len(content) == 0 || string(content) == `{"targets":[]}` || string(content) == `{"targets":null}`)
}

// documentOf goes through the text, where every rule is held.
func (r *restorable) documentOf(buckets map[string]*declared.Bucket) error {
	var d declared.Document
	for _, b := range buckets {
		d.Buckets = append(d.Buckets, *b)
	}
	text, err := d.YAML()
	if err != nil {
		return err
	}
	docs, err := declared.Parse("export", text)
	if err != nil {
		return &archive.BadError{Reason: err.Error()}
	}
	r.buckets, err = declared.Merge(docs...)
	return err
}
