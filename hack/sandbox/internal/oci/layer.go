// Package oci makes container images of single files and serves them, read-only, under the names by which a cluster asks for them.
package oci

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// Entry is one thing in a layer: a copy of the file From, a symbolic link to Link, or a directory.
type Entry struct {
	Path string
	From string
	Link string
	Text string
	Mode int64
}

// Layer is a list of entries; the directories above them come by themselves.
type Layer []Entry

// File puts a copy of a program or library of the host at a path.
func File(at, from string) Entry { return Entry{Path: at, From: from, Mode: 0o755} }

// Link puts a symbolic link at a path.
func Link(at, to string) Entry { return Entry{Path: at, Link: to, Mode: 0o777} }

// Dir puts a directory at a path that everybody may write to.
func Dir(at string) Entry { return Entry{Path: at, Mode: 0o1777} }

// Text puts a small file at a path.
func Text(at, content string) Entry { return Entry{Path: at, Text: content, Mode: 0o644} }

// writeTo writes the layer as a tar archive, the same bytes every time.
func (l Layer) writeTo(w io.Writer) error {
	archive := tar.NewWriter(w)
	seen := map[string]bool{}

	for _, e := range l {
		if err := parents(archive, seen, path.Dir(e.name())); err != nil {
			return err
		}

		if err := e.write(archive); err != nil {
			return fmt.Errorf("layer entry %s: %w", e.Path, err)
		}
	}

	return archive.Close()
}

// parents writes the directories that lead to dir, outermost first, once.
func parents(archive *tar.Writer, seen map[string]bool, dir string) error {
	if dir == "." || dir == "/" || seen[dir] {
		return nil
	}

	if err := parents(archive, seen, path.Dir(dir)); err != nil {
		return err
	}

	seen[dir] = true

	return archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755})
}

func (e Entry) name() string { return strings.TrimPrefix(path.Clean(e.Path), "/") }

func (e Entry) write(archive *tar.Writer) error {
	switch {
	case e.Link != "":
		return archive.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: e.name(), Linkname: e.Link, Mode: e.Mode})
	case e.Text != "":
		if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: e.name(), Mode: e.Mode, Size: int64(len(e.Text))}); err != nil {
			return err
		}

		_, err := io.WriteString(archive, e.Text)

		return err
	case e.From == "":
		return archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: e.name() + "/", Mode: e.Mode})
	}

	f, err := os.Open(e.From)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read

	info, err := f.Stat()
	if err != nil {
		return err
	}

	if err = archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: e.name(), Mode: e.Mode, Size: info.Size()}); err != nil {
		return err
	}

	_, err = io.Copy(archive, f)

	return err
}

// identity changes whenever the layer's bytes may have changed, and costs no reading of files.
func (l Layer) identity() (string, error) {
	sum := sha256.New()

	for _, e := range l {
		fmt.Fprintf(sum, "%q %q %q %q %o\n", e.Path, e.From, e.Link, e.Text, e.Mode)

		if e.From == "" {
			continue
		}

		info, err := os.Stat(e.From)
		if err != nil {
			return "", err
		}

		fmt.Fprintln(sum, info.Size(), info.ModTime().UnixNano())
	}

	return hex.EncodeToString(sum.Sum(nil)), nil
}
