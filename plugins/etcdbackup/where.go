package etcdbackup

import (
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// The variables of the S3 key, as every S3 tool reads them.
const (
	accessKeyEnv    = "AWS_ACCESS_KEY_ID"
	secretKeyEnv    = "AWS_SECRET_ACCESS_KEY"
	sessionTokenEnv = "AWS_SESSION_TOKEN"
)

// whereFlags say where the backups are; what is not given is read from the
// CronJob.
type whereFlags struct {
	cronjob     string
	endpoint    string
	bucket      string
	prefix      string
	region      string
	clusterName string
	key         cli.KeyFlags
}

func (w *whereFlags) add(root *cobra.Command) {
	fs := root.PersistentFlags()
	fs.StringVar(&w.cronjob, "cronjob", "", "The talos-backup CronJob, NAMESPACE/NAME or NAME, where it is not the only one")
	fs.StringVar(&w.endpoint, "endpoint", "", "URL of the S3 store, instead of the CronJob's CUSTOM_S3_ENDPOINT")
	fs.StringVar(&w.bucket, "bucket", "", "Bucket with the backups, instead of the CronJob's BUCKET")
	fs.StringVar(&w.prefix, "prefix", "", "Look only below this prefix of object keys")
	fs.StringVar(&w.region, "region", "", "S3 region, instead of the CronJob's AWS_REGION")
	fs.StringVar(&w.clusterName, "cluster-name", "", "Look only at the backups of this cluster, where the bucket holds several")
	w.key.Add(fs, "the CronJob's", secretKeyEnv)
}

// settings are the place of the backups and how to get in.
type settings struct {
	endpoint     string // URL, or host:port, as talos-backup takes it
	bucket       string
	prefix       string
	region       string
	credential   kube.Credential
	sessionToken secret.Value
	recipients   string // the CronJob's age recipients; empty when unknown
	cronjob      string // NAMESPACE/NAME; empty without one
}

// complete reports whether nothing is left to ask the CronJob for.
func (s settings) complete() bool {
	return s.endpoint != "" && s.bucket != "" && s.credential.AccessKey != ""
}

// given are the settings of flags and environment alone. The key variables of
// the environment count when the endpoint is given too: they may belong to
// another store than the CronJob's.
func (w *whereFlags) given(stdin io.Reader) (settings, error) {
	s := settings{endpoint: w.endpoint, bucket: w.bucket, region: w.region, prefix: w.prefix}
	access := w.key.AccessKey
	if access == "" && w.endpoint != "" {
		access = os.Getenv(accessKeyEnv)
	}
	secretKey, err := w.key.Secret(access, stdin)
	if err != nil || access == "" {
		return s, err
	}
	s.credential = kube.Credential{AccessKey: access, SecretKey: secretKey, Origin: "flags and environment"}
	s.sessionToken = secret.New(os.Getenv(sessionTokenEnv))
	return s, nil
}

// parseEndpoint reads an endpoint as talos-backup does: a URL, or a host that
// is spoken to with TLS. (siderolabs/talos-backup pkg/s3, from beta.3-2 on)
func parseEndpoint(text, region string) (*url.URL, error) {
	if text == "" {
		if region == "" {
			region = "us-east-1"
		}
		return &url.URL{Scheme: "https", Host: "s3." + region + ".amazonaws.com"}, nil
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return nil, cli.Usagef("the S3 endpoint is not the URL of a server").WithHint("for example: --endpoint http://10.5.0.1:9000; the Talos API's address is --endpoints")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
