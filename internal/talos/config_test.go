package talos

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	from  = "2026-01-01T00:00:00Z"
	until = "2027-01-01T00:00:00Z"
)

// keyPair makes a client certificate with the roles as organizations; both
// are as a talosconfig holds them.
func keyPair(t *testing.T, roles ...string) (crt, key string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	notBefore, _ := time.Parse(time.RFC3339, from)
	notAfter, _ := time.Parse(time.RFC3339, until)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{Organization: roles}, NotBefore: notBefore, NotAfter: notAfter}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", pkcs8)
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func noEnv(string) string { return "" }

func TestLoad(t *testing.T) {
	crt, key := keyPair(t, "os:reader", "os:admin")
	path := write(t, filepath.Join(t.TempDir(), "config"), fmt.Sprintf(`context: prod
contexts:
    prod:
        endpoints: [10.5.0.2, 10.5.0.3]
        nodes: [10.5.0.3]
        cluster: prod-cluster
        ca: ""
        crt: %s
        key: %s
    old:
        target: 10.6.0.2
    omni:
        endpoints: [https://x.omni.siderolabs.io]
        nodes: [a, b]
        auth:
            siderov1:
                identity: me@example.org
    empty: {}
`, crt, key))
	c, err := Load(Options{Talosconfig: path}, noEnv, "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Context != "prod" || c.Cluster != "prod-cluster" || c.pinned || !slices.Equal(c.Endpoints, []string{"10.5.0.2", "10.5.0.3"}) {
		t.Errorf("got %+v", c)
	}
	if !c.Credentials.Admin() || c.Credentials.Omni || !slices.Equal(c.Credentials.Roles, []string{"os:admin", "os:reader"}) {
		t.Errorf("got %+v", c.Credentials)
	}
	if got := c.Credentials.NotAfter.UTC().Format(time.RFC3339); got != until {
		t.Errorf("valid until %s", got)
	}
	if target, err := c.Target(); target != "10.5.0.3" || err != nil {
		t.Errorf("target %s, %v", target, err)
	}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, key[:20]) || strings.Contains(text, crt[:20]) {
		t.Errorf("keys print: %s", text)
	}

	c, err = Load(Options{Talosconfig: path, Nodes: []string{"10.5.0.9"}, Endpoints: []string{"10.5.0.8"}}, noEnv, "")
	if err != nil || !c.pinned || c.Nodes[0] != "10.5.0.9" || c.Endpoints[0] != "10.5.0.8" {
		t.Errorf("got %+v, %v", c, err)
	}
	c, err = Load(Options{Talosconfig: path, Context: "old"}, noEnv, "")
	if err != nil || !slices.Equal(c.Endpoints, []string{"10.6.0.2"}) || len(c.Credentials.Roles) != 0 {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, err := c.Target(); err == nil {
		t.Error("a context without nodes has a target")
	}
	c, err = Load(Options{Talosconfig: path, Context: "omni"}, noEnv, "")
	if err != nil || !c.Credentials.Omni {
		t.Fatalf("got %+v, %v", c, err)
	}
	if _, err := c.Target(); err == nil || !strings.Contains(err.Error(), "exactly one") {
		t.Errorf("two targets: %v", err)
	}

	for context, want := range map[string]string{"none": `no context "none"`, "empty": "neither endpoints nor nodes"} {
		_, err := Load(Options{Talosconfig: path, Context: context}, noEnv, "")
		var wrong *ConfigError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) || wrong.Hint() == "" {
			t.Errorf("context %s: %v", context, err)
		}
	}
	if c, err = Load(Options{Talosconfig: path, Context: "empty", Nodes: []string{"10.5.0.2"}}, noEnv, ""); err != nil || c.Nodes[0] != "10.5.0.2" {
		t.Errorf("got %v", err)
	}
}

