package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// NameCache remembers names for the completion of words, so that pressing tab
// again asks nobody. It holds names and nothing else, in files of its own that
// only their owner reads; what is wrong with one counts as nothing remembered.
type NameCache struct {
	Dir string // empty: remember nothing
	Now func() time.Time
}

// How long names are good for, when files go, and how long one may be.
const (
	namesFresh = 30 * time.Second
	namesKept  = time.Hour
	namesLimit = 1 << 20 // bytes
)

// NewNameCache is the cache of a program, in the user's cache folder. A
// variable of the program's name with the value off switches it off:
// KUBECTL_RUSTFS_COMPLETION_CACHE=off.
func NewNameCache(program string) NameCache {
	c := NameCache{Now: time.Now}
	variable := strings.ToUpper(strings.ReplaceAll(program, "-", "_")) + "_COMPLETION_CACHE"
	dir, err := os.UserCacheDir()
	if err == nil && os.Getenv(variable) != "off" {
		c.Dir = filepath.Join(dir, program, "names")
	}
	return c
}

type rememberedNames struct {
	Written time.Time `json:"written"`
	Names   []string  `json:"names"`
}

func (c NameCache) file(key []string) string {
	sum := sha256.Sum256([]byte(strings.Join(key, "\x00")))
	return filepath.Join(c.Dir, hex.EncodeToString(sum[:])+".json")
}

// Get finds the names that were put under a key less than 30 s ago.
func (c NameCache) Get(key ...string) ([]string, bool) {
	if c.Dir == "" {
		return nil, false
	}
	f, err := os.Open(c.file(key))
	if err != nil {
		return nil, false
	}
	defer f.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(f, namesLimit+1))
	var r rememberedNames
	if err != nil || len(b) > namesLimit || json.Unmarshal(b, &r) != nil {
		return nil, false
	}
	if age := c.Now().Sub(r.Written); age < 0 || age >= namesFresh {
		return nil, false
	}
	return r.Names, true
}

// Put remembers names under a key, and forgets what is long stale. It is
// written beside and moved into place, so that nobody reads half of it. That
// it cannot be written is no error.
func (c NameCache) Put(names []string, key ...string) {
	if c.Dir == "" {
		return
	}
	b, err := json.Marshal(rememberedNames{Written: c.Now().UTC(), Names: names})
	if err != nil || len(b) > namesLimit || os.MkdirAll(c.Dir, 0o700) != nil {
		return
	}
	c.prune()
	f, err := os.CreateTemp(c.Dir, ".new-*") // of mode 0600
	if err != nil {
		return
	}
	_, err = f.Write(b)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), c.file(key))
	}
	if err != nil {
		os.Remove(f.Name()) //nolint:errcheck // it is pruned another time
	}
}

// prune removes the files that nothing can be read from any more.
func (c NameCache) prune() {
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if i, err := e.Info(); err == nil && e.Type().IsRegular() && c.Now().Sub(i.ModTime()) > namesKept {
			os.Remove(filepath.Join(c.Dir, e.Name())) //nolint:errcheck // it is pruned another time
		}
	}
}
