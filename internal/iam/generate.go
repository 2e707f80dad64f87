package iam

import "io"

const (
	keyAlphabet    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	secretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// GenerateKey makes an access key of 20 capital letters and digits; random is
// crypto/rand's Reader.
func GenerateKey(random io.Reader) (string, error) { return generate(random, keyAlphabet, maxKey) }

// GenerateSecret makes a secret of 40 letters and digits, 238 bits.
func GenerateSecret(random io.Reader) (string, error) {
	return generate(random, secretAlphabet, maxSecret)
}

// generate draws letters with equal chances: bytes beyond the last whole
// multiple of the alphabet are thrown away.
func generate(random io.Reader, alphabet string, n int) (string, error) {
	limit := 256 - 256%len(alphabet)
	out := make([]byte, 0, n)
	buf := make([]byte, n)
	for len(out) < n {
		if _, err := io.ReadFull(random, buf); err != nil {
			return "", err
		}
		for _, b := range buf {
			if int(b) < limit && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out), nil
}
