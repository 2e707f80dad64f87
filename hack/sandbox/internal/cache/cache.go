// Package cache keeps what is built, outside the work tree: one directory for each part and each content of its sources.
package cache

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

const defaultRoot = "/var/cache/talos-rustfs-sandbox"

// Cache is the directory of everything that was built. Nodes read it as another user, so it must not lie below a private directory.
type Cache struct{ Root string }

// Open makes the cache's directory.
func Open() (Cache, error) {
	root, err := filepath.Abs(cmp.Or(os.Getenv("SANDBOX_CACHE"), defaultRoot))
	if err != nil {
		return Cache{}, err
	}

	if err = passable(root); err != nil {
		return Cache{}, err
	}

	if err = os.MkdirAll(filepath.Join(root, "tmp"), 0o755); err != nil {
		return Cache{}, fmt.Errorf("make the build cache: %w\nhint: set SANDBOX_CACHE to a directory that you may write", err)
	}

	return Cache{Root: root}, nil
}

// passable says whether other users get as far as root; what does not exist yet will be made so.
func passable(root string) error {
	for dir := root; dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}

		if err != nil {
			return err
		}

		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("build cache %s: the nodes run as another user, and %s keeps others out\nhint: set SANDBOX_CACHE to another place, or chmod o+x %s", root, dir, dir)
		}
	}

	return nil
}

// Dir is where a part of this key is, or will be.
func (c Cache) Dir(part, key string) string { return filepath.Join(c.Root, part, key) }

// Has says whether a part of this key was built.
func (c Cache) Has(part, key string) bool {
	_, err := os.Stat(c.Dir(part, key))

	return err == nil
}

// Fill builds a part into a directory beside the cache and moves it in when it is complete.
func (c Cache) Fill(ctx context.Context, part, key string, build func(ctx context.Context, dir string) error) error {
	tmp, err := os.MkdirTemp(filepath.Join(c.Root, "tmp"), part+"-")
	if err != nil {
		return err
	}

	defer os.RemoveAll(tmp) //nolint:errcheck // gone after the rename

	if err = os.Chmod(tmp, 0o755); err != nil {
		return err
	}

	start := time.Now()

	if err = build(ctx, tmp); err != nil {
		return err
	}

	if err = os.MkdirAll(filepath.Join(c.Root, part), 0o755); err != nil {
		return err
	}

	if err = os.Rename(tmp, c.Dir(part, key)); err != nil {
		return fmt.Errorf("move %s into the cache: %w", part, err)
	}

	return errors.Join(c.prune(part), c.remember(part, time.Since(start)))
}

// Lock keeps two runs from building the same things.
func (c Cache) Lock() (release func(), err error) {
	return box.LockFile(filepath.Join(c.Root, "lock"), func() {
		fmt.Fprintln(os.Stderr, "waiting for another build that uses", c.Root)
	})
}

// LastTime is how long a part took when it was last built; zero if it never was.
func (c Cache) LastTime(part string) time.Duration {
	return time.Duration(c.durations()[part] * float64(time.Second))
}

func (c Cache) durationsFile() string { return filepath.Join(c.Root, "durations.json") }

func (c Cache) durations() map[string]float64 {
	seconds := map[string]float64{}

	data, err := os.ReadFile(c.durationsFile())
	if err == nil {
		err = json.Unmarshal(data, &seconds)
	}

	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(os.Stderr, "warning: the durations of earlier builds cannot be read:", err)
	}

	return seconds
}

func (c Cache) remember(part string, took time.Duration) error {
	seconds := c.durations()
	seconds[part] = took.Round(100 * time.Millisecond).Seconds()

	data, err := json.Marshal(seconds)
	if err != nil {
		return err
	}

	return box.WriteFile(c.durationsFile(), data, 0o644)
}
