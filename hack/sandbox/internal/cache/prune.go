package cache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

// keep is how many builds of a part stay: going back and forth between two states of the sources costs nothing then.
const keep = 3

// prune removes old builds of a part that no sandbox uses.
func (c Cache) prune(part string) error {
	entries, err := os.ReadDir(filepath.Join(c.Root, part))
	if err != nil {
		return err
	}

	type build struct {
		dir string
		age fs.FileInfo
	}

	var builds []build

	for _, e := range entries {
		if info, err := e.Info(); err == nil && e.IsDir() {
			builds = append(builds, build{filepath.Join(c.Root, part, e.Name()), info})
		}
	}

	slices.SortFunc(builds, func(a, b build) int { return b.age.ModTime().Compare(a.age.ModTime()) })

	used, err := inUse()
	if err != nil {
		return err
	}

	var failed error

	for i, b := range builds {
		if i >= keep && !strings.Contains(used, b.dir+"/") && !strings.Contains(used, b.dir+`"`) {
			failed = errors.Join(failed, os.RemoveAll(b.dir))
		}
	}

	return failed
}

// inUse is the text of every sandbox's specification; the paths of what it uses are in it.
func inUse() (string, error) {
	boxes, err := box.List()
	if err != nil {
		return "", err
	}

	var text strings.Builder

	for _, b := range boxes {
		data, err := os.ReadFile(b.Path("supervisor.json"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}

		text.Write(data)
	}

	return text.String(), nil
}
