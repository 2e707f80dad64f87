package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// KeyFlags say with which key, and with whose certificate, a store is spoken
// to. The secret itself has no flag: it comes from a variable or a file.
type KeyFlags struct {
	AccessKey string
	Insecure  bool

	secretKeyFile string
	caFile        string
	variable      string
}

// Add registers the flags. instead says whose key they replace, variable is
// where the secret of --access-key is looked for.
func (k *KeyFlags) Add(fs *pflag.FlagSet, instead, variable string) {
	k.variable = variable
	fs.StringVar(&k.AccessKey, "access-key", "", "Access key to use instead of "+instead+"; its secret comes from $"+variable+" or --secret-key-file")
	fs.StringVar(&k.secretKeyFile, "secret-key-file", "", "File with the secret of --access-key; - reads it from stdin")
	fs.StringVar(&k.caFile, "ca-file", "", "File with the PEM certificates that the store's certificate is verified with")
	fs.BoolVar(&k.Insecure, "insecure", false, "Do not verify the store's certificate")
}

// Secret reads the secret of an access key, which is --access-key unless the
// caller found another one. No access key is no error, and no secret.
func (k *KeyFlags) Secret(accessKey string, stdin io.Reader) (secret.Value, error) {
	if accessKey == "" {
		if k.secretKeyFile != "" {
			return secret.Value{}, Usagef("--secret-key-file without an access key").WithHint("add --access-key NAME")
		}
		return secret.Value{}, nil
	}
	text, err := ReadSecret(k.secretKeyFile, k.variable, stdin)
	if err != nil {
		return secret.Value{}, fmt.Errorf("--secret-key-file: %w", err)
	}
	if text == "" {
		return secret.Value{}, Usagef("access key %s: its secret is missing", accessKey).
			WithHint("put it into the variable %s, or use --secret-key-file FILE", k.variable)
	}
	return secret.New(text), nil
}

// CA is the content of --ca-file; nil when it was not given.
func (k *KeyFlags) CA() ([]byte, error) {
	if k.caFile == "" {
		return nil, nil
	}
	b, err := os.ReadFile(k.caFile)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	return b, nil
}

// CAFile is --ca-file; empty when it was not given.
func (k *KeyFlags) CAFile() string { return k.caFile }
