package seal

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// identityLimit is the most an identity file may hold, in bytes. A file of a
// thousand keys is far below it.
const identityLimit = 1 << 20

// Identity is a private key that may open a backup. It prints as its name.
type Identity struct {
	// Name says where the key comes from, such as "keys.txt line 3".
	Name string

	key       age.Identity
	recipient string
}

// Recipient is the public key ("age1…") of a native identity, and empty for
// SSH keys.
func (i Identity) Recipient() string { return i.recipient }

// String is the name; the key never prints.
func (i Identity) String() string { return i.Name }

// GoString is the name; the key never prints.
func (i Identity) GoString() string { return "seal.Identity(" + i.Name + ")" }

// ParseIdentities reads an identity file: native age keys one a line (X25519
// and post-quantum), an age file encrypted with a passphrase that holds such
// lines, or one SSH private key (ed25519 or RSA, with or without passphrase).
// name is how errors and [Identity.Name] call the file.
//
// passphrase is called with a prompt when one is needed: at once for an
// encrypted age file, and only when a backup is meant for it for an SSH key.
// It may be nil if nobody can be asked.
//
// Errors are [*IdentityError], apart from errors of r.
func ParseIdentities(r io.Reader, name string, passphrase func(prompt string) (string, error)) ([]Identity, error) {
	data, err := io.ReadAll(io.LimitReader(r, identityLimit+1))
	if err != nil {
		return nil, fmt.Errorf("identity %s: %w", name, err)
	}
	if len(data) > identityLimit {
		return nil, &IdentityError{Name: name, Reason: "more than 1 MiB, this is no identity file"}
	}
	if passphrase == nil {
		passphrase = noPassphrase
	}
	head := bytes.TrimSpace(data)
	switch {
	case len(head) == 0:
		return nil, &IdentityError{Name: name, Reason: "the file is empty", HintText: "`age-keygen -o FILE` makes one, but only the key the backup was made for opens it"}
	case bytes.HasPrefix(head, []byte(armor.Header)):
		return parseEncrypted(armor.NewReader(bytes.NewReader(data)), name, passphrase)
	case bytes.HasPrefix(head, []byte(ageIntro)):
		return parseEncrypted(bytes.NewReader(data), name, passphrase)
	case bytes.HasPrefix(head, []byte("-----BEGIN")):
		return parseSSH(data, name, passphrase)
	}
	return parseLines(data, name)
}

func parseLines(data []byte, name string) ([]Identity, error) {
	var ids []Identity
	for n, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, err := parseLine(line, fmt.Sprintf("%s line %d", name, n+1))
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, &IdentityError{Name: name, Reason: "there are only comments, no key"}
	}
	return ids, nil
}

// parseLine must not let the line itself into an error: it may be a key.
func parseLine(line, name string) (Identity, error) {
	fail := func(reason, hint string) (Identity, error) {
		return Identity{}, &IdentityError{Name: name, Reason: reason, HintText: hint}
	}
	switch {
	case strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1"):
		key, err := age.ParseHybridIdentity(line)
		if err != nil {
			return fail("a mistyped post-quantum key: its checksum does not fit", "copy the line again, whole")
		}
		return Identity{Name: name, key: key, recipient: key.Recipient().String()}, nil
	case strings.HasPrefix(line, "AGE-SECRET-KEY-1"):
		key, err := age.ParseX25519Identity(line)
		if err != nil {
			return fail("a mistyped key: its checksum does not fit", "copy the line again, whole")
		}
		return Identity{Name: name, key: key, recipient: key.Recipient().String()}, nil
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		return fail("keys of age plugins are not supported", "decrypt with `age -d -i FILE` and use the result")
	case strings.HasPrefix(line, "age1"), strings.HasPrefix(line, "ssh-"):
		return fail("a public key (recipient), which can only encrypt", "give the file with the private key; its lines begin AGE-SECRET-KEY-")
	}
	return fail("not an age identity", "lines of an identity file begin AGE-SECRET-KEY-, or # for a comment")
}

func noPassphrase(string) (string, error) {
	return "", fmt.Errorf("a passphrase is needed and nobody can be asked")
}
