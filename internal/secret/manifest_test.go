package secret_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

func manifest() secret.Manifest {
	return secret.Manifest{
		Namespace: "monitoring", Name: "loki-s3",
		Labels:      map[string]string{"app.kubernetes.io/managed-by": "kubectl-rustfs"},
		Annotations: map[string]string{"b": "yes", "a": "true: \"quoted\" #"},
		Data: map[string]secret.Value{
			"access-key": secret.New("AKIA"), "secret-key": secret.New("s3cr/t+=:'\""), "AWS_REGION": secret.New("us-east-1"), "n": secret.New("007"),
		},
	}
}

// object reads what was written with a YAML parser that is not ours.
func object(t *testing.T, text string) map[string]any {
	t.Helper()
	m := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(text), &m); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return m
}

func reveal(m secret.Manifest) map[string]any {
	out := map[string]any{}
	for k, v := range m.Data {
		out[k] = v.Reveal()
	}
	return out
}

func TestPlain(t *testing.T) {
	t.Parallel()
	m := manifest()
	if diff := cmp.Diff(m.Plain(), m.Plain()); diff != "" {
		t.Error("the order changes", diff)
	}
	want := map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "stringData": reveal(m),
		"metadata": map[string]any{
			"name": "loki-s3", "namespace": "monitoring", "labels": map[string]any{"app.kubernetes.io/managed-by": "kubectl-rustfs"},
			"annotations": map[string]any{"b": "yes", "a": "true: \"quoted\" #"},
		},
	}
	if diff := cmp.Diff(want, object(t, m.Plain())); diff != "" {
		t.Error(diff)
	}
}

