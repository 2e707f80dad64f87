package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"time"
)

// SealingKey reads the certificate of a sealed-secrets controller. One that
// has expired is refused, as kubeseal does.
func SealingKey(text []byte, now time.Time) (*rsa.PublicKey, error) {
	p, _ := pem.Decode(text)
	if p == nil || p.Type != "CERTIFICATE" {
		return nil, errors.New("not a certificate in PEM form")
	}
	c, err := x509.ParseCertificate(p.Bytes)
	if err != nil {
		return nil, fmt.Errorf("not a certificate: %w", err)
	}
	if now.After(c.NotAfter) {
		return nil, fmt.Errorf("the certificate has expired on %s", c.NotAfter.UTC().Format(time.DateOnly))
	}
	k, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("the certificate has no RSA key")
	}
	return k, nil
}

// Sealed is the Secret as a SealedSecret: only the controller of the cluster
// can open it, and only under this name and in this namespace (strict scope).
func (m Manifest) Sealed(key *rsa.PublicKey, random io.Reader) (string, error) {
	var data []entry
	for _, k := range m.keys() {
		sealed, err := seal(key, random, []byte(m.Reveal(k)), []byte(m.Namespace+"/"+m.Name))
		if err != nil {
			return "", fmt.Errorf("seal %s: %w", k, err)
		}
		data = append(data, entry{k, base64.StdEncoding.EncodeToString(sealed)})
	}
	return yaml([]entry{
		{"apiVersion", "bitnami.com/v1alpha1"},
		{"kind", "SealedSecret"},
		{"metadata", []entry{{"name", m.Name}, {"namespace", m.Namespace}}},
		{"spec", []entry{
			{"encryptedData", data},
			{"template", []entry{{"metadata", m.metadata()}, {"type", "Opaque"}}},
		}},
	}), nil
}

// seal is the hybrid encryption of sealed-secrets: two bytes with the length
// of the RSA part, the session key by RSA-OAEP with SHA-256, the text by
// AES-256-GCM with a nonce of zeros, for the session key is used once.
// (bitnami-labs/sealed-secrets, docs/developer/crypto.md)
func seal(key *rsa.PublicKey, random io.Reader, text, label []byte) ([]byte, error) {
	session := make([]byte, 32)
	if _, err := io.ReadFull(random, session); err != nil {
		return nil, err
	}
	aead, err := gcm(session, 12)
	if err != nil {
		return nil, err
	}
	wrapped, err := rsa.EncryptOAEP(sha256.New(), random, key, session, label)
	if err != nil {
		return nil, err
	}
	out := binary.BigEndian.AppendUint16(nil, uint16(len(wrapped)))
	out = append(out, wrapped...)
	return aead.Seal(out, make([]byte, aead.NonceSize()), text, nil), nil
}

func gcm(key []byte, nonce int) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithNonceSize(b, nonce)
}
