// Package archive is what backups of a server are made of: the bundle that
// this program writes, and the zips in which RustFS and MinIO export their
// users, policies and keys. It trusts none of the bytes and knows no server.
package archive

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// BadError says why an archive cannot be used.
type BadError struct{ Reason string }

func (e *BadError) Error() string { return e.Reason }

// Hint says what to do about it.
func (e *BadError) Hint() string {
	return "take another copy of the file, or another backup; nothing was changed"
}

func bad(format string, args ...any) error { return &BadError{Reason: fmt.Sprintf(format, args...)} }

// Limits of an archive, in bytes and files. The server takes an IAM archive of
// up to 100 MiB when it is unpacked. (rustfs-config, body_limits.rs)
const (
	maxExpanded = 100 << 20
	maxFiles    = 200_000
)

// IsZip reports whether a file begins as a zip does, be it an empty one.
func IsZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// ReadZip unpacks a zip into memory, within limits. Paths that lead elsewhere
// are refused.
func ReadZip(b []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, bad("no zip archive, or a damaged one: %v", err)
	}
	if len(z.File) > maxFiles {
		return nil, bad("the zip has %d files, more than any export", len(z.File))
	}
	out := map[string][]byte{}
	left := int64(maxExpanded)
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") && f.UncompressedSize64 == 0 {
			continue // a folder
		}
		if err := safe(f.Name); err != nil {
			return nil, err
		}
		if _, twice := out[f.Name]; twice {
			return nil, bad("the zip has %q twice", f.Name)
		}
		content, err := unpack(f, left)
		if err != nil {
			return nil, err
		}
		left -= int64(len(content))
		out[f.Name] = content
	}
	return out, nil
}

func unpack(f *zip.File, left int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, bad("%q cannot be unpacked: %v", f.Name, err)
	}
	defer r.Close() //nolint:errcheck // it was only read
	content, err := io.ReadAll(io.LimitReader(r, left+1))
	switch {
	case int64(len(content)) > left:
		return nil, bad("the archive is larger than %d MiB when it is unpacked", maxExpanded>>20)
	case errors.Is(err, zip.ErrChecksum):
		return nil, bad("%q is damaged: its checksum is another", f.Name)
	case err != nil:
		return nil, bad("%q cannot be unpacked: %v", f.Name, err)
	}
	return content, nil
}

// safe refuses paths that do not stay below where they are.
func safe(name string) error {
	if name == "" || path.IsAbs(name) || path.Clean(name) != name || strings.HasPrefix(name, "..") || strings.ContainsAny(name, "\\\x00") {
		return bad("the archive has a file with the path %q", name)
	}
	return nil
}

// writeZip packs files in the order of their names.
func writeZip(files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	var names []string
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		w, err := z.Create(n)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(files[n]); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}
