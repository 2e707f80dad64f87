package object

import (
	"errors"
	"fmt"
	"strings"
)

// Names says how keys become names of files and back.
type Names struct {
	Windows  bool // the machine's rules for names
	Portable bool // escape what some machine cannot hold, as %XX
}

// File is the path, with slashes, for what a key is called below the folder
// that is copied. It never leads out of the target: what would is refused, or
// escaped with Portable.
func (n Names) File(rel string) (string, error) {
	parts := strings.Split(rel, "/")
	for i, p := range parts {
		if n.Portable {
			parts[i] = escapeName(p)
		} else if err := n.refuse(p); err != nil {
			return "", fmt.Errorf("%w; --portable-names escapes it", err)
		}
		if len(parts[i]) > maxKeyPart {
			return "", fmt.Errorf("a name has at most %d bytes, not %d", maxKeyPart, len(parts[i]))
		}
	}
	return strings.Join(parts, "/"), nil
}

// Key is what a file is called in a bucket: File the other way round.
func (n Names) Key(path string) string {
	if !n.Portable {
		return path
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = unescapeName(p)
	}
	return strings.Join(parts, "/")
}

func (n Names) refuse(part string) error {
	switch {
	case part == "":
		return errors.New("a path cannot hold two slashes in a row, or begin with one, or end in one")
	case part == "." || part == "..":
		return fmt.Errorf("%q would lead out of the folder", part)
	case strings.ContainsRune(part, 0):
		return errors.New("no file's name holds a NUL character")
	case n.Windows && escapeName(part) != strings.ReplaceAll(part, "%", "%25"):
		return fmt.Errorf("there are no files called %q on Windows", part)
	}
	return nil
}

// emptyName stands for the empty name between two slashes.
const emptyName = "%00"

func escapeName(part string) string {
	if part == "" {
		return emptyName
	}
	var b strings.Builder
	for i := range len(part) {
		c := part[i]
		last := i == len(part)-1 && (c == '.' || c == ' ')
		if c < ' ' || c == 0x7f || strings.IndexByte(`<>:"|?*\%`, c) >= 0 || last || i == 0 && reserved(part) {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func unescapeName(part string) string {
	if part == emptyName {
		return ""
	}
	var b strings.Builder
	for i := 0; i < len(part); i++ {
		if part[i] == '%' && i+2 < len(part) {
			high, low := hexDigit(part[i+1]), hexDigit(part[i+2])
			if high >= 0 && low >= 0 {
				b.WriteByte(byte(high<<4 | low))
				i += 2
				continue
			}
		}
		b.WriteByte(part[i])
	}
	return b.String()
}

func hexDigit(c byte) int { return strings.IndexByte("0123456789ABCDEF", c) }

// reserved reports Windows' names of devices, with any extension.
func reserved(part string) bool {
	name, _, _ := strings.Cut(part, ".")
	name = strings.ToUpper(strings.TrimRight(name, " "))
	switch name {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(name) == 4 && (strings.HasPrefix(name, "COM") || strings.HasPrefix(name, "LPT")) && name[3] >= '0' && name[3] <= '9'
}

// Collisions finds names that are one file on machines that do not tell upper
// from lower case.
type Collisions struct{ seen map[string]string }

// Add notes a path and returns the one that it collides with; empty: none.
func (c *Collisions) Add(path string) string {
	if c.seen == nil {
		c.seen = map[string]string{}
	}
	folded := strings.ToLower(path)
	if other, ok := c.seen[folded]; ok && other != path {
		return other
	}
	c.seen[folded] = path
	return ""
}
