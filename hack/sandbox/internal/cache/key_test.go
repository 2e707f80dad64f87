package cache

import (
	"os"
	"path/filepath"
	"testing"
)

func write(t *testing.T, root, name, content string) {
	t.Helper()

	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}

	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func key(t *testing.T, root string, words ...string) string {
	t.Helper()

	k, err := Key(root, []string{"a"}, words...)
	if err != nil {
		t.Fatal(err)
	}

	return k
}

func TestKey(t *testing.T) {
	root := t.TempDir()
	write(t, root, "a/main.go", "package main")

	first := key(t, root)

	write(t, root, "a/main_test.go", "package main")
	write(t, root, "a/other/go.mod", "module other")
	write(t, root, "b/main.go", "package b")

	if got := key(t, root); got != first {
		t.Error("tests, other modules and other folders change the key")
	}

	if key(t, root, "x", "y") == key(t, root, "xy") {
		t.Error("words run together")
	}

	write(t, root, "a/main.go", "package main // changed")

	if got := key(t, root); got == first {
		t.Error("a changed file keeps the key")
	}
}

func TestKeyMissingSources(t *testing.T) {
	if _, err := Key(t.TempDir(), []string{"nothing"}); err == nil {
		t.Error("no error")
	}
}
