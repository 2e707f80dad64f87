// Package cli is the runtime of a plugin: the one place that knows how to
// print, ask, rehearse (dry run), hint, colour, show progress, complete and
// exit. Commands return values and errors.
package cli

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
)

// UI is what a command has of the outside world. One UI serves one run of the
// program; the flags that commands share are bound to it.
type UI struct {
	genericiooptions.IOStreams

	program Program
	color   string
	output  output
	yes     bool
	dryRun  DryRun
	quiet   bool
	diff    bool
	checks  []func() error
	openTTY func() (io.ReadWriteCloser, error)
}

// Check has a rule looked at before any command of the program does anything:
// one about flags that all of them have. What it returns is wrong usage.
func (u *UI) Check(rule func() error) { u.checks = append(u.checks, rule) }

// check looks at all rules.
func (u *UI) check() error {
	for _, rule := range u.checks {
		if err := rule(); err != nil {
			return err
		}
	}
	return u.output.validate()
}

func newUI(p Program, streams genericiooptions.IOStreams) *UI {
	return &UI{IOStreams: streams, program: p, color: "auto", openTTY: openTTY}
}

// NewTestUI returns a UI over the given streams, without a terminal.
func NewTestUI(streams genericiooptions.IOStreams) *UI {
	u := newUI(Program{Name: "test", Display: "kubectl test"}, streams)
	u.openTTY = func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist }
	return u
}

// Display is how the program is called by its users: "kubectl rustfs".
func (u *UI) Display() string { return u.program.Display }

// AddYesFlag gives cmd the flag that answers its question beforehand.
func (u *UI) AddYesFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&u.yes, "yes", "y", false, "Do not ask for confirmation")
}

// addRootFlags are the flags that every command has.
func (u *UI) addRootFlags(fs *pflag.FlagSet) {
	fs.StringVar(&u.color, "color", u.color, "When to use colour: auto, always or never; NO_COLOR is honoured")
	fs.BoolVarP(&u.quiet, "quiet", "q", false, "No progress and no remarks on stderr; results and errors only")
}

// ColorOn reports whether w takes colour.
func (u *UI) ColorOn(w io.Writer) bool {
	switch u.color {
	case "always":
		return true
	case "never":
		return false
	}
	return printers.AllowsColorOutput(w)
}

// Style is a way of showing a word.
type Style string

// The styles in use, as SGR parameters.
const (
	Bold   Style = "1"
	Faint  Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
)

// Paint returns text in a style where w takes colour, and unchanged elsewhere.
// Control characters of text are made harmless.
func (u *UI) Paint(w io.Writer, s Style, text string) string {
	text = EscapeLines(text)
	if !u.ColorOn(w) {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// Stderr reports whether stderr is a terminal with a person before it.
func (u *UI) stderrIsTerminal() bool { return printers.IsTerminal(u.ErrOut) }

// StdoutIsTerminal reports whether results go to a terminal.
func (u *UI) StdoutIsTerminal() bool { return printers.IsTerminal(u.Out) }
