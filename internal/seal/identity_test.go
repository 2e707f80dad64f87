package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"

	"github.com/talos-rustfs/kubectl-plugins/internal/seal/sealtest"
)

func TestParseIdentities(t *testing.T) {
	key, _ := newKey(t)
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	file := "# made today\r\n\n" + key.String() + "\r\n" + hybrid.String() + "\n"
	ids, err := ParseIdentities(strings.NewReader(file), "keys.txt", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) != 2 || ids[0].Name != "keys.txt line 3" || ids[1].Name != "keys.txt line 4" {
		t.Fatalf("got %v", ids)
	}
	if ids[0].Recipient() != key.Recipient().String() || ids[1].Recipient() != hybrid.Recipient().String() {
		t.Error("wrong recipients")
	}
	for _, text := range []string{fmt.Sprint(ids), fmt.Sprintf("%+v", ids), fmt.Sprintf("%#v", ids), ids[0].String()} {
		if strings.Contains(text, "SECRET") {
			t.Errorf("the key prints: %s", text[:20])
		}
	}
}

func TestParseIdentitiesErrors(t *testing.T) {
	key, _ := newKey(t)
	secret := key.String()
	wrong := "Q"
	if secret[30] == 'Q' {
		wrong = "P"
	}
	mistyped := secret[:30] + wrong + secret[31:]
	tests := []struct{ name, file, want string }{
		{"empty", "", "empty"},
		{"spaces", " \n\n", "empty"},
		{"comments", "# nothing\n", "only comments"},
		{"recipient", key.Recipient().String(), "line 1: a public key"},
		{"ssh recipient", "ssh-ed25519 AAAA me", "line 1: a public key"},
		{"unknown", "# x\n" + secret + "\npassword=hunter2\n", "line 3: not an age identity"},
		{"mistyped", mistyped, "line 1: a mistyped key"},
		{"lower case", strings.ToLower(secret), "line 1: not an age identity"},
		{"plugin", "AGE-PLUGIN-YUBIKEY-1QQQ", "line 1: keys of age plugins"},
		{"a backup", string(sealtest.Seal(nil, false, key.Recipient())), "not locked with a passphrase"},
		{"broken age", ageIntro + "what", "damaged"},
		{"pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not an SSH private key"},
		{"huge", strings.Repeat("#", identityLimit+1), "more than 1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseIdentities(strings.NewReader(tt.file), "keys.txt", nil)
			var unusable *IdentityError
			if !errors.As(err, &unusable) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			for _, leak := range []string{"hunter2", secret[20:40], mistyped[20:40], strings.ToLower(secret[20:40])} {
				if strings.Contains(err.Error()+unusable.Hint(), leak) {
					t.Errorf("the error holds %q", leak)
				}
			}
		})
	}
}

func TestParseEncryptedIdentities(t *testing.T) {
	key, _ := newKey(t)
	lock, err := age.NewScryptRecipient("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	lock.SetWorkFactor(10)
	file := sealtest.Seal([]byte("# mine\n"+key.String()+"\n"), false, lock)
	say := func(word string, err error) func(string) (string, error) {
		return func(prompt string) (string, error) {
			if !strings.Contains(prompt, "my.age") {
				t.Errorf("prompt %q", prompt)
			}
			return word, err
		}
	}
	for name, f := range map[string][]byte{"plain": file, "armored": armored(t, file)} {
		ids, err := ParseIdentities(bytes.NewReader(f), "my.age", say("correct horse", nil))
		if err != nil || len(ids) != 1 || ids[0].Name != "my.age line 2" {
			t.Fatalf("%s: %v, %v", name, ids, err)
		}
		plain := sealtest.Snapshot(4)
		data, report, err := open(bytes.NewReader(sealtest.Seal(plain, true, key.Recipient())), ids)
		if err != nil || !bytes.Equal(data, plain) || report.Identity != "my.age line 2" {
			t.Errorf("%s: %v, %+v", name, err, report)
		}
	}
	gone := errors.New("terminal is gone")
	tests := []struct {
		ask  func(string) (string, error)
		want string
	}{
		{say("wrong", nil), "passphrase is wrong"},
		{say("", nil), "passphrase is empty"},
		{say("", gone), "terminal is gone"},
		{nil, "nobody can be asked"},
	}
	for _, tt := range tests {
		_, err := ParseIdentities(bytes.NewReader(file), "my.age", tt.ask)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
		if tt.want == "terminal is gone" && !errors.Is(err, gone) {
			t.Errorf("%v lost its cause", err)
		}
	}
}

func TestSSHIdentities(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	open1, err := ssh.MarshalPrivateKey(private, "test")
	if err != nil {
		t.Fatal(err)
	}
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(private, "test", []byte("horse"))
	if err != nil {
		t.Fatal(err)
	}
	sshPublic, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := agessh.NewEd25519Recipient(sshPublic)
	if err != nil {
		t.Fatal(err)
	}
	plain := sealtest.Snapshot(4)
	object := sealtest.Seal(plain, false, recipient)

	asked := 0
	for name, block := range map[string]*pem.Block{"open": open1, "locked": locked} {
		ids, err := ParseIdentities(bytes.NewReader(pem.EncodeToMemory(block)), "id_ed25519", func(string) (string, error) {
			asked++
			return "horse", nil
		})
		if err != nil || len(ids) != 1 {
			t.Fatalf("%s: %v, %v", name, ids, err)
		}
		other, _ := newKey(t)
		var none *NoIdentity
		if _, _, err := open(bytes.NewReader(sealtest.Seal(plain, false, other.Recipient())), ids); !errors.As(err, &none) {
			t.Errorf("%s: a file for somebody else: %v", name, err)
		}
		if asked != 0 {
			t.Errorf("%s: asked for a passphrase without need", name)
		}
		data, report, err := open(bytes.NewReader(object), ids)
		if err != nil || !bytes.Equal(data, plain) || report.Identity != "id_ed25519" || report.Stanzas[0] != "ssh-ed25519" {
			t.Errorf("%s: %v, %+v", name, err, report)
		}
		asked = 0
	}
	ids, err := ParseIdentities(bytes.NewReader(pem.EncodeToMemory(locked)), "id_ed25519", func(string) (string, error) { return "wrong", nil })
	if err != nil {
		t.Fatal(err)
	}
	var unusable *IdentityError
	if _, _, err := open(bytes.NewReader(object), ids); !errors.As(err, &unusable) {
		t.Errorf("wrong passphrase: %v", err)
	}
}
