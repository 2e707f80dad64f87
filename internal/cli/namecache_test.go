package cli

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestNameCache(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := NameCache{Dir: filepath.Join(t.TempDir(), "a", "names"), Now: func() time.Time { return now }}
	if got, ok := c.Get("ctx", "bucket"); ok {
		t.Errorf("empty: %v", got)
	}
	c.Put([]string{"a", "b"}, "ctx", "bucket")
	if got, ok := c.Get("ctx", "bucket"); !ok || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("put: %v, %v", got, ok)
	}
	for _, other := range [][]string{{"ctx"}, {"ctx", "user"}, {"other", "bucket"}} {
		if got, ok := c.Get(other...); ok {
			t.Errorf("%q: %v", other, got)
		}
	}
	file := c.file([]string{"ctx", "bucket"})
	for name, mode := range map[string]os.FileMode{file: 0o600, c.Dir: 0o700} {
		if i, err := os.Stat(name); err != nil || i.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, i.Mode(), err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(c.Dir, ".new-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	now = now.Add(namesFresh)
	if _, ok := c.Get("ctx", "bucket"); ok {
		t.Error("30 s later they are still there")
	}
	now = now.Add(-namesFresh - time.Second)
	if _, ok := c.Get("ctx", "bucket"); ok {
		t.Error("names of the future are believed")
	}
	now = now.Add(2 * namesKept)
	c.Put(nil, "ctx", "user")
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("what is stale stays: %v", err)
	}
}

// TestBadNameCache: a file that is no cache is as good as none.
func TestBadNameCache(t *testing.T) {
	t.Parallel()
	c := NameCache{Dir: t.TempDir(), Now: time.Now}
	for _, text := range []string{"", "{", "[]", `{"names":["x"]}`, `{"written":"2020-01-01T00:00:00Z","names":["x"]}`, `{"written":"no"}`} {
		if err := os.WriteFile(c.file([]string{"k"}), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := c.Get("k"); ok {
			t.Errorf("%q: %v", text, got)
		}
		c.Put([]string{"y"}, "k")
		if got, ok := c.Get("k"); !ok || !slices.Equal(got, []string{"y"}) {
			t.Errorf("%q cannot be replaced: %v, %v", text, got, ok)
		}
	}
	NameCache{Dir: "/dev/null/no", Now: time.Now}.Put([]string{"y"}, "k")
	off := NameCache{}
	off.Put([]string{"y"}, "k")
	if _, ok := off.Get("k"); ok {
		t.Error("a cache that is off remembers")
	}
}
