package cache

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestPruneKeepsWhatIsUsed(t *testing.T) {
	state := t.TempDir()
	t.Setenv("SANDBOX_STATE", state)

	c := Cache{Root: t.TempDir()}
	write(t, c.Root, "tmp/keep", "")
	write(t, state, "demo/supervisor.json", `{"rootfs": "`+c.Dir("part", "b")+`"}`)

	for i, key := range []string{"a", "b", "c", "d", "e"} {
		if err := c.Fill(t.Context(), "part", key, func(context.Context, string) error { return nil }); err != nil {
			t.Fatal(err)
		}

		then := time.Now().Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(c.Dir("part", key), then, then); err != nil {
			t.Fatal(err)
		}
	}

	if err := c.prune("part"); err != nil {
		t.Fatal(err)
	}

	left, err := filepath.Glob(filepath.Join(c.Root, "part", "*"))
	if err != nil {
		t.Fatal(err)
	}

	if len(left) != 4 || c.Has("part", "a") || !c.Has("part", "b") {
		t.Errorf("left: %q", left)
	}
}
