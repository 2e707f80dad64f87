package rustfs

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/seal"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// now is the time, to the second, as servers keep times.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// place is where the key of a grant goes: into a Secret of the cluster, or
// onto stdout as a manifest of one.
type place struct {
	secret   string // NAMESPACE/NAME
	format   string // "", yaml, sealedsecret, sops
	showOnce bool
	layout   string
	endpoint string

	certFile            string
	controller          string
	controllerNamespace string
	recipients          []string
	sopsFile            string

	namespace, name string
	sealTo          *rsa.PublicKey
	sopsTo          []secret.SopsRecipient
}

// The formats of manifests, and the names that programs know credentials by.
const (
	formatYAML   = "yaml"
	formatSealed = "sealedsecret"
	formatSops   = "sops"

	layoutAWS    = "aws"
	layoutRustFS = "rustfs"
	layoutBoth   = "both"
)

func (l *place) flags(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&l.secret, "secret", "", "Secret NAMESPACE/NAME that gets the key")
	fs.StringVarP(&l.format, "output", "o", "", "Print a manifest instead of writing the Secret: sealedsecret, sops or yaml")
	fs.BoolVar(&l.showOnce, "show-once", false, "Let -o yaml print the secret in the clear")
	fs.StringVar(&l.layout, "secret-keys", layoutBoth, "Names in the Secret: aws (AWS_ACCESS_KEY_ID …), rustfs (access-key …) or both")
	fs.StringVar(&l.endpoint, "secret-endpoint", "", "URL of the server to put into the Secret (default: that of its service in the cluster)")
	fs.StringVar(&l.certFile, "cert", "", "File with the certificate for -o sealedsecret (default: the controller is asked)")
	fs.StringVar(&l.controller, "controller-name", "sealed-secrets-controller", "Service of the sealed-secrets controller")
	fs.StringVar(&l.controllerNamespace, "controller-namespace", "kube-system", "Namespace of the sealed-secrets controller")
	fs.StringSliceVar(&l.recipients, "age-recipient", nil, "Who can open -o sops: a public key age1…; may be repeated (default: as .sops.yaml says)")
	fs.StringVar(&l.sopsFile, "sops-file", "", "Name that the file of -o sops will have, for the path_regex of .sops.yaml")
	completeFlag(cmd, "output", cobra.FixedCompletions([]string{formatSealed, formatSops, formatYAML}, cobra.ShellCompDirectiveNoFileComp))
	completeFlag(cmd, "secret-keys", cobra.FixedCompletions([]string{layoutAWS, layoutRustFS, layoutBoth}, cobra.ShellCompDirectiveNoFileComp))
}

// manifest tells whether nothing is written into the cluster.
func (l *place) manifest() bool { return l.format != "" }

// check looks at the flags alone.
func (l *place) check() error {
	if l.secret == "" {
		return cli.Usagef("--secret is missing").WithHint("name the Secret that gets the key: --secret NAMESPACE/NAME")
	}
	var err error
	if l.namespace, l.name, err = secretName("--secret", l.secret); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{"", formatYAML, formatSealed, formatSops}, l.format):
		return cli.Usagef("--output: %q is not one of sealedsecret, sops and yaml", l.format)
	case l.format == formatYAML && !l.showOnce:
		return cli.Usagef("-o yaml would print the secret in the clear").WithHint("use -o sealedsecret or -o sops; or add --show-once if that is what you want")
	case l.showOnce && l.format != formatYAML:
		return cli.Usagef("--show-once is only for -o yaml").WithHint("leave it out: nothing is shown in the clear otherwise")
	case !slices.Contains([]string{layoutAWS, layoutRustFS, layoutBoth}, l.layout):
		return cli.Usagef("--secret-keys: %q is not one of aws, rustfs and both", l.layout)
	case l.certFile != "" && l.format != formatSealed:
		return cli.Usagef("--cert is only for -o sealedsecret")
	case (len(l.recipients) > 0 || l.sopsFile != "") && l.format != formatSops:
		return cli.Usagef("--age-recipient and --sops-file are only for -o sops")
	}
	if l.endpoint != "" {
		u, err := url.Parse(l.endpoint)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
			return cli.Usagef("--secret-endpoint: not the URL of a server").WithHint("for example: --secret-endpoint https://s3.example.com")
		}
	}
	return l.sops()
}

// secretName splits NAMESPACE/NAME.
func secretName(flag, text string) (namespace, name string, err error) {
	namespace, name, ok := strings.Cut(text, "/")
	if !ok {
		return "", "", cli.Usagef("%s: %q is not NAMESPACE/NAME", flag, text)
	}
	if why := validation.IsDNS1123Label(namespace); len(why) > 0 {
		return "", "", cli.Usagef("%s: namespace %q: %s", flag, namespace, why[0])
	}
	if why := validation.IsDNS1123Subdomain(name); len(why) > 0 {
		return "", "", cli.Usagef("%s: name %q: %s", flag, name, why[0])
	}
	return namespace, name, nil
}

// sops finds for whom a file of SOPS is encrypted, before anything is sent.
func (l *place) sops() error {
	if l.format != formatSops {
		return nil
	}
	names := l.recipients
	if len(names) == 0 {
		var err error
		if names, err = sopsRecipients(l.sopsFile); err != nil {
			return err
		}
	}
	for _, n := range names {
		if _, err := seal.ParseRecipient(n); err != nil {
			return usage(fmt.Errorf("-o sops: %w", err))
		}
		l.sopsTo = append(l.sopsTo, secret.SopsRecipient{Name: n, Wrap: func(key []byte) (string, error) { return seal.EncryptFor(n, key) }})
	}
	return nil
}

