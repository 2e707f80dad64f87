package release

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
)

// entry is a file of an archive.
type entry struct {
	name string      // in the archive
	path string      // on the disk
	mode fs.FileMode // in the archive, whatever it is on the disk
}

// sorted returns the entries in the order that every archive has.
func sorted(entries []entry) []entry {
	return slices.SortedFunc(slices.Values(entries), func(a, b entry) int { return cmp.Compare(a.name, b.name) })
}

// packTar writes a gzipped tar file that holds nothing of this machine: no
// owner, no time but when.
func packTar(w io.Writer, entries []entry, when time.Time) error {
	zipped := gzip.NewWriter(w)
	t := tar.NewWriter(zipped)
	for _, e := range sorted(entries) {
		err := e.copyTo(func(size int64) (io.Writer, error) {
			return t, t.WriteHeader(&tar.Header{
				Typeflag: tar.TypeReg, Name: e.name, Size: size, Mode: int64(e.mode.Perm()),
				ModTime: when.UTC().Truncate(time.Second), Format: tar.FormatUSTAR,
			})
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), zipped.Close())
}

// packZip is packTar for a zip file.
func packZip(w io.Writer, entries []entry, when time.Time) error {
	z := zip.NewWriter(w)
	for _, e := range sorted(entries) {
		err := e.copyTo(func(int64) (io.Writer, error) {
			h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: when.UTC().Truncate(time.Second)}
			h.SetMode(e.mode.Perm())
			return z.CreateHeader(h)
		})
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// copyTo copies the file to the place in the archive that begin makes for it.
func (e entry) copyTo(begin func(size int64) (io.Writer, error)) error {
	f, err := os.Open(e.path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	w, err := begin(info.Size())
	if err != nil {
		return fmt.Errorf("pack %s: %w", e.name, err)
	}
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("pack %s: %w", e.name, err)
	}
	return nil
}
