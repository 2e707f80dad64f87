// Package iam holds what is true of users, groups, policies and access keys
// without asking a server.
package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// NameError says which rule a name or a secret breaks. A secret is never
// quoted.
type NameError struct {
	Kind string // "user name", "group name", …
	Name string
	Rule string
}

func (e *NameError) Error() string {
	if e.Name == "" {
		return e.Kind + ": " + e.Rule
	}
	return fmt.Sprintf("%s %q: %s", e.Kind, e.Name, e.Rule)
}

// Lengths that every version of RustFS accepts.
const (
	minName, maxName     = 3, 128
	minKey, maxKey       = 3, 20
	minSecret, maxSecret = 8, 40
	maxTitle             = 32
	maxDescription       = 256
	maxExisting          = 1024
)

// ValidateUser checks the name of a user that is to be created: what every
// version takes, which is less than 1.0.1 does (it takes "../evil").
func ValidateUser(name string) error {
	return name3to128("user name", name)
}

// ValidateGroup checks the name of a group that is to be created.
func ValidateGroup(name string) error {
	return name3to128("group name", name)
}

func name3to128(kind, name string) error {
	if len(name) < minName || len(name) > maxName {
		return &NameError{kind, name, fmt.Sprintf("must have %d to %d characters, not %d", minName, maxName, len(name))}
	}
	return charset(kind, name, "._@-")
}

// ValidatePolicy checks the name of a policy that is to be written. It goes
// into lists that are split at commas.
func ValidatePolicy(name string) error {
	const kind = "policy name"
	switch {
	case name == "":
		return &NameError{kind, name, "may not be empty"}
	case len(name) > maxName:
		return &NameError{kind, name, fmt.Sprintf("must have 1 to %d characters, not %d", maxName, len(name))}
	case IsBuiltIn(name):
		return &NameError{kind, name, "is one of RustFS' built-in policies, which stay as they are"}
	}
	return charset(kind, name, "._-")
}

// charset checks for letters, digits and the given signs, with a letter or
// digit in front.
func charset(kind, name, signs string) error {
	for i, c := range name {
		switch {
		case alphanumeric(c):
		case strings.ContainsRune(signs, c) && i > 0:
		case strings.ContainsRune(signs, c):
			return &NameError{kind, name, "must begin with a letter or a digit"}
		case unicode.IsSpace(c):
			return &NameError{kind, name, "may not have blanks"}
		default:
			return &NameError{kind, name, fmt.Sprintf("may only have letters, digits and %s, not %q", strings.Join(strings.Split(signs, ""), " "), c)}
		}
	}
	return nil
}

func alphanumeric(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// ValidateKey checks an access key that is to be created.
func ValidateKey(key string) error {
	if len(key) < minKey || len(key) > maxKey {
		return &NameError{"access key", key, fmt.Sprintf("must have %d to %d characters, not %d", minKey, maxKey, len(key))}
	}
	for _, c := range key {
		if !alphanumeric(c) {
			return &NameError{"access key", key, fmt.Sprintf("may only have letters and digits, not %q", c)}
		}
	}
	return nil
}

// ValidateSecret checks a secret; the error does not tell it.
func ValidateSecret(secret string) error {
	if len(secret) < minSecret || len(secret) > maxSecret {
		return &NameError{"secret", "", fmt.Sprintf("must have %d to %d characters, not %d", minSecret, maxSecret, len(secret))}
	}
	for _, c := range secret {
		if c <= ' ' || c > '~' {
			return &NameError{"secret", "", "may only have printable ASCII characters and no blanks"}
		}
	}
	return nil
}

var title = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// ValidateTitle checks the name that an access key carries beside the key
// itself; empty is none.
func ValidateTitle(name string) error {
	switch {
	case name == "":
		return nil
	case len(name) > maxTitle:
		return &NameError{"name of an access key", name, fmt.Sprintf("must have 1 to %d characters, not %d", maxTitle, len(name))}
	case !title.MatchString(name):
		return &NameError{"name of an access key", name, "must begin with a letter and have only letters, digits, _ and -"}
	}
	return nil
}

// ValidateDescription checks the description of an access key.
func ValidateDescription(text string) error {
	if len(text) > maxDescription {
		return &NameError{"description", "", fmt.Sprintf("must have at most %d bytes, not %d", maxDescription, len(text))}
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return &NameError{"description", "", "may not have control characters"}
	}
	return nil
}

// Kind is what a name is of.
type Kind string

// The kinds of names.
const (
	User   Kind = "user"
	Group  Kind = "group"
	Policy Kind = "policy"
	Key    Kind = "access key"
)

// ValidateExisting checks a name that somebody else may have given: only what
// no server can hold is refused, so that bad names can be got rid of.
func ValidateExisting(kind Kind, name string) error {
	what := string(kind) + " name"
	if kind == Key {
		what = "access key"
	}
	switch {
	case name == "":
		return &NameError{what, name, "may not be empty"}
	case (kind == User || kind == Key) && len(name) < minName:
		return &NameError{what, name, fmt.Sprintf("must have %d characters or more, not %d", minName, len(name))}
	case len(name) > maxExisting:
		return &NameError{what, name[:16] + "…", fmt.Sprintf("has %d characters, more than any", len(name))}
	case strings.ContainsFunc(name, unicode.IsSpace):
		return &NameError{what, name, "may not have blanks"}
	case strings.ContainsFunc(name, unicode.IsControl):
		return &NameError{what, name, "may not have control characters"}
	case kind != Key && strings.Contains(name, ","):
		return &NameError{what, name, "may not have commas"}
	}
	return nil
}

// IsBuiltIn reports whether a policy comes with RustFS, in one version or the
// other. The server would let them be overwritten.
// (crates/policy/src/policy/policy.rs)
func IsBuiltIn(policy string) bool {
	return slices.Contains([]string{
		"readwrite", "readonly", "writeonly", "diagnostics", "consoleAdmin",
		"KMSKeyAdministrator", "KMSKeyUser", "KMSAuditor",
	}, policy)
}
