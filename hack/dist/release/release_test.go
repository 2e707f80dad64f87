package release

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// packed is what a reader finds of one file.
type packed struct {
	Name, Text string
	Mode       fs.FileMode
	Time       int64
}

// twoFiles writes two files, whose modes and times differ from run to run, and
// names them in the wrong order.
func twoFiles(t *testing.T) []entry {
	t.Helper()
	dir := t.TempDir()
	for name, mode := range map[string]fs.FileMode{"program": 0o700, "LICENSE": 0o600} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("the "+name), mode); err != nil {
			t.Fatal(err)
		}
	}
	return []entry{
		{name: "program", path: filepath.Join(dir, "program"), mode: 0o755},
		{name: "LICENSE", path: filepath.Join(dir, "LICENSE"), mode: 0o644},
	}
}

var wantPacked = []packed{
	{Name: "LICENSE", Text: "the LICENSE", Mode: 0o644, Time: 1_700_000_000},
	{Name: "program", Text: "the program", Mode: 0o755, Time: 1_700_000_000},
}

func TestPack(t *testing.T) {
	when := time.Unix(1_700_000_000, 123).In(time.FixedZone("far away", 3600))
	for name, kind := range map[string]struct {
		pack   func(io.Writer, []entry, time.Time) error
		unpack func(*testing.T, []byte) []packed
	}{
		"tar": {packTar, unpackTar},
		"zip": {packZip, unpackZip},
	} {
		t.Run(name, func(t *testing.T) {
			var first, second bytes.Buffer
			if err := errors.Join(kind.pack(&first, twoFiles(t), when), kind.pack(&second, twoFiles(t), when.UTC())); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Error("packed twice, the bytes differ")
			}
			if diff := cmp.Diff(wantPacked, kind.unpack(t, first.Bytes())); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func unpackTar(t *testing.T, data []byte) []packed {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var found []packed
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" {
			t.Errorf("%s has an owner: %+v", h.Name, h)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, packed{h.Name, string(text), fs.FileMode(h.Mode), h.ModTime.Unix()})
	}
}

func unpackZip(t *testing.T, data []byte) []packed {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var found []packed
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, packed{f.Name, string(text), f.Mode(), f.Modified.Unix()})
	}
	return found
}

func TestWriteArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.tar.gz")
	if _, err := writeArchive(path, func(io.Writer) error { return errors.New("no luck") }); err == nil {
		t.Error("the error of packing is lost")
	}
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) != 0 {
		t.Errorf("a failed archive leaves %v (%v)", left, err)
	}
	a, err := writeArchive(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "hello\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03  a.tar.gz\n"
	if got := checksums([]Archive{a}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestChecksumsAreSorted(t *testing.T) {
	got := checksums([]Archive{{Path: "out/b", SHA256: "2"}, {Path: "out/a", SHA256: "1"}})
	if want := "1  a\n2  b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParsePlatform(t *testing.T) {
	if p, err := ParsePlatform("linux/arm64"); err != nil || ArchiveName("x", p) != "x_linux_arm64.tar.gz" {
		t.Errorf("got %v, %v", p, err)
	}
	if p, err := ParsePlatform("windows/amd64"); err != nil || ArchiveName("x", p) != "x_windows_amd64.zip" {
		t.Errorf("got %v, %v", p, err)
	}
	for _, s := range []string{"", "linux", "linux/", "plan9/amd64", "linux/amd64/v1"} {
		if p, err := ParsePlatform(s); err == nil {
			t.Errorf("%q is taken for %v", s, p)
		}
	}
}

func TestTime(t *testing.T) {
	got, err := Time(t.Context(), ".", "86400")
	if err != nil || !got.Equal(time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, epoch := range []string{"yesterday", "-1", "1.5"} {
		if _, err := Time(t.Context(), ".", epoch); err == nil || !strings.Contains(err.Error(), "seconds since 1970") {
			t.Errorf("%q: %v", epoch, err)
		}
	}
}

func TestMakeRefuses(t *testing.T) {
	for version, want := range map[string]string{
		"1.2.3":         "not of the form",
		"v1.2":          "not of the form",
		"v1.2.3 -X a=b": "not of the form",
		"v1.2.3":        "repository's root", // there is no LICENSE in the folder
	} {
		_, err := Make(t.Context(), Options{Root: t.TempDir(), Out: t.TempDir(), Version: version, Log: io.Discard})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", version, err, want)
		}
	}
}
