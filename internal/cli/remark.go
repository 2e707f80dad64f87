package cli

import (
	"fmt"
	"strings"
)

// Remarkf writes one line for the person to stderr: what happens, what was
// noticed. It is silent with --quiet. Control characters are made harmless.
func (u *UI) Remarkf(format string, args ...any) {
	if !u.quiet {
		u.writeErr(EscapeLines(fmt.Sprintf(format, args...)))
	}
}

// Warnf writes one line that the person must see, also with --quiet. It stays
// one line when a name in it has line breaks.
func (u *UI) Warnf(format string, args ...any) {
	u.writeErr(u.Paint(u.ErrOut, Yellow, "warning:") + " " + Escape(fmt.Sprintf(format, args...)))
}

func (u *UI) writeErr(line string) {
	fmt.Fprintln(u.ErrOut, strings.TrimRight(line, "\n")) //nolint:errcheck // nobody is left to tell when stderr is gone
}

// printError shows err as every command shows errors.
func (u *UI) printError(err error, code int) {
	message, hint := explain(err)
	if code == ExitInterrupted {
		message, hint = "interrupted", ""
	}
	if u.output.structured() {
		u.printErrorJSON(err, code, message, hint)
		return
	}
	if code == ExitInterrupted {
		u.writeErr(message)
		return
	}
	message = EscapeLines(message)
	u.writeErr(u.Paint(u.ErrOut, Red, "error:") + " " + message)
	if hint != "" {
		u.writeErr(u.Paint(u.ErrOut, Faint, "hint:") + " " + EscapeLines(hint))
	}
}