// certificate makes one as a sealed-secrets controller has it.
func certificate(t *testing.T, until time.Time) (*rsa.PrivateKey, []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotBefore: until.Add(-time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// unseal is the controller's half of the format.
func unseal(t *testing.T, key *rsa.PrivateKey, text, label string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	n := int(binary.BigEndian.Uint16(b))
	session, err := rsa.DecryptOAEP(sha256.New(), rand.Reader, key, b[2:2+n], []byte(label))
	if err != nil {
		t.Fatal(err)
	}
	c, err := aes.NewCipher(session)
	if err != nil {
		t.Fatal(err)
	}
	g, err := cipher.NewGCM(c)
	if err != nil {
		t.Fatal(err)
	}
	out, err := g.Open(nil, make([]byte, 12), b[2+n:], nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestSealed(t *testing.T) {
	t.Parallel()
	m, now := manifest(), time.Now()
	key, text := certificate(t, now.Add(time.Minute))
	public, err := secret.SealingKey(text, now)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Sealed(public, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spec := object(t, out)["spec"].(map[string]any)
	got := map[string]any{}
	for k, v := range spec["encryptedData"].(map[string]any) {
		got[k] = unseal(t, key, v.(string), "monitoring/loki-s3")
	}
	if diff := cmp.Diff(reveal(m), got); diff != "" {
		t.Error(diff)
	}
	labels := spec["template"].(map[string]any)["metadata"].(map[string]any)["labels"]
	if diff := cmp.Diff(map[string]any{"app.kubernetes.io/managed-by": "kubectl-rustfs"}, labels); diff != "" {
		t.Error(diff)
	}
}

func TestSealingKeyRefuses(t *testing.T) {
	t.Parallel()
	now := time.Now()
	_, expired := certificate(t, now.Add(-time.Minute))
	for why, text := range map[string][]byte{"expired": expired, "PEM": []byte("hello"), "certificate": []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")} {
		if _, err := secret.SealingKey(text, now); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want a word about %q", err, why)
		}
	}
}

// wrapFor encrypts the data key for an age key.
func wrapFor(id *age.X25519Identity) secret.SopsRecipient {
	return secret.SopsRecipient{Name: id.Recipient().String(), Wrap: func(key []byte) (string, error) {
		var b bytes.Buffer
		a := armor.NewWriter(&b)
		w, err := age.Encrypt(a, id.Recipient())
		if err != nil {
			return "", err
		}
		if _, err := w.Write(key); err != nil {
			return "", err
		}
		err = errors.Join(w.Close(), a.Close())
		return b.String(), err
	}}
}

var encrypted = regexp.MustCompile(`^ENC\[AES256_GCM,data:([^,]*),iv:([^,]*),tag:([^,]*),type:str\]$`)

// open decrypts one value as the published format says.
func open(t *testing.T, key []byte, text, path string) string {
	t.Helper()
	m := encrypted.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("not encrypted: %q", text)
	}
	var part [3][]byte
	for i := range part {
		var err error
		if part[i], err = base64.StdEncoding.DecodeString(m[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	c, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	g, err := cipher.NewGCMWithNonceSize(c, len(part[1]))
	if err != nil {
		t.Fatal(err)
	}
	out, err := g.Open(nil, part[1], append(part[0], part[2]...), []byte(path))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(out)
}

func TestSops(t *testing.T) {
	t.Parallel()
	m := manifest()
	one, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	two, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	text, err := m.Sops([]secret.SopsRecipient{wrapFor(one), wrapFor(two)}, rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "s3cr/t") {
		t.Fatal("a value in the clear")
	}
	var doc struct {
		StringData map[string]string
		Sops       struct {
			Age               []struct{ Recipient, Enc string }
			LastModified, Mac string
			EncryptedRegex    string `json:"encrypted_regex"`
			Version           string
			UnencryptedSuffix string `json:"unencrypted_suffix"`
		}
	}
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	for i, id := range []*age.X25519Identity{one, two} {
		r, err := age.Decrypt(armor.NewReader(strings.NewReader(doc.Sops.Age[i].Enc)), id)
		if err != nil {
			t.Fatal(err)
		}
		var key bytes.Buffer
		if _, err := key.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		got := map[string]any{}
		for k, v := range doc.StringData {
			got[k] = open(t, key.Bytes(), v, "stringData:"+k+":")
		}
		if diff := cmp.Diff(reveal(m), got); diff != "" {
			t.Error(diff)
		}
		// The sum is over the values in the order of the file.
		h := sha512.New()
		for _, v := range []string{"v1", "Secret", "loki-s3", "monitoring", "kubectl-rustfs", "true: \"quoted\" #", "yes", "Opaque", "us-east-1", "AKIA", "007", "s3cr/t+=:'\""} {
			_, _ = h.Write([]byte(v)) // it never fails
		}
		if mac := open(t, key.Bytes(), doc.Sops.Mac, doc.Sops.LastModified); mac != fmt.Sprintf("%X", h.Sum(nil)) {
			t.Errorf("the sum is another one: %s", mac)
		}
	}
	if _, err := m.Sops(nil, rand.Reader, time.Now()); err == nil {
		t.Error("encrypted for nobody")
	}
}

// TestSopsItself lets the real program decrypt what was written.
func TestSopsItself(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("sops")
	if p := os.Getenv("SOPS_BIN"); p != "" {
		program, err = p, nil
	}
	if err != nil {
		t.Skip("no sops: install it, or name it with SOPS_BIN=/path")
	}
	m, dir := manifest(), t.TempDir()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	text, err := m.Sops([]secret.SopsRecipient{wrapFor(id)}, rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "secret.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "decrypt", file)
	cmd.Env = append(os.Environ(), "SOPS_AGE_KEY="+id.String())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s\n%s", err, errs.String(), text)
	}
	if diff := cmp.Diff(object(t, m.Plain()), object(t, out.String())); diff != "" {
		t.Error(diff)
	}
}

func TestSopsRules(t *testing.T) {
	t.Parallel()
	var rules secret.SopsRules
	text := "creation_rules:\n- {path_regex: prod/, age: 'age1a, age1b'}\n- {path_regex: list, age: [age1c]}\n- {path_regex: kms, kms: arn}\n- {age: age1d}\n"
	if err := yaml.Unmarshal([]byte(text), &rules); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"prod/x.yaml": "age1a age1b", "list.yaml": "age1c", "else": "age1d"} {
		got, err := rules.Recipients(func(p string) (bool, error) { return regexp.MatchString(p, file) })
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v, %v, want %s", file, got, err, want)
		}
	}
	if _, err := rules.Recipients(func(p string) (bool, error) { return regexp.MatchString(p, "kms.yaml") }); err == nil {
		t.Error("a rule without age was taken")
	}
}
