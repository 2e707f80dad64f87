package seal

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

func (f *faults) dearmor(r io.Reader) io.Reader {
	return &guard{r: armor.NewReader(r), faults: f, explain: func(err error) *Bad {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return &Bad{Kind: Cut, Reason: fmt.Sprintf("cut short: the armored age file ends after %s without its last line", size(f.src.n))}
		}
		return &Bad{Kind: Damaged, Reason: fmt.Sprintf("damaged: the armored age file cannot be read near %s", size(f.src.n))}
	}}
}

// decrypt opens an age file and notes in the report who could.
func (f *faults) decrypt(r io.Reader, ids []Identity, report *Report) (io.Reader, error) {
	keys := []age.Identity{stanzaList{report}}
	for _, native := range []bool{true, false} { // keys that ask nobody come first
		for _, id := range ids {
			if isNative(id.key) == native {
				keys = append(keys, namedKey{id, report})
			}
		}
	}
	plain, err := age.Decrypt(r, keys...)
	var none *age.NoIdentityMatchError
	var unusable *IdentityError
	switch {
	case err == nil:
		report.Encrypted = true
		return &guard{r: plain, faults: f, explain: f.badAge}, nil
	case f.seen() != nil:
		return nil, f.seen()
	case errors.As(err, &none):
		return nil, &NoIdentity{Stanzas: report.Stanzas, Tried: names(ids)}
	case errors.As(err, &unusable):
		return nil, unusable
	}
	return nil, f.resolve(err, func(err error) *Bad {
		if f.src.eof || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return &Bad{Kind: Cut, Reason: fmt.Sprintf("cut short: the object ends after %s, within the age header", size(f.src.n))}
		}
		return &Bad{Kind: Damaged, Reason: "damaged: the age header was changed after it was written"}
	})
}

// badAge explains an error of the age payload. age says the same of a flipped
// byte and of a file cut within a chunk; only the source knows the end.
func (f *faults) badAge(err error) *Bad {
	at := size(f.src.n)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Bad{Kind: Cut, Reason: "cut short: the age stream ends after " + at}
	case strings.Contains(err.Error(), "trailing data"):
		return &Bad{Kind: Trailing, Reason: "bytes follow the end of the age stream"}
	case f.src.eof:
		return &Bad{Kind: Cut, Reason: "cut short, or damaged at its end: the age stream ends after " + at + " without a valid last chunk"}
	}
	return &Bad{Kind: Damaged, Reason: "damaged: the age stream is not what was encrypted, near " + at}
}

func names(ids []Identity) []string {
	var all []string
	for _, id := range ids {
		all = append(all, id.Name)
	}
	return all
}

func isNative(key age.Identity) bool {
	switch key.(type) {
	case *age.X25519Identity, *age.HybridIdentity:
		return true
	}
	return false
}

// stanzaList opens nothing; it notes the recipients' types.
type stanzaList struct{ report *Report }

func (l stanzaList) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		l.report.Stanzas = append(l.report.Stanzas, s.Type)
	}
	return nil, age.ErrIncorrectIdentity
}

// namedKey notes the name of the identity that opened the file.
type namedKey struct {
	Identity
	report *Report
}

func (k namedKey) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if k.key == nil { // a zero Identity opens nothing
		return nil, age.ErrIncorrectIdentity
	}
	key, err := k.key.Unwrap(stanzas)
	if err == nil {
		k.report.Identity = k.Name
	}
	return key, err
}
