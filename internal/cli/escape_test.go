package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"":                {"", ""},
		"photos/ü 日本.txt": {"photos/ü 日本.txt", "photos/ü 日本.txt"},
		"\x1b[2J":         {"^[[2J", "^[[2J"},
		"a\rb\x00\x07\b":  {`a\rb\x00\x07\x08`, `a\rb\x00\x07\x08`},
		"a\nb\tc":         {`a\nb\tc`, "a\nb\tc"},
		"\u009b2J\x7f":    {`\x9b2J\x7f`, `\x9b2J\x7f`},
		"txt.\u202eexe":   {`txt.\u202eexe`, `txt.\u202eexe`},
		"\xff\xfea":       {`\xff\xfea`, `\xff\xfea`},
		"\ufffd":          {`\ufffd`, `\ufffd`},
		"\u2028\ufeff":    {`\u2028\ufeff`, `\u2028\ufeff`},
	} {
		if got := [2]string{Escape(in), EscapeLines(in)}; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a\x1b[31m\u009b\xff\u202e\n")
	f.Fuzz(func(t *testing.T, text string) {
		line, lines := Escape(text), EscapeLines(text)
		if strings.IndexFunc(line, harmful) >= 0 || strings.IndexFunc(lines, func(r rune) bool { return harmful(r) && r != '\n' && r != '\t' }) >= 0 {
			t.Errorf("%q: %q, %q", text, line, lines)
		}
		if Escape(line) != line {
			t.Errorf("%q: escaped again it is %q", text, Escape(line))
		}
		b, err := json.Marshal(text)
		if err != nil || !utf8.ValidString(text) {
			return
		}
		var back string
		if err := json.Unmarshal([]byte(escapeJSON(string(b))), &back); err != nil || back != text {
			t.Errorf("%q: through JSON it is %q, %v", text, back, err)
		}
	})
}
