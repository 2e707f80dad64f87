package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestEdit: a text that is refused comes back with the reason; what is left as
// it is cancels.
func TestEdit(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "editor")
	write := func(body string) {
		t.Helper()
		if err := os.WriteFile(script, []byte("#!/bin/sh\n"+body), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("KUBE_EDITOR", script)
	}
	u, _, _ := testUI(nil)

	write(`if grep -q 'cannot be taken' "$1"; then sed -i s/bad/good/ "$1"; else sed -i s/old/bad/ "$1"; fi`)
	calls := 0
	got, err := u.Edit(t.Context(), "x.txt", "old\n# kept\n", func(s string) error {
		if calls++; s == "bad\n# kept\n" {
			return errors.New("no\ngood")
		}
		return nil
	})
	if err != nil || got != "good\n# kept\n" || calls != 2 {
		t.Errorf("%q, %v after %d checks", got, err, calls)
	}

	write("exit 0")
	if _, err := u.Edit(t.Context(), "x.txt", "old\n", func(string) error { return nil }); !errors.Is(err, ErrNotEdited) {
		t.Errorf("unchanged: %v", err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	write(`sed -i s/old/bad/ "$1"`)
	_, err = u.Edit(t.Context(), "x.txt", "old\n", func(string) error { return errors.New("no good") })
	if err == nil || errors.Is(err, ErrNotEdited) || err.Error() != "edit cancelled, nothing changed: no good" {
		t.Errorf("refused and left: %v", err)
	}
	if files, err := filepath.Glob(os.Getenv("TMPDIR") + "/*/x.txt"); err != nil || len(files) != 1 {
		t.Errorf("what was written is lost: %q, %v", files, err)
	} else if b, err := os.ReadFile(files[0]); err != nil || string(b) != "bad\n" {
		t.Errorf("what was written became %q, %v", b, err)
	}
	write("exit 7")
	if _, err := u.Edit(t.Context(), "x.txt", "old\n", func(string) error { return nil }); err == nil || errors.Is(err, ErrNotEdited) {
		t.Errorf("a failing editor: %v", err)
	}
}
