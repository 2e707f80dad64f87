package test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/plugins/etcdbackup"
	"github.com/talos-rustfs/kubectl-plugins/plugins/rustfs"
)

func programs() []cli.Program {
	return []cli.Program{rustfs.Program(), etcdbackup.Program(), etcdbackup.Companion()}
}

// walk visits every command of a program, as the program itself sees it.
func walk(t *testing.T, p cli.Program, visit func(*testing.T, *cobra.Command)) {
	t.Helper()
	t.Run(p.Name, func(t *testing.T) {
		t.Parallel()
		streams, _, _, _ := genericiooptions.NewTestIOStreams()
		var each func(*cobra.Command)
		each = func(c *cobra.Command) {
			if c.Name() != "help" {
				visit(t, c)
			}
			for _, sub := range c.Commands() {
				each(sub)
			}
		}
		each(cli.Tree(p, streams))
	})
}

func TestEveryCommandHasItsManual(t *testing.T) {
	t.Parallel()
	for _, p := range programs() {
		walk(t, p, func(t *testing.T, c *cobra.Command) {
			path := c.CommandPath()
			switch {
			case c.Short == "" || strings.HasSuffix(c.Short, ".") || strings.Contains(c.Short, "\n"):
				t.Errorf("%s: Short must be one line without a full stop: %q", path, c.Short)
			case !strings.Contains(c.Long, "Exit codes: 0 done, 1 failed, 2 wrong usage"):
				t.Errorf("%s: Long does not end with the exit codes", path)
			case c.RunE == nil:
				t.Errorf("%s has no RunE", path)
			case c.PreRun != nil || c.PreRunE != nil || c.PersistentPreRun != nil || c.PersistentPreRunE != nil:
				t.Errorf("%s works before RunE, where errors are taken for usage errors and completion has no flags", path)
			}
			for _, line := range strings.Split(c.Example, "\n") {
				line = strings.TrimSpace(line)
				if line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, p.Display+" ") {
					t.Errorf("%s: example %q does not begin with %q", path, line, p.Display)
				}
			}
			if c.Example == "" {
				t.Errorf("%s has no Example", path)
			}
			for _, line := range strings.Split(c.Long, "\n") {
				if len(line) > 125 {
					t.Errorf("%s: a line of Long has %d characters: %q", path, len(line), line)
				}
			}
		})
	}
}

var flagWord = regexp.MustCompile(`(^|\s)(--[a-z][a-z-]*|-[a-zA-Z])\b`)

// TestExamplesParse takes every example at its word: the command is there and
// knows each flag.
func TestExamplesParse(t *testing.T) {
	t.Parallel()
	for _, p := range programs() {
		walk(t, p, func(t *testing.T, c *cobra.Command) {
			for _, line := range strings.Split(c.Example, "\n") {
				line, ok := strings.CutPrefix(strings.TrimSpace(line), p.Display+" ")
				if !ok {
					continue
				}
				line, _, _ = strings.Cut(line, " | ")
				line, _, _ = strings.Cut(line, " -- ") // what follows is another program's
				found, _, err := c.Root().Find(strings.Fields(line))
				if err != nil || found == c.Root() {
					t.Errorf("example %q: %v", line, err)
					continue
				}
				for _, m := range flagWord.FindAllStringSubmatch(line, -1) {
					if !hasFlag(found, m[2]) && !regexp.MustCompile(`^-\d`).MatchString(m[2]) {
						t.Errorf("example %q: %s has no flag %s", line, found.CommandPath(), m[2])
					}
				}
			}
		})
	}
}

func hasFlag(c *cobra.Command, word string) bool {
	if name, ok := strings.CutPrefix(word, "--"); ok {
		return c.Flag(name) != nil || c.InheritedFlags().Lookup(name) != nil
	}
	letter := strings.TrimPrefix(word, "-")
	return c.Flags().ShorthandLookup(letter) != nil || c.InheritedFlags().ShorthandLookup(letter) != nil
}

// TestFlagsDoNotClashWithKubectl: a flag of ours that has the name or letter of
// one of kubectl's must be kubectl's. --server is an exception: it names a
// RustFS server, and kubectl's own is left out. --as of "can" is the other: who
// may do something is what that command is about, and nobody would look for it
// under another name; all other commands keep kubectl's.
func TestFlagsDoNotClashWithKubectl(t *testing.T) {
	t.Parallel()
	theirs := pflag.NewFlagSet("kubectl", pflag.ContinueOnError)
	genericclioptions.NewConfigFlags(true).AddFlags(theirs)
	for _, p := range programs()[:2] {
		walk(t, p, func(t *testing.T, c *cobra.Command) {
			c.LocalFlags().VisitAll(func(f *pflag.Flag) {
				same := theirs.Lookup(f.Name)
				if same != nil && same.Usage != f.Usage && f.Name != "server" && c.CommandPath() != p.Display+" can" {
					t.Errorf("%s: --%s is kubectl's", c.CommandPath(), f.Name)
				}
				if f.Shorthand == "" {
					return
				}
				if l := theirs.ShorthandLookup(f.Shorthand); l != nil && l.Name != f.Name {
					t.Errorf("%s: -%s is kubectl's --%s", c.CommandPath(), f.Shorthand, l.Name)
				}
			})
		})
	}
}

func TestFlagDescriptions(t *testing.T) {
	t.Parallel()
	theirs := pflag.NewFlagSet("kubectl", pflag.ContinueOnError)
	genericclioptions.NewConfigFlags(true).AddFlags(theirs)
	for _, p := range programs() {
		walk(t, p, func(t *testing.T, c *cobra.Command) {
			c.LocalFlags().VisitAll(func(f *pflag.Flag) {
				if f.Name == "help" || theirs.Lookup(f.Name) != nil {
					return
				}
				if f.Usage == "" || strings.HasSuffix(f.Usage, ".") || strings.ToUpper(f.Usage[:1]) != f.Usage[:1] {
					t.Errorf("%s --%s: description %q", c.CommandPath(), f.Name, f.Usage)
				}
			})
		})
	}
}

// TestUnknownSubcommandsAreUsageErrors goes through every group of commands:
// cobra alone would print help and exit 0.
func TestUnknownSubcommandsAreUsageErrors(t *testing.T) {
	t.Parallel()
	for _, p := range programs() {
		walk(t, p, func(t *testing.T, c *cobra.Command) {
			if !c.HasSubCommands() {
				return
			}
			words := strings.Fields(strings.TrimPrefix(c.CommandPath(), p.Display))
			streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: &bytes.Buffer{}}
			if code := cli.Run(t.Context(), p, streams, append(append([]string{p.Name}, words...), "no-such-command")); code != cli.ExitUsage {
				t.Errorf("%s no-such-command: exit code %d", c.CommandPath(), code)
			}
		})
	}
}

// TestOneFilePerCommand: the file of "bucket create" is bucket_create.go.
func TestOneFilePerCommand(t *testing.T) {
	t.Parallel()
	for dir, p := range map[string]cli.Program{"rustfs": rustfs.Program(), "etcdbackup": etcdbackup.Program()} {
		walk(t, p, func(t *testing.T, c *cobra.Command) {
			words := strings.Fields(strings.TrimPrefix(c.CommandPath(), p.Display))
			if len(words) == 0 || words[0] == "version" || words[0] == "completion" {
				return // of internal/cli
			}
			file := filepath.Join("..", "plugins", dir, strings.Join(words, "_")+".go")
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %v", c.CommandPath(), err)
			}
		})
	}
}
