package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// transcript is a command that the README shows being typed, and what it shows
// of its output.
type transcript struct {
	command string // as in "kubectl rustfs bucket ls", without what a shell does
	output  []string
}

var typed = regexp.MustCompile(`^\$ (kubectl (?:rustfs|etcdbackup) .*?)(?: > \S+)?$`)

// transcripts reads the README's blocks of code.
func transcripts() ([]transcript, error) {
	readme, err := os.ReadFile(filepath.Join(readmeFolder, "README.md"))
	if err != nil {
		return nil, err
	}
	var all []transcript
	for i, block := range strings.Split(string(readme), "\n```") {
		if i%2 == 0 {
			continue // between blocks
		}
		inside := false
		for _, line := range strings.Split(block, "\n") {
			m := typed.FindStringSubmatch(line)
			switch {
			case m != nil:
				all = append(all, transcript{command: m[1]})
				inside = true
			case line == "" || strings.HasPrefix(line, "$ "):
				inside = false
			case inside:
				last := &all[len(all)-1]
				last.output = append(last.output, line)
			}
		}
	}
	return all, nil
}

// line is the pattern of the script's line that runs a command.
func (r transcript) line() string {
	return `(?m)^(exec|exits \d+) ` + regexp.QuoteMeta(strings.Replace(r.command, "kubectl ", "kubectl-", 1)) + `$`
}

// TestReadmeCommandsRun: every command that the README shows being typed is
// run, word for word, by a script, and what it shows of its output is held
// against what is printed.
func TestReadmeCommandsRun(t *testing.T) {
	t.Parallel()
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
	all, err := transcripts()
	if err != nil || len(all) < 10 {
		t.Fatalf("%d commands found in the README: %v", len(all), err)
	}
	for _, r := range all {
		pattern, what := r.line(), "runs"
		if len(r.output) > 0 && strings.HasPrefix(r.command, "kubectl rustfs ") {
			pattern, what = pattern+`\nshown$`, `runs, with "shown" below`
		}
		if !regexp.MustCompile(pattern).MatchString(scripts.String()) {
			t.Errorf("the README shows %q, which no script %s", r.command, what)
		}
	}
}

// shown: the README shows what was printed last, as the output of one of its
// commands. Keys, times and ages may differ, and … stands for any text, on a
// line of its own for any lines.
func cmdShown(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: shown")
	}
	all, err := transcripts()
	ts.Check(err)
	stdout, stderr := squeeze(ts.ReadFile("stdout")), squeeze(ts.ReadFile("stderr"))
	for _, r := range all {
		if p := outputPattern(r.output); len(r.output) > 0 && (p.MatchString(stdout+stderr) || p.MatchString(stderr+stdout)) {
			return
		}
	}
	ts.Fatalf("the README shows no such output")
}

// readmeFolder is where the README is, seen from the tests' folder.
const readmeFolder = ".."

func outputPattern(lines []string) *regexp.Regexp {
	p := "^"
	for _, line := range lines {
		if line == "…" {
			p += `(?:.*\n)*?`
			continue
		}
		p += strings.ReplaceAll(regexp.QuoteMeta(squeeze(line)), "…", ".*")
	}
	return regexp.MustCompile(p + "$")
}

var (
	blanks  = regexp.MustCompile(`[ \t]+`)
	moments = regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	ages    = regexp.MustCompile(`\b[\d.]+(ms|s|m|h|d)\b`)
	keys    = regexp.MustCompile(`\b[A-Z0-9]{20}\b`)
)

// squeeze makes texts comparable that differ in what differs each time.
func squeeze(text string) string {
	var out strings.Builder
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(blanks.ReplaceAllString(line, " "))
		if line == "" {
			continue
		}
		line = keys.ReplaceAllString(ages.ReplaceAllString(moments.ReplaceAllString(line, "TIME"), "AGE"), "KEY")
		out.WriteString(line + "\n")
	}
	return out.String()
}