func TestLoadLookup(t *testing.T) {
	const content = "context: %[1]s\ncontexts: {%[1]s: {endpoints: [10.5.0.2]}}\n"
	dir := t.TempDir()
	home := filepath.Join(dir, "home")
	inHome := write(t, filepath.Join(home, ".talos", "config"), fmt.Sprintf(content, "home"))
	inEnv := write(t, filepath.Join(dir, "env"), fmt.Sprintf(content, "env"))
	talosHome := filepath.Join(dir, "talos")
	write(t, filepath.Join(talosHome, "config"), fmt.Sprintf(content, "taloshome"))
	flag := write(t, filepath.Join(dir, "flag"), fmt.Sprintf(content, "flag"))
	tests := []struct {
		name, flag string
		env        map[string]string
		want       string
	}{
		{"home", "", nil, "home"},
		{"TALOS_HOME", "", map[string]string{"TALOS_HOME": talosHome}, "taloshome"},
		{"relative TALOS_HOME", "", map[string]string{"TALOS_HOME": "talos"}, "home"},
		{"TALOSCONFIG", "", map[string]string{"TALOS_HOME": talosHome, "TALOSCONFIG": inEnv}, "env"},
		{"flag", flag, map[string]string{"TALOSCONFIG": inEnv}, "flag"},
	}
	for _, tt := range tests {
		c, err := Load(Options{Talosconfig: tt.flag}, func(k string) string { return tt.env[k] }, home)
		if err != nil || c.Context != tt.want {
			t.Errorf("%s: %v, %v", tt.name, c, err)
		}
	}
	if c, err := Load(Options{}, noEnv, home); err != nil || c.Path != inHome {
		t.Errorf("got %v, %v", c, err)
	}
	missing := filepath.Join(dir, "missing")
	for _, o := range []struct {
		o   Options
		env string
	}{{Options{Talosconfig: missing}, ""}, {Options{}, missing}, {Options{Talosconfig: dir}, ""}} {
		_, err := Load(o.o, func(k string) string {
			if k == "TALOSCONFIG" {
				return o.env
			}
			return ""
		}, home)
		var wrong *ConfigError
		if !errors.As(err, &wrong) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("a missing file was made")
	}
	bare := t.TempDir()
	_, err := Load(Options{}, noEnv, bare)
	var wrong *ConfigError
	if !errors.As(err, &wrong) || !strings.Contains(wrong.Hint(), "--talosconfig") {
		t.Errorf("got %v", err)
	}
	if entries, _ := os.ReadDir(bare); len(entries) != 0 {
		t.Error("something was made in the home directory")
	}
}

func TestLoadBroken(t *testing.T) {
	crt, _ := keyPair(t, "os:admin")
	for name, content := range map[string]string{
		"yaml":        "contexts: [hunter2",
		"type":        "contexts: hunter2hunter2hunter2",
		"empty":       "context: \"\"\ncontexts: {}\n",
		"null":        "context: a\ncontexts:\n  a:\n",
		"no context":  "contexts: {a: {endpoints: [x]}}\n",
		"not base64":  "context: a\ncontexts: {a: {endpoints: [x], crt: hunter2!}}\n",
		"not pem":     "context: a\ncontexts: {a: {endpoints: [x], crt: aHVudGVyMg==}}\n",
		"half a cert": "context: a\ncontexts: {a: {endpoints: [x], crt: " + crt[:len(crt)/2/4*4] + "}}\n",
	} {
		_, err := Load(Options{Talosconfig: write(t, filepath.Join(t.TempDir(), "c"), content)}, noEnv, "")
		var wrong *ConfigError
		if !errors.As(err, &wrong) || wrong.Hint() == "" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error quotes the file: %v", name, err)
		}
	}
}

func TestDialWithTLS(t *testing.T) {
	crt, key := keyPair(t, "os:admin")
	path := write(t, filepath.Join(t.TempDir(), "c"), fmt.Sprintf("context: a\ncontexts: {a: {endpoints: [10.5.0.2], crt: %s, key: %s}}\n", crt, key))
	cfg, err := Load(Options{Talosconfig: path}, noEnv, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Dial(cfg, "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !slices.Equal(c.endpoints, []string{"127.0.0.1:1"}) {
		t.Errorf("endpoints %q", c.endpoints)
	}
	_, err = c.version(t.Context())
	var gone *Error
	if !errors.As(err, &gone) || !Retryable(err) || !strings.Contains(gone.Hint(), "port 50000") {
		t.Errorf("got %v", err)
	}
}
