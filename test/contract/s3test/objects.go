package s3test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// noise is n bytes, the same every time.
func noise(n int) []byte {
	b := make([]byte, n)
	var seed [32]byte
	_, _ = rand.NewChaCha8(seed).Read(b)
	return b
}

func roundTrip(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	for key, text := range map[string]string{"empty": "", "small": "hello", "dir/deep/er": strings.Repeat("x", 200<<10)} {
		put(t, e.store, bucket, key, text)
		got, o, err := get(ctx, e.store, bucket, key, 0, "")
		if err != nil || got != text {
			t.Errorf("%s: %d bytes came back, %v", key, len(got), err)
		}
		stat, err := e.store.Stat(ctx, bucket, key)
		must(t, err)
		if stat.Size != int64(len(text)) || stat.Key != key || stat.ETag == "" {
			t.Errorf("stat %+v", stat)
		}
		if age := time.Since(stat.Modified); age < -time.Minute || age > time.Hour {
			t.Errorf("modified %s", stat.Modified)
		}
		if diff := cmp.Diff(stat, o); diff != "" {
			t.Errorf("%s: stat and get differ (-stat +get):\n%s", key, diff)
		}
	}
	var keys []string
	for _, o := range list(t, e.store, bucket, s3.List{}) {
		keys = append(keys, o.Key)
		if o.Modified.IsZero() || o.ETag == "" || o.DeleteMarker {
			t.Errorf("listed: %+v", o)
		}
	}
	if diff := cmp.Diff([]string{"dir/deep/er", "empty", "small"}, keys); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if got := list(t, e.store, bucket, s3.List{Prefix: "dir/"}); len(got) != 1 || got[0].Key != "dir/deep/er" || got[0].Size != 200<<10 {
		t.Errorf("below dir/: %+v", got)
	}
	if got := list(t, e.store, bucket, s3.List{Prefix: "none/"}); got != nil {
		t.Errorf("below none/: %+v", got)
	}
	stat, err := e.store.Stat(ctx, bucket, "small")
	must(t, err)
	if got := list(t, e.store, bucket, s3.List{Prefix: "small"}); len(got) != 1 || got[0].ETag != stat.ETag {
		t.Errorf("the list says ETag %+v, stat %s", got, stat.ETag)
	}
}

