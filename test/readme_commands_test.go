package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var typed = regexp.MustCompile(`(?m)^\$ (kubectl (?:rustfs|etcdbackup) .*)$`)

// TestReadmeCommandsRun: every command that the README shows being typed is
// run, word for word, by a script.
func TestReadmeCommandsRun(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("script/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	var scripts strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		scripts.Write(b)
	}
	shown := typed.FindAllStringSubmatch(string(readme), -1)
	if len(shown) < 3 {
		t.Fatalf("only %d commands found in the README", len(shown))
	}
	for _, m := range shown {
		line := strings.Replace(m[1], "kubectl ", "kubectl-", 1)
		if !regexp.MustCompile(`(?m)^(exec|exits \d+) ` + regexp.QuoteMeta(line) + `$`).MatchString(scripts.String()) {
			t.Errorf("the README shows %q, which no script runs", m[1])
		}
	}
}
