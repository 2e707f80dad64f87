package rustfs

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type share struct {
	*plugin
	expires string
	host    string
	upload  bool
	version string
}

func newShare(p *plugin) *cobra.Command {
	o := &share{plugin: p}
	cmd := &cobra.Command{
		Use:   "share BUCKET/KEY...",
		Short: "Make URLs with which anybody can get or put an object for some time",
		Long: "Make URLs with which anybody can get an object, or put one, for some time. They are signed here, and nothing is sent to\n" +
			"the server. A URL is only good for the host that it was signed for: --for says under which one the server is reached\n" +
			"from outside, for example that of its Ingress. It may do what the key may do, and ends when the key does.\n\n" + cli.ExitHelp(""),
		Example: `  # For a day
  kubectl rustfs share photos/a.jpg --for https://s3.example.com --expires 1d

  # To let somebody put a file: curl -T file URL
  kubectl rustfs share inbox/report.pdf --upload --for https://s3.example.com

  # An old version, of a server outside the cluster
  kubectl rustfs share photos/a.jpg --version-id 0f9b3f60-6f1c-4c5e-8f0a-1b2c3d4e5f60 --endpoint https://s3.example.com`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeObjects,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringVar(&o.expires, "expires", "1h", "How long the URL is good: 30m, 12h, at most 7d")
	cmd.Flags().StringVar(&o.host, "for", "", "URL under which the server is reached from outside, such as https://s3.example.com")
	cmd.Flags().BoolVar(&o.upload, "upload", false, "Make a URL for PUT and not for GET")
	versionFlag(cmd, &o.version)
	o.AddPrintFlags(cmd)
	return cmd
}

// maxShare is what signatures allow (S3; s3s, ops/signature.rs).
const maxShare = 7 * 24 * time.Hour

// shareView is a URL as it is printed.
type shareView struct {
	Metadata cli.Meta     `json:"metadata"`
	Method   string       `json:"method"`
	URL      string       `json:"url"`
	Expires  *metav1.Time `json:"expires"`
}

func (o *share) check(args []string) (places []object.Location, d time.Duration, host *url.URL, err error) {
	if places, err = versionPlaces(args, o.version); err != nil {
		return nil, 0, nil, err
	}
	d, err = object.ParseDuration(o.expires)
	switch {
	case err != nil:
		return nil, 0, nil, cli.Usagef("--expires: %v", err)
	case d < time.Second || d > maxShare:
		return nil, 0, nil, cli.Usagef("--expires %s: from 1s to 7d, for no signature lasts longer", o.expires)
	case o.upload && o.version != "":
		return nil, 0, nil, cli.Usagef("--upload makes a new version: --version-id does not go with it")
	}
	for _, l := range places {
		if err := object.ValidateNewKey(l.Key); o.upload && err != nil {
			return nil, 0, nil, cli.Usagef("%q: %v", l.Key, err)
		}
	}
	host, err = o.signFor()
	return places, d, host, err
}

// signFor is the URL that is signed for; nil means --endpoint's.
func (o *share) signFor() (*url.URL, error) {
	if o.host == "" {
		if o.where.endpoint != "" {
			return nil, nil
		}
		return nil, cli.Usagef("a URL is only good for the host that it was signed for, and this server's is not known outside the cluster").
			WithHint("add --for URL, as in --for https://s3.example.com; see: kubectl get ingress -A")
	}
	u, err := url.Parse(o.host)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, cli.Usagef("--for: %q is not the URL of a server", o.host).WithHint("for example: --for https://s3.example.com")
	case strings.Trim(u.Path, "/") != "":
		return nil, cli.Usagef("--for: %q has a path, and a server below a path cannot check signatures", o.host).WithHint("give the URL of a host of its own")
	}
	u.Path = ""
	return u, nil
}

func (o *share) run(ctx context.Context, args []string) error {
	places, d, host, err := o.check(args)
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	signer := t.s3
	if host != nil {
		signer, err = s3.New(s3.Options{Endpoint: host, AccessKey: t.credential.AccessKey, SecretKey: t.credential.SecretKey})
		if err != nil {
			return usage(err)
		}
	}
	method, verb := http.MethodGet, "download"
	if o.upload {
		method, verb = http.MethodPut, "upload"
	}
	until := time.Now().Add(d).UTC().Truncate(time.Second)
	var views []shareView
	for _, l := range places {
		o.equivalent("mc", "share", verb, "--expire", d.String(), "rustfs/"+l.String())
		ref := l.Ref()
		ref.Version = o.version
		u, err := signer.Presign(ctx, method, ref, d)
		if err != nil {
			return err
		}
		views = append(views, shareView{Metadata: cli.Meta{Name: l.String()}, Method: method, URL: u, Expires: stamp(until)})
	}
	return o.print(views, until)
}

func (o *share) print(views []shareView, until time.Time) error {
	if !o.HumanOutput() {
		return cli.Print(o.UI, cli.List[shareView]{Kind: "Share", Items: views, Single: len(views) == 1, Columns: []cli.Column[shareView]{
			{Name: "Name", Value: func(v shareView) string { return v.Metadata.Name }},
			{Name: "Method", Value: func(v shareView) string { return v.Method }},
			{Name: "Expires", Value: func(v shareView) string { return utcCell(v.Expires) }},
			{Name: "URL", Value: func(v shareView) string { return v.URL }},
		}})
	}
	for _, v := range views {
		if _, err := fmt.Fprintln(o.Out, v.URL); err != nil {
			return err
		}
	}
	o.Remarkf("good until %s", until.Format(time.RFC3339))
	return nil
}

func utcCell(t *metav1.Time) string { return t.UTC().Format(time.RFC3339) }
