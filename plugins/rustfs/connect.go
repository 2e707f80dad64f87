package rustfs

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// target is the server in use, and the ways to talk to it. This is the only
// place where Kubernetes, S3 and the admin API meet.
type target struct {
	server     *kube.Server // nil with --endpoint
	endpoint   kube.Endpoint
	url        *url.URL
	credential kube.Credential
	transport  http.RoundTripper
	s3         *s3.Store
	admin      *admin.Client
}

// name is how messages call the server.
func (t *target) name() string {
	if t.server != nil {
		return t.server.ID()
	}
	return t.url.Redacted()
}

func (p *plugin) connectKube(context.Context) (*kube.Client, error) {
	return kube.Connect(p.kubeFlags)
}

func (p *plugin) connectTarget(ctx context.Context) (*target, error) {
	u, err := p.where.parseEndpoint()
	if err != nil {
		return nil, err
	}
	cred, given, err := p.where.credential(p.In)
	if err != nil {
		return nil, err
	}
	if u != nil {
		if !given {
			return nil, cli.Usagef("--endpoint needs a key").WithHint("add --access-key NAME and put its secret into $%s", secretKeyEnv)
		}
		return p.outside(u, cred)
	}
	return p.inside(ctx, cred, given)
}

// outside talks to a server at a URL.
func (p *plugin) outside(u *url.URL, cred kube.Credential) (*target, error) {
	t, err := p.where.tls("")
	if err != nil {
		return nil, err
	}
	transport, err := kube.TransportPlain(t)
	if err != nil {
		return nil, err
	}
	return p.finish(&target{url: u, credential: cred}, transport)
}

// inside finds the server in the cluster and talks to one of its pods. The
// URL's host is an IP address, because a name would be taken for a bucket by
// servers with RUSTFS_SERVER_DOMAINS; nothing listens there: the transport
// goes to the pod whatever the URL says.
func (p *plugin) inside(ctx context.Context, cred kube.Credential, given bool) (*target, error) {
	k, err := p.kube(ctx)
	if err != nil {
		return nil, err
	}
	server, err := k.FindServer(ctx, p.where.server)
	if err != nil {
		return nil, err
	}
	return p.toServer(ctx, k, server, cred, given)
}

// toServer talks to a server that was found.
func (p *plugin) toServer(ctx context.Context, k *kube.Client, server kube.Server, cred kube.Credential, given bool) (*target, error) {
	e, err := k.EndpointOf(ctx, server)
	if err != nil {
		return nil, err
	}
	if !given {
		if cred, err = k.RootCredential(ctx, server); err != nil {
			return nil, err
		}
		if cred.Default {
			p.Warnf("the server %s runs with RustFS' built-in root key; set one of your own", server.ID())
		}
	}
	verify, err := p.where.tls(e.ServerName)
	if err != nil {
		return nil, err
	}
	scheme := "http"
	if e.MaybeTLS || len(verify.CA) > 0 {
		if scheme, err = k.SchemeOf(ctx, e.PodPort); err != nil {
			return nil, err
		}
	}
	transport, err := k.TransportToServer(server, e.PodPort, verify)
	if err != nil {
		return nil, err
	}
	u := &url.URL{Scheme: scheme, Host: "127.0.0.1:" + strconv.Itoa(e.Port)}
	return p.finish(&target{server: &server, endpoint: e, url: u, credential: cred}, transport)
}

func (p *plugin) finish(t *target, transport http.RoundTripper) (*target, error) {
	t.transport = transport
	return t.clients()
}

// clients makes the two clients for the target's key.
func (t *target) clients() (*target, error) {
	store, err := s3.New(s3.Options{
		Endpoint: t.url, AccessKey: t.credential.AccessKey, SecretKey: t.credential.SecretKey, Transport: t.transport,
		UserAgent: "kubectl-rustfs", Version: cli.Version(),
	})
	if err != nil {
		return nil, err
	}
	t.s3 = store
	t.admin = admin.New(admin.Options{
		Endpoint: t.url, AccessKey: t.credential.AccessKey, SecretKey: t.credential.SecretKey, Transport: t.transport,
		UserAgent: "kubectl-rustfs/" + cli.Version(),
	})
	return t, nil
}