func awkwardNames(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	names := []string{
		"a b", " lead", "a+b", "100%", "x%2Fy", "%20", "ü/ñ", "\U0001f512", "q?x=1&y=2", "a#b", "a;b,c:d=e", "it's", `"quoted"`,
		"<tag>&amp;", "~tilde", "(paren)", "[brack]*!@$", "a|b^c`d", strings.Repeat("long/", 40) + "end",
	}
	for _, name := range names {
		if err := e.store.Put(ctx, bucket, name, strings.NewReader(name), int64(len(name))); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if got, _, err := get(ctx, e.store, bucket, name, 0, ""); err != nil || got != name {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
		if _, err := e.store.Stat(ctx, bucket, name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		for _, versions := range []bool{false, true} {
			got := list(t, e.store, bucket, s3.List{Prefix: name, Versions: versions})
			if len(got) != 1 || got[0].Key != name {
				t.Errorf("%q: listed (versions %v) as %+v", name, versions, got)
			}
		}
	}
	must(t, e.store.RemoveAllVersions(ctx, bucket, func(int64) {}))
	if left := list(t, e.store, bucket, s3.List{Versions: true}); left != nil {
		t.Errorf("could not be removed: %+v", left)
	}
}

func ranges(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	const text = "0123456789"
	put(t, e.store, bucket, "a", text)
	for _, offset := range []int64{0, 1, 5, 9} {
		if got, o, err := get(ctx, e.store, bucket, "a", offset, ""); err != nil || got != text[offset:] || o.Size != int64(len(text)) {
			t.Errorf("from %d: %q of an object of %d bytes, %v", offset, got, o.Size, err)
		}
	}
	_, _, err := get(ctx, e.store, bucket, "a", int64(len(text)), "")
	wantCode(t, "from the end", err, "InvalidRange", "")
	for _, c := range []struct {
		offset, length int64
		want           string
	}{{0, 1, "0"}, {0, 10, text}, {3, 4, "3456"}, {8, 100, "89"}, {9, 1, "9"}} {
		if got, err := e.store.GetRange(ctx, bucket, "a", c.offset, c.length); err != nil || string(got) != c.want {
			t.Errorf("%d from %d: %q, %v", c.length, c.offset, got, err)
		}
	}
	_, err = e.store.GetRange(ctx, bucket, "a", 10, 5)
	wantCode(t, "behind the end", err, "InvalidRange", "")
	for _, c := range [][2]int64{{0, 0}, {3, 0}, {0, -1}, {-1, 2}} {
		if got, err := e.store.GetRange(ctx, bucket, "a", c[0], c[1]); err == nil {
			t.Errorf("%d from %d: %q, and no error", c[1], c[0], got)
		}
	}
}

func replaced(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	put(t, e.store, bucket, "a", "first")
	_, o, err := get(ctx, e.store, bucket, "a", 0, "")
	must(t, err)
	if got, _, err := get(ctx, e.store, bucket, "a", 2, o.ETag); err != nil || got != "rst" {
		t.Errorf("not replaced: %q, %v", got, err)
	}
	put(t, e.store, bucket, "a", "other")
	_, _, err = get(ctx, e.store, bucket, "a", 2, o.ETag)
	wantCode(t, "replaced", err, "PreconditionFailed", "")
}

func multipart(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	data := noise(20<<20 + 7)
	must(t, e.store.Put(ctx, bucket, "big", bytes.NewReader(data), -1))
	got, o, err := get(ctx, e.store, bucket, "big", 0, "")
	if err != nil || got != string(data) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	if o.Size != int64(len(data)) || !strings.HasSuffix(o.ETag, "-2") {
		t.Errorf("%+v: want %d bytes in two parts", o, len(data))
	}
	const across = 16<<20 - 3
	if part, err := e.store.GetRange(ctx, bucket, "big", across, 6); err != nil || !bytes.Equal(part, data[across:across+6]) {
		t.Errorf("over the parts' border: %x, %v", part, err)
	}
	must(t, e.store.Put(ctx, bucket, "nothing", strings.NewReader(""), -1))
	if o, err := e.store.Stat(ctx, bucket, "nothing"); err != nil || o.Size != 0 {
		t.Errorf("nothing, of unknown length: %+v, %v", o, err)
	}
}

var errBroken = errors.New("the source broke")

func brokenUpload(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	broken := io.MultiReader(bytes.NewReader(noise(17<<20)), failing{})
	if err := e.store.Put(ctx, bucket, "in parts", broken, -1); !errors.Is(err, errBroken) {
		t.Errorf("in parts: %v", err)
	}
	if err := e.store.Put(ctx, bucket, "short", strings.NewReader("12345"), 10); err == nil {
		t.Error("an upload that is too short was accepted")
	}
	if left := list(t, e.store, bucket, s3.List{Versions: true}); left != nil {
		t.Errorf("left behind: %+v", left)
	}
	must(t, e.store.DeleteBucket(ctx, bucket))
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

func cancelGet(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, false)
	data := noise(16 << 20) // more than sockets hold
	must(t, e.store.Put(t.Context(), bucket, "big", bytes.NewReader(data), int64(len(data))))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	body, _, err := e.store.Get(ctx, bucket, "big", 0, "")
	must(t, err)
	defer body.Close()
	if _, err := io.ReadFull(body, make([]byte, 1<<10)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if n, err := io.Copy(io.Discard, body); !errors.Is(err, context.Canceled) {
		t.Errorf("%d bytes after the cancellation, %v", n, err)
	}
	if got, err := e.store.GetRange(t.Context(), bucket, "big", 1<<20, 4); err != nil || !bytes.Equal(got, data[1<<20:1<<20+4]) {
		t.Errorf("the next read: %x, %v", got, err)
	}
}

func cancelList(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, false)
	put(t, e.store, bucket, "a", "1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for what, err := range calls(ctx, e.store, bucket) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := list(t, e.store, bucket, s3.List{}); len(got) != 1 {
		t.Errorf("afterwards it holds %+v", got)
	}
}
