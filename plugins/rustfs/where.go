package rustfs

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// whereFlags say which server is meant and with which key.
type whereFlags struct {
	server        string
	endpoint      string
	accessKey     string
	secretKeyFile string
	caFile        string
	insecure      bool
}

// secretKeyEnv holds the secret of --access-key.
const secretKeyEnv = "RUSTFS_SECRET_KEY"

func (w *whereFlags) add(root *cobra.Command) {
	fs := root.PersistentFlags()
	fs.StringVar(&w.server, "server", "", "The RustFS server to use, NAMESPACE/NAME or NAME, where there are several")
	fs.StringVar(&w.endpoint, "endpoint", "", "URL of a RustFS server outside the cluster; the cluster is not asked then")
	fs.StringVar(&w.accessKey, "access-key", "", "Access key to use instead of the server's root key; its secret comes from $"+secretKeyEnv+" or --secret-key-file")
	fs.StringVar(&w.secretKeyFile, "secret-key-file", "", "File with the secret of --access-key; - reads it from stdin")
	fs.StringVar(&w.caFile, "ca-file", "", "File with the PEM certificates that the server's certificate is verified with")
	fs.BoolVar(&w.insecure, "insecure", false, "Do not verify the RustFS server's certificate")
}

// parseEndpoint checks --endpoint; nil when it was not given.
func (w *whereFlags) parseEndpoint() (*url.URL, error) {
	if w.endpoint == "" {
		return nil, nil
	}
	if w.server != "" {
		return nil, cli.Usagef("--endpoint and --server name two places").WithHint("use one of them")
	}
	u, err := url.Parse(w.endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, cli.Usagef("--endpoint: not the URL of a server").WithHint("for example: --endpoint https://s3.example.com:9000")
	}
	u.Path = ""
	return u, nil
}

// credential is the key given by flags and environment; ok is false when none
// was.
func (w *whereFlags) credential(stdin io.Reader) (c kube.Credential, ok bool, err error) {
	if w.accessKey == "" {
		if w.secretKeyFile != "" {
			return c, false, cli.Usagef("--secret-key-file without --access-key").WithHint("add --access-key NAME")
		}
		return c, false, nil
	}
	text, err := cli.ReadSecret(w.secretKeyFile, secretKeyEnv, stdin)
	if err != nil {
		return c, false, fmt.Errorf("--secret-key-file: %w", err)
	}
	if text == "" {
		return c, false, cli.Usagef("--access-key %s: its secret is missing", w.accessKey).
			WithHint("put it into the variable %s, or use --secret-key-file FILE", secretKeyEnv)
	}
	return kube.Credential{AccessKey: w.accessKey, SecretKey: secret.New(text), Origin: "--access-key"}, true, nil
}

// tls is how the server's certificate is verified.
func (w *whereFlags) tls(serverName string) (kube.TLS, error) {
	t := kube.TLS{ServerName: serverName, Insecure: w.insecure}
	if w.caFile == "" {
		return t, nil
	}
	b, err := os.ReadFile(w.caFile)
	if err != nil {
		return t, fmt.Errorf("--ca-file: %w", err)
	}
	t.CA = b
	return t, nil
}
