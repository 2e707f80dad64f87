package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// HumanOutput reports that no -o format was asked for, so that a command may
// show a page instead of a table.
func (u *UI) HumanOutput() bool { return u.output.format == "" }

// TableOutput reports that results are lines for people, with or without -o
// wide, and not objects.
func (u *UI) TableOutput() bool { return u.output.table() }

// NamesOnly reports that -o name leaves everything but names out.
func (u *UI) NamesOnly() bool { return u.output.format == "name" }

// Field is one line of a page; a field without value is left out, one
// without name continues the block above.
type Field struct{ Name, Value string }

// Page writes fields as kubectl describe does: aligned, further lines of a
// value below the first. Control characters are made harmless.
func Page(w io.Writer, fields []Field) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, f := range fields {
		if f.Value == "" {
			continue
		}
		name := f.Name
		if name != "" {
			name += ":"
		}
		for i, line := range strings.Split(strings.TrimRight(f.Value, "\n"), "\n") {
			if i > 0 {
				name = ""
			}
			line = Escape(line)
			if _, err := fmt.Fprintf(t, "%s\t%s\n", name, line); err != nil {
				return err
			}
		}
	}
	return t.Flush()
}
