// Package bucket holds what is true of buckets without asking a server.
package bucket

import (
	"fmt"
	"net/netip"
	"strings"
)

// NameError says which rule a bucket name breaks.
type NameError struct{ Name, Rule string }

func (e *NameError) Error() string { return fmt.Sprintf("bucket name %q: %s", e.Name, e.Rule) }

// ValidateName checks a bucket name by S3's rules and RustFS' one of its own
// (crates/ecstore/src/bucket/utils.rs at 1.0.1: "rustfs" is reserved).
func ValidateName(name string) error {
	bad := func(format string, args ...any) error {
		return &NameError{Name: name, Rule: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(name) < 3 || len(name) > 63:
		return bad("must have 3 to 63 characters, not %d", len(name))
	case name == "rustfs":
		return bad("is reserved by RustFS")
	case strings.Contains(name, ".."), strings.Contains(name, ".-"), strings.Contains(name, "-."):
		return bad("may not have a dot beside a dot or a dash")
	}
	for i, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case (c == '-' || c == '.') && i > 0 && i < len(name)-1:
		case c == '-' || c == '.':
			return bad("must begin and end with a letter or a digit")
		case c >= 'A' && c <= 'Z':
			return bad("may not have capital letters")
		default:
			return bad("may only have a-z, 0-9, dots and dashes, not %q", c)
		}
	}
	if a, err := netip.ParseAddr(name); err == nil && a.Is4() {
		return bad("may not look like an IP address")
	}
	return nil
}
