package cli

import (
	"fmt"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"github.com/spf13/cobra"
)

// AddDiffFlag gives cmd the flag that shows what a change changes.
func (u *UI) AddDiffFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&u.diff, "diff", false, "Show on stderr what is different from before; with --dry-run, from what would be")
}

// ShowDiff writes the difference of two texts to stderr, where --diff asks for
// it. name is what both are of.
func (u *UI) ShowDiff(name, before, after string) {
	if !u.diff || before == after {
		return
	}
	text, err := Diff(name, before, after)
	if err != nil {
		return // an output that cannot be written to, and it is memory
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "+"):
			line = u.Paint(u.ErrOut, Green, line)
		case strings.HasPrefix(line, "-"):
			line = u.Paint(u.ErrOut, Red, line)
		default:
			line = EscapeLines(line)
		}
		fmt.Fprintln(u.ErrOut, line) //nolint:errcheck // nobody is left to tell when stderr is gone
	}
}

// Diff is the difference of two texts in diff's unified form; empty where
// there is none.
func Diff(name, before, after string) (string, error) {
	return difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(before), B: lines(after), FromFile: name + " (now)", ToFile: name + " (wanted)", Context: 3,
	})
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return difflib.SplitLines(strings.TrimRight(text, "\n"))
}
