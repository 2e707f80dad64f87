package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/internal/transfer"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs"
)

// world is an engine, a bucket, and a hand in what the server does.
type world struct {
	*transfer.Engine
	store *s3.Store
	dir   string

	mu    sync.Mutex
	seen  []string // requests: method and query
	spoil func(http.ResponseWriter, *http.Request) (done bool)
	moved atomic.Int64
}

const bucket = "photos"

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	fake, err := rustfs.New(rustfs.Options{Dir: t.TempDir(), AccessKey: "rootkey", SecretKey: "root-secret-1"})
	must(t, err)
	handler := fake.Handler()
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.seen = append(w.seen, r.Method+" "+r.URL.RawQuery+" "+r.Header.Get("Range"))
		spoil := w.spoil
		w.mu.Unlock()
		if spoil != nil && spoil(rw, r) {
			return
		}
		handler.ServeHTTP(rw, r)
	}))
	t.Cleanup(func() { web.Close(); fake.Close() })
	u, err := url.Parse(web.URL)
	must(t, err)
	w.store, err = s3.New(s3.Options{Endpoint: u, AccessKey: "rootkey", SecretKey: secret.New("root-secret-1"), Transport: web.Client().Transport})
	must(t, err)
	must(t, w.store.CreateBucket(t.Context(), bucket, false))
	w.Engine = transfer.New(w.store, 2)
	w.Pause = time.Millisecond
	w.IsAnswer, w.StateDir, w.Server = s3.IsAnswer, filepath.Join(w.dir, "state"), "test"
	w.Moved = func(n int64) { w.moved.Add(n) }
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) spoils(f func(http.ResponseWriter, *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spoil, w.seen = f, nil
}

// requests counts those with a text in them since spoils.
func (w *world) requests(text string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.seen {
		if strings.Contains(s, text) {
			n++
		}
	}
	return n
}

func noise(n int) []byte {
	b := make([]byte, n)
	var seed [32]byte
	_, _ = rand.NewChaCha8(seed).Read(b)
	return b
}

func (w *world) file(t *testing.T, content []byte) *os.File {
	t.Helper()
	name := filepath.Join(w.dir, "file.bin")
	must(t, os.WriteFile(name, content, 0o600))
	return w.open(t, name)
}

func (w *world) open(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(name)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func (w *world) content(t *testing.T, key string) []byte {
	t.Helper()
	body, _, err := w.store.Open(t.Context(), object.Ref{Bucket: bucket, Key: key}, object.Read{})
	must(t, err)
	defer body.Close()
	b, err := io.ReadAll(body)
	must(t, err)
	return b
}

func (w *world) target(t *testing.T, path string) transfer.Target {
	t.Helper()
	dir := filepath.Join(w.dir, "down")
	must(t, os.MkdirAll(dir, 0o700))
	root, err := os.OpenRoot(dir)
	must(t, err)
	t.Cleanup(func() { root.Close() })
	return transfer.Target{Root: root, Path: path}
}

func (w *world) files(t *testing.T) (names []string) {
	t.Helper()
	must(t, filepath.WalkDir(filepath.Join(w.dir, "down"), func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, filepath.Base(p))
		}
		return err
	}))
	slices.Sort(names)
	return names
}

var big = object.Ref{Bucket: bucket, Key: "big"}

func down(rw http.ResponseWriter) bool {
	rw.WriteHeader(http.StatusInternalServerError)
	return true
}

func TestUploadGoesOn(t *testing.T) {
	t.Parallel()
	w, content := newWorld(t), noise(50<<20)
	f := w.file(t, content)
	attrs := object.Write{Attributes: object.Attributes{Metadata: map[string]string{"a": "b"}}}
	w.spoils(func(rw http.ResponseWriter, r *http.Request) bool {
		return r.URL.Query().Get("partNumber") == "3" && down(rw)
	})
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := w.Upload(ctx, f, big, attrs); err == nil {
		t.Fatal("the upload succeeded without part 3")
	}
	cancel()
	w.spoils(nil)
	w.moved.Store(0)
	info, err := w.Upload(t.Context(), f, big, attrs)
	must(t, err)
	if n := w.requests("POST uploads"); n != 0 {
		t.Errorf("it began %d uploads anew", n)
	}
	if n := w.requests("partNumber="); n < 1 || n > 3 {
		t.Errorf("it sent %d parts", n)
	}
	if got := w.content(t, "big"); !bytes.Equal(got, content) || info.Size != int64(len(content)) || w.moved.Load() != info.Size {
		t.Errorf("%d bytes of %d, %d moved", len(got), len(content), w.moved.Load())
	}
	if left, err := os.ReadDir(w.StateDir); err != nil || len(left) != 0 {
		t.Errorf("notes left: %v, %v", left, err)
	}
}

