package cli

import (
	"io"
)

// Line writes one line of foreign text as a result, behind a prefix. Control
// characters are made harmless on a terminal, and left to programs elsewhere.
func (u *UI) Line(prefix, text string) error {
	if u.StdoutIsTerminal() {
		text = Escape(text)
	}
	_, err := io.WriteString(u.Out, prefix+text+"\n")
	return err
}
