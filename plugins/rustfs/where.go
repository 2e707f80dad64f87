package rustfs

import (
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

// whereFlags say which server is meant and with which key.
type whereFlags struct {
	server   string
	endpoint string
	key      cli.KeyFlags
}

// secretKeyEnv holds the secret of --access-key.
const secretKeyEnv = "RUSTFS_SECRET_KEY"

func (w *whereFlags) add(root *cobra.Command) {
	fs := root.PersistentFlags()
	fs.StringVar(&w.server, "server", "", "The RustFS server to use, NAMESPACE/NAME or NAME, where there are several")
	fs.StringVar(&w.endpoint, "endpoint", "", "URL of a RustFS server outside the cluster; the cluster is not asked then")
	w.key.Add(fs, "the server's root key", secretKeyEnv)
}

// checkServer refuses what can be no name of a server.
func (w *whereFlags) checkServer() error {
	namespace, name, both := strings.Cut(w.server, "/")
	if !both {
		namespace, name = "any", namespace
	}
	if w.server == "" || len(validation.IsDNS1123Label(namespace))+len(validation.IsDNS1123Subdomain(name)) == 0 {
		return nil
	}
	return cli.Usagef("--server: %q is not NAMESPACE/NAME or NAME", w.server).WithHint("see the names with: kubectl rustfs status")
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
	s, err := w.key.Secret(w.key.AccessKey, stdin)
	return kube.Credential{AccessKey: w.key.AccessKey, SecretKey: s, Origin: "--access-key"}, w.key.AccessKey != "", err
}

// tls is how the server's certificate is verified.
func (w *whereFlags) tls(serverName string) (kube.TLS, error) {
	ca, err := w.key.CA()
	return kube.TLS{ServerName: serverName, Insecure: w.key.Insecure, CA: ca}, err
}
