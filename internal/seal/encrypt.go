package seal

import (
	"bytes"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
)

// RecipientError says that a text is no recipient that can be encrypted for.
type RecipientError struct{ Recipient, Reason string }

func (e *RecipientError) Error() string { return "recipient " + e.Recipient + ": " + e.Reason }

// ParseRecipient reads a public key: age1…, age1pq1…, or a line of SSH. A
// private key is refused without being repeated.
func ParseRecipient(text string) (age.Recipient, error) {
	var r age.Recipient
	var err error
	switch {
	case strings.HasPrefix(strings.ToUpper(text), "AGE-SECRET-KEY"), strings.Contains(text, "PRIVATE KEY"):
		return nil, &RecipientError{"(a private key)", "give the public key, which begins age1"}
	case strings.HasPrefix(text, "age1pq1"):
		r, err = age.ParseHybridRecipient(text)
	case strings.HasPrefix(text, "ssh-"):
		r, err = agessh.ParseRecipient(text)
	default:
		r, err = age.ParseX25519Recipient(text)
	}
	if err != nil {
		return nil, &RecipientError{text, "no public key of age or SSH"}
	}
	return r, nil
}

// EncryptFor encrypts a short text for one recipient, in the form of text.
func EncryptFor(recipient string, text []byte) (string, error) {
	r, err := ParseRecipient(recipient)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	a := armor.NewWriter(&b)
	w, err := age.Encrypt(a, r)
	if err != nil {
		return "", err
	}
	for _, do := range []func() error{
		func() error { _, err := io.Copy(w, bytes.NewReader(text)); return err }, w.Close, a.Close,
	} {
		if err := do(); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}
