package rustfs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/diagnosis"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

// routeLimit is how long a way from outside may take to answer.
const routeLimit = 10 * time.Second

// checkAddress wants host and port, or nothing.
func checkAddress(s string) error {
	if s == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" {
		return errors.New("not ADDRESS:PORT")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return errors.New("not a port: " + port)
	}
	return nil
}

// probeRoute sends a signed, harmless request to each host of a route: GET
// is-admin, which any valid key may and which reads only the caller's name.
func (o *doctor) probeRoute(ctx context.Context, t *target, r diagnosis.Route) []diagnosis.Probe {
	scheme := "http"
	if r.TLS != kube.TLSNo {
		scheme = "https"
	}
	var out []diagnosis.Probe
	for _, host := range r.Hosts {
		u := &url.URL{Scheme: scheme, Host: host}
		p := diagnosis.Probe{URL: u.String(), DNS: "given"}
		if o.via == "" {
			p.DNS = resolve(ctx, host)
		}
		if p.DNS == "none" {
			p.Answer = "the name is unknown here"
		} else {
			p.Answer, p.Signed = o.askThrough(ctx, t, u)
		}
		out = append(out, p)
	}
	return out
}

// resolve tells where a host leads: an address of a private network, a public
// one, or none.
func resolve(ctx context.Context, host string) string {
	ctx, cancel := context.WithTimeout(ctx, routeLimit)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addresses) == 0 {
		return "none"
	}
	for _, a := range addresses {
		if !private(a) {
			return "public"
		}
	}
	return "LAN"
}

func private(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || netip.MustParsePrefix("100.64.0.0/10").Contains(a)
}

// askThrough says what came of asking through a URL, and whether it is the
// signature that was refused.
func (o *doctor) askThrough(ctx context.Context, t *target, u *url.URL) (answer string, signature bool) {
	ctx, cancel := context.WithTimeout(ctx, routeLimit)
	defer cancel()
	verify, err := o.where.tls(u.Hostname())
	if err != nil {
		return err.Error(), false
	}
	transport, err := kube.TransportVia(o.via, verify)
	if err != nil {
		return err.Error(), false
	}
	defer transport.CloseIdleConnections()
	c := admin.New(admin.Options{
		Endpoint: u, AccessKey: t.credential.AccessKey, SecretKey: t.credential.SecretKey, Transport: transport, UserAgent: "kubectl-rustfs/" + cli.Version(),
	})
	_, err = c.IsAdmin(ctx)
	var e *admin.Error
	switch {
	case err == nil:
		return "ok", false
	case errors.As(err, &e) && e.Code != "":
		return e.Code, e.Code == "SignatureDoesNotMatch"
	case errors.As(err, &e):
		return fmt.Sprintf("HTTP status %d %s, not of RustFS", e.Status, http.StatusText(e.Status)), false
	}
	return err.Error(), false
}
