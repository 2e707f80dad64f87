package seal

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// Recipient is a public key that something is encrypted to. It prints as the
// key itself.
type Recipient struct {
	// Name is the key as it was given, "age1…".
	Name string

	key age.Recipient
}

// NewRecipient reads one public key, as [ParseRecipient] does.
func NewRecipient(text string) (Recipient, error) {
	text = strings.TrimSpace(text)
	key, err := ParseRecipient(text)
	if err != nil {
		return Recipient{}, err
	}
	return Recipient{Name: text, key: key}, nil
}

// ParseRecipients reads a file with one public key a line; blank lines and
// those that begin with # are left out.
func ParseRecipients(r io.Reader, name string) ([]Recipient, error) {
	data, err := io.ReadAll(io.LimitReader(r, identityLimit+1))
	if err != nil {
		return nil, fmt.Errorf("recipients %s: %w", name, err)
	}
	if len(data) > identityLimit {
		return nil, &RecipientError{name, "more than 1 MiB, this is no file of recipients"}
	}
	var out []Recipient
	for i, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		one, err := NewRecipient(line)
		if err != nil {
			return nil, fmt.Errorf("%s line %d: %w", name, i+1, err)
		}
		out = append(out, one)
	}
	if len(out) == 0 {
		return nil, &RecipientError{name, "there is no recipient in it"}
	}
	return out, nil
}

// Encrypt writes an age file to w. What is written to the result is encrypted
// to all recipients; the file is whole once it is closed. w is not closed.
func Encrypt(w io.Writer, to ...Recipient) (io.WriteCloser, error) {
	keys := make([]age.Recipient, len(to))
	for i, r := range to {
		keys[i] = r.key
	}
	return age.Encrypt(w, keys...)
}

// IsAge reports whether a file that begins with head is an age file, armored
// or not.
func IsAge(head []byte) bool {
	k := kindOf(head)
	return k == kindAge || k == kindArmor
}

// Decrypt opens an age file, armored or not, whatever is in it. Errors are
// those of [Open], also while reading; the caller must read to the end, where
// it is proven.
func Decrypt(r io.Reader, ids []Identity) (io.Reader, error) {
	f := &faults{src: &source{r: r}}
	in := bufio.NewReaderSize(f.src, bufferBytes)
	head, err := in.Peek(headBytes)
	if err != nil && err != io.EOF {
		return nil, f.resolve(err, func(error) *Bad { return &Bad{Kind: Damaged, Reason: "the file cannot be read"} })
	}
	switch kindOf(head) {
	case kindArmor:
		in = bufio.NewReaderSize(f.dearmor(in), bufferBytes)
	case kindAge:
	default:
		return nil, &Bad{Kind: Foreign, Reason: "the file is not encrypted with age"}
	}
	var report Report
	plain, err := f.decrypt(in, ids, &report)
	if err != nil {
		return nil, err
	}
	return &opened{plain, f}, nil
}

// opened gives the error of the source itself to the caller.
type opened struct {
	r      io.Reader
	faults *faults
}

func (o *opened) Read(p []byte) (int, error) {
	n, err := o.r.Read(p)
	if err != nil && err != io.EOF {
		if seen := o.faults.seen(); seen != nil {
			err = seen
		}
	}
	return n, err
}
