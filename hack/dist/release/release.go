// Package release builds the archives of a release. The same commit, version
// and Go give the same bytes.
package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Programs are all executables that are released.
func Programs() []string {
	return []string{"kubectl-etcdbackup", "kubectl-rustfs", "talosctl-etcdbackup"}
}

// Options say what Make makes.
type Options struct {
	Root      string // folder of the module
	Out       string // folder for the archives; made when it is missing
	Version   string // "v1.2.3"
	Time      time.Time
	Programs  []string
	Platforms []Platform
	Log       io.Writer // gets a line per archive
}

// versionForm is what krew takes for a version: semver after a v.
var versionForm = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)

func (o Options) check() error {
	if !versionForm.MatchString(o.Version) {
		return fmt.Errorf("version %q is not of the form v1.2.3 or v1.2.3-rc.1", o.Version)
	}
	if _, err := os.Stat(o.license()); err != nil {
		return fmt.Errorf("no LICENSE to pack (%w): run this from the repository's root", err)
	}
	return nil
}

func (o Options) license() string { return filepath.Join(o.Root, "LICENSE") }

// Archive is a file of a release.
type Archive struct {
	Path   string
	SHA256 string // in lower case, as krew demands
}

// Make builds every program for every platform, packs each with the licence,
// and writes checksums.txt beside the archives.
func Make(ctx context.Context, o Options) ([]Archive, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return nil, err
	}
	var made []Archive
	for _, program := range o.Programs {
		for _, p := range o.Platforms {
			a, err := o.archive(ctx, program, p)
			if err != nil {
				return nil, err
			}
			made = append(made, a)
			if _, err := fmt.Fprintln(o.Log, a.Path); err != nil {
				return nil, err
			}
		}
	}
	return made, writeChecksums(filepath.Join(o.Out, "checksums.txt"), made)
}

// archive builds and packs one program for one platform.
func (o Options) archive(ctx context.Context, program string, p Platform) (a Archive, err error) {
	tmp, err := os.MkdirTemp("", "dist-")
	if err != nil {
		return Archive{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	binary := filepath.Join(tmp, p.executable(program))
	if err := build(ctx, o.Root, o.Version, program, p, binary); err != nil {
		return Archive{}, err
	}
	entries := []entry{
		{name: "LICENSE", path: o.license(), mode: 0o644},
		{name: p.executable(program), path: binary, mode: 0o755},
	}
	return writeArchive(filepath.Join(o.Out, ArchiveName(program, p)), func(w io.Writer) error {
		if p.zipped() {
			return packZip(w, entries, o.Time)
		}
		return packTar(w, entries, o.Time)
	})
}