// sopsRecipients reads the nearest .sops.yaml, as sops does.
func sopsRecipients(file string) ([]string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for {
		config := filepath.Join(dir, ".sops.yaml")
		text, err := os.ReadFile(config)
		switch {
		case err == nil:
			var rules secret.SopsRules
			if err := yaml.Unmarshal(text, &rules); err != nil {
				return nil, usage(fmt.Errorf("%s: %w", config, err))
			}
			names, err := rules.Recipients(func(pattern string) (bool, error) { return regexp.MatchString(pattern, file) })
			if err != nil {
				return nil, cli.Usagef("%s: %w", config, err).WithHint("name the file with --sops-file, or who can open it with --age-recipient age1…")
			}
			return names, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		case filepath.Dir(dir) == dir:
			return nil, cli.Usagef("-o sops: there is no .sops.yaml").WithHint("name who can open the file: --age-recipient age1…")
		}
		dir = filepath.Dir(dir)
	}
}

// prepare asks for what a manifest needs, so that no key is made that cannot
// be kept.
func (l *place) prepare(ctx context.Context, p *plugin) error {
	if l.format != formatSealed {
		return nil
	}
	var text []byte
	var err error
	if l.certFile != "" {
		if text, err = os.ReadFile(l.certFile); err != nil {
			return usage(fmt.Errorf("--cert: %w", err))
		}
	} else {
		k, err := p.kube(ctx)
		if err != nil {
			return err
		}
		if text, err = k.SealingCertificate(ctx, l.controllerNamespace, l.controller); err != nil {
			return cli.Hintf(err, "name its service with --controller-namespace and --controller-name, or give the certificate with --cert FILE")
		}
	}
	if l.sealTo, err = secret.SealingKey(text, now()); err != nil {
		return usage(fmt.Errorf("certificate for -o sealedsecret: %w", err))
	}
	return nil
}

// The annotations of a grant's Secret.
const (
	noteGrant  = cli.Group + "/grant"
	noteServer = cli.Group + "/server"
	noteRecord = cli.Group + "/record"
	// When rotate put the key into it that it holds.
	noteRotated = cli.Group + "/rotated"
)

// keyContents are the values of the Secret.
type keyContents struct {
	accessKey string
	secretKey secret.Value
	endpoint  string // empty: unknown
	buckets   []string
}

// fieldNames are the names of the values in the two layouts.
func fieldNames() map[string][2]string {
	return map[string][2]string{
		"access":   {"AWS_ACCESS_KEY_ID", "access-key"},
		"secret":   {"AWS_SECRET_ACCESS_KEY", "secret-key"},
		"endpoint": {"AWS_ENDPOINT_URL", "endpoint"},
		"region":   {"AWS_REGION", "region"},
		"bucket":   {"BUCKET_NAME", "bucket"},
		"buckets":  {"BUCKET_NAMES", "buckets"},
	}
}

// data is the Secret's data, and those names of ours that do not belong in it.
func (l *place) data(c keyContents) (data map[string]secret.Value, drop []string) {
	values := map[string]string{
		"access": c.accessKey, "secret": c.secretKey.Reveal(), "endpoint": c.endpoint, "region": s3.DefaultRegion,
		"buckets": strings.Join(c.buckets, ","),
	}
	if len(c.buckets) == 1 {
		values["bucket"], values["buckets"] = c.buckets[0], ""
	}
	data = map[string]secret.Value{}
	for field, names := range fieldNames() {
		for i, layout := range []string{layoutAWS, layoutRustFS} {
			switch {
			case values[field] != "" && (l.layout == layout || l.layout == layoutBoth):
				data[names[i]] = secret.New(values[field])
			case field == "endpoint" && c.endpoint == "": // unknown now, which says nothing of what is there
			default:
				drop = append(drop, names[i])
			}
		}
	}
	slices.Sort(drop)
	return data, drop
}

// keyIn finds the access key and its secret in a Secret.
func keyIn(h kube.Held) (accessKey string, s secret.Value) {
	names := fieldNames()
	for i := range 2 {
		a, b := h.Data[names["access"][i]], h.Data[names["secret"][i]]
		if !a.Empty() && !b.Empty() {
			return a.Reveal(), b
		}
	}
	return "", secret.Value{}
}

// bucketsIn are the buckets that a Secret names.
func bucketsIn(h kube.Held) []string {
	names := fieldNames()
	one, many := names["bucket"], names["buckets"]
	for _, name := range slices.Concat(one[:], many[:]) {
		if v := h.Data[name]; !v.Empty() {
			return strings.Split(v.Reveal(), ",")
		}
	}
	return nil
}

// print writes the manifest to stdout.
func (l *place) print(out io.Writer, h kube.Held) error {
	m := secret.Manifest{Namespace: h.Namespace, Name: h.Name, Labels: map[string]string{kube.ManagedBy: h.Owner}, Annotations: h.Annotations, Data: h.Data}
	text, err := m.Plain(), error(nil)
	switch l.format {
	case formatSealed:
		text, err = m.Sealed(l.sealTo, rand.Reader)
	case formatSops:
		text, err = m.Sops(l.sopsTo, rand.Reader, now())
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	return err
}

// endpointFor is what programs of the cluster reach the server by.
func (p *plugin) endpointFor(ctx context.Context, t *target, given string) string {
	if given != "" || t.server == nil {
		return cmp.Or(given, t.url.String())
	}
	k, err := p.kube(ctx)
	if err != nil {
		return ""
	}
	u, err := k.InClusterURL(ctx, *t.server, t.endpoint, t.url.Scheme)
	if err != nil || u == "" {
		p.Remarkf("no service of %s was found: the Secret does not tell its URL; give it with --secret-endpoint", t.name())
		return ""
	}
	return u
}
