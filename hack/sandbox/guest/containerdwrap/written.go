package main

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// written tells whether the files in dir that Talos generates are there as a whole.
func written(dir string) bool {
	for _, name := range []string{"cri.toml", "01-registries.part"} {
		if i, err := os.Stat(filepath.Join(dir, name)); err != nil || i.Size() == 0 {
			return false
		}
	}

	spec, err := os.ReadFile(filepath.Join(dir, "base-spec.json"))

	return err == nil && json.Valid(spec)
}