func TestUploadOfAChangedFileBeginsAnew(t *testing.T) {
	t.Parallel()
	w, content := newWorld(t), noise(34<<20)
	f := w.file(t, content)
	w.spoils(func(rw http.ResponseWriter, r *http.Request) bool {
		return r.URL.Query().Get("partNumber") == "2" && down(rw)
	})
	if _, err := w.Upload(t.Context(), f, big, object.Write{}); err == nil {
		t.Fatal("the upload succeeded without part 2")
	}
	w.spoils(nil)
	content = append(content, 'x')
	if _, err := w.Upload(t.Context(), w.file(t, content), big, object.Write{}); err != nil {
		t.Fatal(err)
	}
	if n := w.requests("partNumber="); n != 3 {
		t.Errorf("it sent %d parts, want all 3", n)
	}
	if !bytes.Equal(w.content(t, "big"), content) {
		t.Error("the content is another")
	}
}

// TestRefusedUploadLeavesNothing: what the server says no to is not gone on
// with.
func TestRefusedUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.spoils(func(rw http.ResponseWriter, r *http.Request) bool {
		if !r.URL.Query().Has("partNumber") {
			return false
		}
		rw.WriteHeader(http.StatusForbidden)
		return true
	})
	_, err := w.Upload(t.Context(), w.file(t, noise(17<<20)), big, object.Write{})
	if !s3.IsAnswer(err) {
		t.Errorf("%v", err)
	}
	if w.requests("DELETE uploadId") != 1 {
		t.Error("the upload is still there")
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, size := range []int{0, 1, object.PartSize, object.PartSize + 1, 50 << 20} {
		content := noise(size)
		_, err := w.UploadStream(t.Context(), bytes.NewReader(content), big, object.Write{})
		if err != nil || !bytes.Equal(w.content(t, "big"), content) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	broken := io.MultiReader(bytes.NewReader(noise(40<<20)), errReader{})
	if _, err := w.UploadStream(t.Context(), broken, object.Ref{Bucket: bucket, Key: "none"}, object.Write{}); !errors.Is(err, errBroken) {
		t.Errorf("a broken reader: %v", err)
	}
	for u, err := range w.store.Uploads(t.Context(), bucket, "none") {
		t.Errorf("left: %+v, %v", u, err)
	}
}

var errBroken = errors.New("broken")

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errBroken }

func TestDownloadGoesOn(t *testing.T) {
	t.Parallel()
	w, content := newWorld(t), noise(50<<20)
	_, err := w.UploadStream(t.Context(), bytes.NewReader(content), big, object.Write{})
	must(t, err)
	last := fmt.Sprintf("bytes=%d-", 48<<20)
	w.spoils(func(rw http.ResponseWriter, r *http.Request) bool {
		return strings.HasPrefix(r.Header.Get("Range"), last) && down(rw)
	})
	target := w.target(t, "dir/big.bin")
	if _, err := w.Download(t.Context(), big, int64(len(content)), target); err == nil {
		t.Fatal("the download succeeded without its end")
	}
	if diff := cmp.Diff([]string{".big.bin.rustfs-done", ".big.bin.rustfs-part"}, w.files(t)); diff != "" {
		t.Errorf("half a file (-want +got):\n%s", diff)
	}
	w.spoils(nil)
	if _, err := w.Download(t.Context(), big, int64(len(content)), target); err != nil {
		t.Fatal(err)
	}
	if n := w.requests("bytes="); n < 1 || n > 3 {
		t.Errorf("it asked for %d of 4 pieces", n)
	}
	got, err := os.ReadFile(filepath.Join(w.dir, "down", "dir", "big.bin"))
	if err != nil || !bytes.Equal(got, content) || len(w.files(t)) != 1 {
		t.Errorf("%d bytes, %v, files %q", len(got), err, w.files(t))
	}
}

// TestDownloadOfAReplacedObject: pieces of two objects never meet in a file.
func TestDownloadOfAReplacedObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.UploadStream(t.Context(), bytes.NewReader(noise(33<<20)), big, object.Write{})
	must(t, err)
	w.spoils(func(rw http.ResponseWriter, r *http.Request) bool {
		return strings.HasPrefix(r.Header.Get("Range"), "bytes=16777216-") && down(rw)
	})
	target := w.target(t, "big.bin")
	if _, err := w.Download(t.Context(), big, 33<<20, target); err == nil {
		t.Fatal("the download succeeded without a piece")
	}
	w.spoils(nil)
	content := bytes.Repeat([]byte("other"), 7<<20)
	_, err = w.UploadStream(t.Context(), bytes.NewReader(content), big, object.Write{})
	must(t, err)
	_, err = w.Download(t.Context(), big, int64(len(content)), target)
	must(t, err)
	if got, err := os.ReadFile(filepath.Join(w.dir, "down", "big.bin")); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestDamagedDownloadLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"other content": func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet {
				return false
			}
			rw.Header().Set("ETag", `"5d41402abc4b2a76b9719d911017c592"`) // of hello
			rw.Header().Set("Last-Modified", "Sat, 31 Jan 2026 12:00:00 GMT")
			rw.Write([]byte("hallo")) //nolint:errcheck // the client counts
			return true
		},
		"cut off": func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet {
				return false
			}
			rw.Header().Set("Content-Length", "5")
			rw.Header().Set("ETag", `"5d41402abc4b2a76b9719d911017c592"`)
			rw.Header().Set("Last-Modified", "Sat, 31 Jan 2026 12:00:00 GMT")
			rw.Write([]byte("hel")) //nolint:errcheck // the client counts
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.spoils(spoil)
			_, err := w.Download(t.Context(), big, 5, w.target(t, "a"))
			if err == nil || len(w.files(t)) != 0 || w.moved.Load() != 0 {
				t.Errorf("%v, files %q, %d moved", err, w.files(t), w.moved.Load())
			}
		})
	}
}

func TestDownloadStaysInItsFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.UploadStream(t.Context(), strings.NewReader("hello"), big, object.Write{})
	must(t, err)
	target := w.target(t, "link/a")
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(w.dir, "down", "link")); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{"link/a", "../a", "/a"} {
		target.Path = path
		if _, err := w.Download(t.Context(), big, 5, target); err == nil {
			t.Errorf("%s was written", path)
		}
	}
	for _, dir := range []string{outside, filepath.Join(w.dir)} {
		if _, err := os.Stat(filepath.Join(dir, "a")); err == nil {
			t.Errorf("something lies in %s", dir)
		}
	}
}

func TestNothingIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.UploadStream(t.Context(), strings.NewReader("hello"), big, object.Write{})
	must(t, err)
	target := w.target(t, "a")
	target.NoClobber = true
	_, err = w.Download(t.Context(), big, 5, target)
	must(t, err)
	var exists *transfer.ExistsError
	if _, err = w.Download(t.Context(), big, 5, target); !errors.As(err, &exists) {
		t.Errorf("download: %v", err)
	}
	from, err := w.store.Head(t.Context(), big)
	must(t, err)
	if _, err = w.Copy(t.Context(), from, big, nil, true); !errors.As(err, &exists) {
		t.Errorf("copy: %v", err)
	}
	if _, err = w.Upload(t.Context(), w.file(t, noise(17<<20)), big, object.Write{NoClobber: true}); !errors.As(err, &exists) {
		t.Errorf("upload: %v", err)
	}
}

func TestCopyInParts(t *testing.T) {
	t.Parallel()
	w, content := newWorld(t), noise(20<<20)
	a := object.Attributes{ContentType: "x/y", Metadata: map[string]string{"a": "b"}, Tags: map[string]string{"c": "d"}}
	_, err := w.UploadStream(t.Context(), bytes.NewReader(content), big, object.Write{Attributes: a})
	must(t, err)
	from, err := w.store.Head(t.Context(), big)
	must(t, err)
	w.CopyLimit = 1 << 20
	to := object.Ref{Bucket: bucket, Key: "copy"}
	info, err := w.Copy(t.Context(), from, to, nil, false)
	must(t, err)
	must(t, w.Proven(t.Context(), info, from.Size))
	head, err := w.store.Head(t.Context(), to)
	must(t, err)
	head.Tags, err = w.store.ObjectTags(t.Context(), to)
	must(t, err)
	if diff := cmp.Diff(a, head.Attributes); diff != "" || !bytes.Equal(w.content(t, "copy"), content) {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := w.Proven(t.Context(), info, 7); err == nil {
		t.Error("another size was taken for a proof")
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	numbers := func(n int, end error) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := range n {
				if !yield(i, nil) {
					return
				}
			}
			if end != nil {
				yield(0, end)
			}
		}
	}
	var sum atomic.Int64
	add := func(_ context.Context, i int) error {
		sum.Add(int64(i))
		if i == 3 {
			return errBroken
		}
		return nil
	}
	failures := 0
	note := func(int, error) bool { failures++; return true }
	if err := transfer.Each(t.Context(), 4, numbers(100, nil), add, note); err != nil || sum.Load() != 4950 || failures != 1 {
		t.Errorf("%v, sum %d, %d failures", err, sum.Load(), failures)
	}
	if err := transfer.Each(t.Context(), 4, numbers(10, errBroken), add, note); !errors.Is(err, errBroken) {
		t.Errorf("the list's error: %v", err)
	}
	if err := transfer.Each(t.Context(), 1, numbers(1<<30, nil), add, func(int, error) bool { return false }); err != nil {
		t.Errorf("enough: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := transfer.Each(ctx, 2, numbers(10, nil), func(ctx context.Context, _ int) error { return ctx.Err() }, note); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestWalk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a", "b/c", ".x.rustfs-part", "b/d e"} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600))
	}
	must(t, os.Symlink("a", filepath.Join(dir, "link")))
	must(t, os.Symlink("nowhere", filepath.Join(dir, "broken")))
	var rels, skipped []string
	for f, err := range transfer.Walk(dir, func(p string) { skipped = append(skipped, filepath.Base(p)) }) {
		must(t, err)
		rels = append(rels, fmt.Sprint(f.Rel, " ", f.Size))
	}
	if diff := cmp.Diff([]string{"a 1", "b/c 3", "b/d e 5", "link 1"}, rels); diff != "" || !cmp.Equal(skipped, []string{"broken"}) {
		t.Errorf("skipped %q (-want +got):\n%s", skipped, diff)
	}
	for _, err := range transfer.Walk(filepath.Join(dir, "none"), func(string) {}) {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a missing folder: %v", err)
		}
	}
}
