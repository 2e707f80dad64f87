package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Key names a state of sources: the same files and the same words give the same key.
func Key(root string, paths []string, words ...string) (string, error) {
	sum := sha256.New()

	for _, path := range paths {
		if err := addTree(sum, root, path); err != nil {
			return "", fmt.Errorf("look at the sources of %s: %w", path, err)
		}
	}

	for _, word := range words {
		fmt.Fprintf(sum, "word %d %s\n", len(word), word)
	}

	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// addTree hashes a file, or the sources in a directory: not its tests, and not the folders of other modules.
func addTree(w io.Writer, root, path string) error {
	top := filepath.Join(root, path)

	return filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}

		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(p, "go.mod")); err == nil && p != top {
				return fs.SkipDir
			}

			return nil
		}

		if strings.HasSuffix(p, "_test.go") {
			return nil
		}

		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}

		f, err := os.Open(p)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // only read

		fmt.Fprintf(w, "file %s\n", rel)

		n, err := io.Copy(w, f)
		fmt.Fprintf(w, "size %d\n", n)

		return err
	})
}
