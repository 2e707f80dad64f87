package cli

import (
	"io"
	"os"
	"strings"
)

// secretLimit is more than any secret is long, in bytes.
const secretLimit = 1 << 16

// ReadSecret reads a secret from a file, from stdin when the file is "-", or
// from a variable when no file is named. White space around it is cut.
func ReadSecret(file, variable string, stdin io.Reader) (string, error) {
	switch file {
	case "":
		return os.Getenv(variable), nil
	case "-":
		b, err := io.ReadAll(io.LimitReader(stdin, secretLimit))
		return strings.TrimSpace(string(b)), err
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(f, secretLimit))
	return strings.TrimSpace(string(b)), err
}
