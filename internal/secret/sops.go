package secret

import (
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// SopsRecipient is one who can open a file of SOPS.
type SopsRecipient struct {
	Name string // "age1…"
	Wrap func(dataKey []byte) (armored string, err error)
}

// The form of the file, and the part of it that is encrypted, as Flux and
// Argo CD want it of Secrets.
const (
	sopsVersion   = "3.9.4"
	sopsEncrypted = "^(data|stringData)$"
	sopsNonce     = 32 // bytes
	sopsTag       = 16
)

// Sops is the Secret as a file of SOPS: each value encrypted with AES-256-GCM
// under a data key and its path, the data key for each recipient, and a sum
// over all values. (getsops/sops, README "Encryption Protocol", aes/cipher.go)
func (m Manifest) Sops(to []SopsRecipient, random io.Reader, now time.Time) (string, error) {
	if len(to) == 0 {
		return "", errors.New("SOPS: nobody to encrypt for")
	}
	dataKey := make([]byte, 32)
	if _, err := io.ReadFull(random, dataKey); err != nil {
		return "", err
	}
	var failed error
	seal := func(text, path string) string {
		s, err := sopsValue(dataKey, random, text, path)
		failed = errors.Join(failed, err)
		return s
	}
	stamp := now.UTC().Truncate(time.Second).Format(time.RFC3339)
	sum := sha512.New()
	leaves(m.object(m.Reveal), func(text string) { io.WriteString(sum, text) }) //nolint:errcheck // a hash takes everything
	object := m.object(func(k string) string { return seal(m.Reveal(k), "stringData:"+k+":") })
	mac := seal(fmt.Sprintf("%X", sum.Sum(nil)), stamp)
	var keys [][]entry
	for _, r := range to {
		wrapped, err := r.Wrap(dataKey)
		if err != nil {
			return "", fmt.Errorf("SOPS: recipient %s: %w", r.Name, err)
		}
		keys = append(keys, []entry{{"recipient", r.Name}, {"enc", block(wrapped)}})
	}
	return yaml(append(object, entry{"sops", []entry{
		{"age", keys}, {"lastmodified", stamp}, {"mac", mac}, {"encrypted_regex", sopsEncrypted}, {"version", sopsVersion},
	}})), failed
}

// leaves visits all values in the order of the file.
func leaves(entries []entry, visit func(string)) {
	for _, e := range entries {
		switch v := e.value.(type) {
		case string:
			visit(v)
		case []entry:
			leaves(v, visit)
		}
	}
}

func sopsValue(dataKey []byte, random io.Reader, text, path string) (string, error) {
	if text == "" {
		return "", nil // SOPS leaves it as it is
	}
	nonce := make([]byte, sopsNonce)
	if _, err := io.ReadFull(random, nonce); err != nil {
		return "", err
	}
	aead, err := gcm(dataKey, sopsNonce)
	if err != nil {
		return "", err
	}
	out := aead.Seal(nil, nonce, []byte(text), []byte(path))
	b64 := base64.StdEncoding.EncodeToString
	cut := len(out) - sopsTag
	return fmt.Sprintf("ENC[AES256_GCM,data:%s,iv:%s,tag:%s,type:str]", b64(out[:cut]), b64(nonce), b64(out[cut:])), nil
}

// SopsRules are the parts of a .sops.yaml that say for whom a file is
// encrypted.
type SopsRules struct {
	Rules []struct {
		Path string `json:"path_regex"`
		Age  any    `json:"age"` // text with commas, or a list
	} `json:"creation_rules"`
}

// Recipients are the age recipients of the first rule whose path fits, which
// matches tells; a rule without a path fits always.
func (r SopsRules) Recipients(matches func(pattern string) (bool, error)) ([]string, error) {
	for _, rule := range r.Rules {
		if rule.Path != "" {
			ok, err := matches(rule.Path)
			if err != nil {
				return nil, fmt.Errorf("path_regex %q: %w", rule.Path, err)
			}
			if !ok {
				continue
			}
		}
		var out []string
		switch v := rule.Age.(type) {
		case string:
			out = strings.Split(v, ",")
		case []any:
			for _, one := range v {
				out = append(out, fmt.Sprint(one))
			}
		}
		var named []string
		for _, one := range out {
			if one = strings.TrimSpace(one); one != "" {
				named = append(named, one)
			}
		}
		if len(named) == 0 {
			return nil, errors.New("the rule that fits names no age recipient")
		}
		return named, nil
	}
	return nil, errors.New("no rule fits")
}
