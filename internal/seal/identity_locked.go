package seal

import (
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"io"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"
)

// parseEncrypted reads an identity file that is itself an age file locked
// with a passphrase.
func parseEncrypted(r io.Reader, name string, passphrase func(string) (string, error)) ([]Identity, error) {
	lock := &passphraseLock{name: name, ask: passphrase}
	plain, err := age.Decrypt(r, lock)
	var other *age.NoIdentityMatchError
	var locked *IdentityError
	switch {
	case errors.As(err, &other):
		return nil, &IdentityError{
			Name:     name,
			Reason:   "an age file, but not locked with a passphrase",
			HintText: "this looks like a backup; give the identity file that opens it",
		}
	case errors.As(err, &locked):
		return nil, locked
	case err != nil:
		return nil, &IdentityError{Name: name, Reason: "the encrypted identity file is damaged"}
	}
	data, err := io.ReadAll(io.LimitReader(plain, identityLimit))
	if err != nil {
		return nil, &IdentityError{Name: name, Reason: "the encrypted identity file is damaged"}
	}
	return parseLines(data, name)
}

// passphraseLock is the age identity of a passphrase that is asked for only
// if the file has such a lock.
type passphraseLock struct {
	name string
	ask  func(string) (string, error)
}

func (l *passphraseLock) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if len(stanzas) != 1 || stanzas[0].Type != "scrypt" {
		return nil, age.ErrIncorrectIdentity
	}
	secret, err := l.ask("Passphrase of " + l.name)
	if err != nil {
		return nil, &IdentityError{Name: l.name, Reason: "no passphrase", Err: err}
	}
	id, err := age.NewScryptIdentity(secret)
	if err != nil {
		return nil, &IdentityError{Name: l.name, Reason: "the passphrase is empty"}
	}
	key, err := id.Unwrap(stanzas)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, &IdentityError{Name: l.name, Reason: "the passphrase is wrong"}
	}
	return key, err
}

func parseSSH(pem []byte, name string, passphrase func(string) (string, error)) ([]Identity, error) {
	key, err := agessh.ParseIdentity(pem)
	if err == nil {
		return []Identity{{Name: name, key: key}}, nil
	}
	var missing *ssh.PassphraseMissingError
	if !errors.As(err, &missing) {
		return nil, &IdentityError{
			Name:     name,
			Reason:   "not an SSH private key age can use",
			HintText: "ed25519 and RSA keys work; a certificate, a public key or an ECDSA key does not",
		}
	}
	ask := func() ([]byte, error) {
		secret, err := passphrase("Passphrase of " + name)
		if err != nil {
			return nil, err
		}
		return []byte(secret), nil
	}
	if missing.PublicKey == nil { // the old PEM format does not say whose key it is
		key, err := unlockSSH(pem, name, ask)
		if err != nil {
			return nil, err
		}
		return []Identity{{Name: name, key: key}}, nil
	}
	lazy, err := agessh.NewEncryptedSSHIdentity(missing.PublicKey, pem, ask)
	if err != nil {
		return nil, &IdentityError{Name: name, Reason: "an SSH key of a type age cannot use", HintText: "ed25519 and RSA keys work"}
	}
	return []Identity{{Name: name, key: &lockedSSH{name: name, EncryptedSSHIdentity: lazy}}}, nil
}

func unlockSSH(pem []byte, name string, ask func() ([]byte, error)) (age.Identity, error) {
	secret, err := ask()
	if err != nil {
		return nil, &IdentityError{Name: name, Reason: "no passphrase", Err: err}
	}
	raw, err := ssh.ParseRawPrivateKeyWithPassphrase(pem, secret)
	if err != nil {
		return nil, &IdentityError{Name: name, Reason: "the passphrase is wrong"}
	}
	var id age.Identity
	switch key := raw.(type) {
	case *rsa.PrivateKey:
		id, err = agessh.NewRSAIdentity(key)
	case *ed25519.PrivateKey:
		id, err = agessh.NewEd25519Identity(*key)
	case ed25519.PrivateKey:
		id, err = agessh.NewEd25519Identity(key)
	default:
		err = errors.ErrUnsupported
	}
	if err != nil {
		return nil, &IdentityError{Name: name, Reason: "an SSH key of a type age cannot use", HintText: "ed25519 and RSA keys work"}
	}
	return id, nil
}

// lockedSSH tells a wrong passphrase from a damaged backup: apart from a
// mismatch, an SSH key that is still locked can only fail at its passphrase.
type lockedSSH struct {
	name string
	*agessh.EncryptedSSHIdentity
}

func (l *lockedSSH) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	key, err := l.EncryptedSSHIdentity.Unwrap(stanzas)
	if err != nil && !errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, &IdentityError{Name: l.name, Reason: "the SSH key stays locked", Err: err}
	}
	return key, err
}
