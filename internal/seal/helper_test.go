package seal

import (
	"bytes"
	"io"
	"testing"

	"filippo.io/age"
)

func newKey(t testing.TB) (*age.X25519Identity, []Identity) {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return key, []Identity{{Name: "test key", key: key, recipient: key.Recipient().String()}}
}

// open reads all of r through Open; the bytes are those given out before err.
func open(r io.Reader, ids []Identity) (data []byte, report Report, err error) {
	s, err := Open(r, ids)
	if err != nil {
		return nil, Report{}, err
	}
	defer s.Close()
	data, err = io.ReadAll(s)
	return data, s.Report(), err
}

func flip(data []byte, at int) []byte {
	changed := bytes.Clone(data)
	changed[at] ^= 0x10
	return changed
}
