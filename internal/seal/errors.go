package seal

import (
	"fmt"
	"strings"
)

// Kind is what sort of fault a [Bad] backup has.
type Kind string

// The kinds of faults.
const (
	Cut       Kind = "cut"        // the end is missing
	Damaged   Kind = "damaged"    // bytes differ from what was written
	Foreign   Kind = "foreign"    // it never was an etcd snapshot
	NoTrailer Kind = "no trailer" // a database without the sha256 that etcd appends
	Trailing  Kind = "trailing"   // more bytes than the snapshot has
)

// Bad says that a backup cannot be used, whoever asks and however often. It
// never stands for a fault of the source (network, disk) or of the key.
type Bad struct {
	// Kind is the sort of fault.
	Kind Kind
	// Reason says in words what is wrong.
	Reason string
}

func (e *Bad) Error() string { return e.Reason }

// Hint says what a person can do.
func (e *Bad) Hint() string {
	switch e.Kind {
	case NoTrailer:
		return "a raw copy of member/snap/db has no checksum and cannot be proven; take backups with `talosctl etcd snapshot` or talos-backup"
	case Foreign:
		return "choose an object that talos-backup wrote"
	case Cut:
		return "compare the object's size with its log; if the object itself is short, choose another backup"
	default:
		return "read it once more to rule out the transport; if it stays, choose another backup"
	}
}

// NoIdentity says that none of the given identities opens the file.
type NoIdentity struct {
	// Stanzas are the types of the recipients in the age header, in order,
	// such as "X25519", "mlkem768x25519", "scrypt", "ssh-ed25519". The
	// recipients themselves are anonymous.
	Stanzas []string
	// Tried are the names of the identities that do not fit.
	Tried []string
}

func (e *NoIdentity) Error() string {
	what := "the file is encrypted to " + recipients(e.Stanzas)
	if len(e.Tried) == 0 {
		return what + " and no identity was given"
	}
	return what + ", none of which is " + strings.Join(e.Tried, " or ")
}

// Hint says which key the file wants.
func (e *NoIdentity) Hint() string {
	for _, s := range e.Stanzas {
		switch {
		case s == "scrypt":
			return "the file wants a passphrase, not a key: decrypt it with `age -d`"
		case s == "mlkem768x25519":
			return "give the key whose line begins AGE-SECRET-KEY-PQ-1 and whose recipient begins age1pq1"
		case strings.HasPrefix(s, "ssh-"):
			return "give the private key of one of the recipients; for " + s + " that is an SSH key file"
		}
	}
	return "give the identity file whose recipient (age1…) is in the CronJob's AGE_X25519_PUBLIC_KEY or AGE_RECIPIENT_PUBLIC_KEY"
}

func recipients(types []string) string {
	var known []string
	for _, t := range types {
		if !strings.HasSuffix(t, "-grease") {
			known = append(known, t)
		}
	}
	if len(known) == 1 {
		return "1 recipient (" + known[0] + ")"
	}
	return fmt.Sprintf("%d recipients (%s)", len(known), strings.Join(known, ", "))
}

// IdentityError says that an identity could not be used: a wrong passphrase,
// a public key where a private one is needed. It never holds key material.
type IdentityError struct {
	// Name says which identity, such as "keys.txt line 3".
	Name string
	// Reason says what is wrong.
	Reason string
	// HintText is empty or says what to do.
	HintText string
	// Err is nil or the cause, such as the error of the passphrase prompt.
	Err error
}

func (e *IdentityError) Error() string {
	text := "identity " + e.Name + ": " + e.Reason
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap is the cause.
func (e *IdentityError) Unwrap() error { return e.Err }

// Hint is HintText.
func (e *IdentityError) Hint() string { return e.HintText }
