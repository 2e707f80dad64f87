package parts

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/cache"
)

// builder has two parts, the second made of the first, whose source is a file in the repository.
func builder(t *testing.T, built *[]string) *Builder {
	t.Helper()

	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "source"), []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}

	if err := os.MkdirAll(filepath.Join(root, "cache", "tmp"), 0o755); err != nil {
		t.Fatal(err)
	}

	made := func(name string, sources, after []string) part {
		return part{name: name, about: name, sources: sources, after: after, build: func(_ context.Context, _ *Builder, dir string) error {
			*built = append(*built, name)

			return os.WriteFile(filepath.Join(dir, name), nil, 0o600)
		}}
	}

	return &Builder{
		Cache: cache.Cache{Root: filepath.Join(root, "cache")}, Repository: root, keys: map[string]string{},
		parts: []part{made("first", []string{"source"}, nil), made("second", nil, []string{"first"})},
	}
}

func TestBuildOnlyWhatIsMissing(t *testing.T) {
	var built []string

	b := builder(t, &built)
	show := &Progress{Out: &bytes.Buffer{}}

	for range 2 {
		if err := b.Build(t.Context(), show, "second"); err != nil {
			t.Fatal(err)
		}
	}

	if !slices.Equal(built, []string{"first", "second"}) {
		t.Fatalf("built %q", built)
	}

	if err := os.WriteFile(filepath.Join(b.Repository, "source"), []byte("2"), 0o600); err != nil {
		t.Fatal(err)
	}

	b.keys = map[string]string{}

	if err := b.Build(t.Context(), show, "second"); err != nil {
		t.Fatal(err)
	}

	if !slices.Equal(built, []string{"first", "second", "first", "second"}) {
		t.Errorf("built %q", built)
	}
}

func TestFailedBuildLeavesNothing(t *testing.T) {
	var built []string

	b := builder(t, &built)
	b.parts[0].build = func(context.Context, *Builder, string) error { return errors.New("no") }

	if err := b.Build(t.Context(), &Progress{Out: &bytes.Buffer{}}, "first"); err == nil {
		t.Fatal("no error")
	}

	missing, err := b.Missing("first")
	if err != nil || !slices.Equal(missing, []string{"first"}) {
		t.Errorf("missing: %q, %v", missing, err)
	}
}

func TestUnknownPart(t *testing.T) {
	var built []string
	if _, err := builder(t, &built).Missing("none"); err == nil {
		t.Error("no error")
	}
}

func TestDefaultIsWithoutRustFS(t *testing.T) {
	if slices.Contains(Default(), RustFS) {
		t.Error("RustFS is built by default")
	}
}
