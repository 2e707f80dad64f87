package transfer

import (
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// File is a file of this machine.
type File struct {
	Path     string // as the system takes it
	Rel      string // below the folder, with slashes
	Size     int64
	Modified time.Time
	Mode     fs.FileMode
}

// Walk lists the files below a folder. A link to a file counts as the file;
// what is neither goes to skipped. Names of this package's own unfinished
// files are left out.
func Walk(dir string, skipped func(path string)) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				if !yield(File{Path: path}, err) {
					return fs.SkipAll
				}
				return fs.SkipDir
			}
			if d.IsDir() || own(d.Name()) {
				return nil
			}
			fi, err := os.Stat(path)
			if err != nil || !fi.Mode().IsRegular() {
				skipped(path)
				return nil //nolint:nilerr // it was told of, and the walk goes on
			}
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			if !yield(File{Path: path, Rel: filepath.ToSlash(rel), Size: fi.Size(), Modified: fi.ModTime(), Mode: fi.Mode()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.SkipAll) {
			yield(File{Path: dir}, err)
		}
	}
}

// own reports the names of unfinished downloads.
func own(name string) bool {
	ext := filepath.Ext(name)
	return ext == partSuffix || ext == doneSuffix
}
