package seal_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/talos-rustfs/kubectl-plugins/internal/seal"
)

func keyPair(t *testing.T) (seal.Recipient, []seal.Identity, string) {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	r, err := seal.NewRecipient(k.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	ids, err := seal.ParseIdentities(strings.NewReader(k.String()), "key", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r, ids, k.String()
}

func TestEncryptDecrypt(t *testing.T) {
	t.Parallel()
	one, ids, _ := keyPair(t)
	two, others, _ := keyPair(t)
	_, wrong, _ := keyPair(t)
	plain := bytes.Repeat([]byte("users and keys "), 20_000)
	var file bytes.Buffer
	w, err := seal.Encrypt(&file, one, two)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !seal.IsAge(file.Bytes()[:128]) {
		t.Error("not an age file")
	}
	for _, with := range [][]seal.Identity{ids, others} {
		r, err := seal.Decrypt(bytes.NewReader(file.Bytes()), with)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	var none *seal.NoIdentity
	if _, err := seal.Decrypt(bytes.NewReader(file.Bytes()), wrong); !errors.As(err, &none) {
		t.Errorf("a wrong key: %v", err)
	}
	var damage *seal.Bad
	if _, err := seal.Decrypt(strings.NewReader("hello, this is no age file"), ids); !errors.As(err, &damage) || damage.Kind != seal.Foreign {
		t.Errorf("foreign: %v", err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)-1000] },
		"flipped": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
	} {
		r, err := seal.Decrypt(bytes.NewReader(change(bytes.Clone(file.Bytes()))), ids)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if !errors.As(err, &damage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	good, _, private := keyPair(t)
	list, err := seal.ParseRecipients(strings.NewReader("# ours\n\n"+good.Name+"\n"), "file")
	if err != nil || len(list) != 1 || list[0].Name != good.Name {
		t.Errorf("%v, %v", list, err)
	}
	for text, want := range map[string]string{
		private:            "a private key",
		good.Name + "x":    "no public key",
		"hello":            "no public key",
		"":                 "no public key",
		"ssh-ed25519 AAAA": "no public key",
	} {
		_, err := seal.NewRecipient(text)
		var e *seal.RecipientError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		} else if strings.Contains(err.Error(), private) {
			t.Errorf("the error tells the private key")
		}
		if _, err := seal.ParseRecipients(strings.NewReader(text), "file"); err == nil || strings.Contains(err.Error(), private) {
			t.Errorf("in a file, %q: %v", text[:min(8, len(text))], err)
		}
	}
}
