package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWritten(t *testing.T) {
	whole := map[string]string{"cri.toml": "version = 3\n", "01-registries.part": "[plugins]\n", "base-spec.json": `{"ociVersion":"1.3.0"}`}

	for _, c := range []struct {
		name, file, content string
		want                bool
	}{
		{"all of them", "base-spec.json", whole["base-spec.json"], true},
		{"a mount that is empty yet", "base-spec.json", "", false},
		{"half a specification", "base-spec.json", `{"ociVersion":`, false},
		{"no main configuration yet", "cri.toml", "", false},
		{"no registries yet", "01-registries.part", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range whole {
				if name == c.file {
					content = c.content
				}

				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}

			if got := written(dir); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}

	if written(t.TempDir()) {
		t.Error("nothing is there, and it is written")
	}
}
