// Package secret holds values that must never be shown: access keys' secrets,
// session tokens, passphrases.
package secret

// Value is a secret. Every way of printing it says "REDACTED"; Reveal is the
// only way to the text, so that each use can be found by searching for it.
type Value struct{ text string }

// New wraps text as a secret.
func New(text string) Value { return Value{text: text} }

// Reveal returns the secret itself, for the one call that needs it.
func (v Value) Reveal() string { return v.text }

// Empty reports whether there is no secret.
func (v Value) Empty() bool { return v.text == "" }

const redacted = "REDACTED"

// String implements fmt.Stringer and hides the text.
func (v Value) String() string { return redacted }

// GoString implements fmt.GoStringer and hides the text from %#v.
func (v Value) GoString() string { return redacted }

// MarshalText hides the text from JSON, YAML and every other encoder.
func (v Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }
