package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape makes text of one line harmless for a terminal: control characters,
// what turns the direction of writing, and bytes that are no UTF-8 are shown
// as what they are. Text of a server or a cluster is somebody else's.
func Escape(text string) string { return escape(text, "") }

// EscapeLines is Escape for text that may have lines and tabs.
func EscapeLines(text string) string { return escape(text, "\n\t") }

func escape(text, keep string) string {
	if strings.IndexFunc(text, harmful) < 0 {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case !harmful(r) || strings.ContainsRune(keep, r):
			b.WriteRune(r)
		case r == 0x1b:
			b.WriteString("^[") // as kubectl shows it
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// harmful reports that a character does something to a terminal instead of
// being shown.
func harmful(r rune) bool {
	switch {
	case unicode.IsControl(r), r == utf8.RuneError:
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // direction
		return true
	}
	return r == 0x2028 || r == 0x2029 || r == 0xfeff // ends of lines, and nothing at all
}

// escapeJSON writes what a terminal would heed in JSON as JSON escapes; it
// stays the same JSON.
func escapeJSON(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return r > 0x7e && harmful(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if r > 0x7e && r != utf8.RuneError && harmful(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
