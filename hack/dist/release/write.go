package release

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// writeArchive writes what pack packs to path, which appears whole or not at
// all.
func writeArchive(path string, pack func(io.Writer) error) (Archive, error) {
	f, err := os.Create(path + ".part")
	if err != nil {
		return Archive{}, err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is gone after the rename
	sum := sha256.New()
	if err := errors.Join(pack(io.MultiWriter(f, sum)), f.Close()); err != nil {
		return Archive{}, err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return Archive{}, err
	}
	return Archive{Path: path, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// writeChecksums writes the file that "sha256sum -c" reads.
func writeChecksums(path string, archives []Archive) error {
	return os.WriteFile(path, []byte(checksums(archives)), 0o644)
}

// checksums is a line per archive, sorted by name.
func checksums(archives []Archive) string {
	byName := func(a, b Archive) int { return cmp.Compare(filepath.Base(a.Path), filepath.Base(b.Path)) }
	var b strings.Builder
	for _, a := range slices.SortedFunc(slices.Values(archives), byName) {
		b.WriteString(a.SHA256 + "  " + filepath.Base(a.Path) + "\n")
	}
	return b.String()
}
