package admin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Availability is what a probe of a capability found.
type Availability string

// The answers of a probe.
const (
	Available    Availability = "available"
	Unsupported  Availability = "unsupported"       // the server does not know the route: 501
	Disabled     Availability = "disabled"          // it knows it, and it is switched off
	Stubbed      Availability = "stubbed"           // it answers, with nothing in it
	VersionGated Availability = "version-gated"     // it asks for another version of the API: 426
	Denied       Availability = "permission-denied" // not for the key in use
	Undecided    Availability = "unknown"           // the answer does not tell
)

// Capability is something servers of some versions can do.
type Capability struct {
	Name  string // in a person's words
	State Availability
	Route string // that was probed
}

// probe is a harmless question: it only reads, asks for a name that nobody
// has, or sends what every version refuses before it does anything.
type probe struct {
	name, method, route string
	query               url.Values
	body                string // "" sends none
	form                bool   // the body is a form, to the root: STS
	anonymous           bool
	empty               bool // an empty answer is no stub
	also                *probe
}

// nobody is a name that no bucket, user or key has.
const nobody = "capability-probe-no-such-name"

const kmsStatus = "KMS status"

// noJSON is refused by every handler that reads JSON or an archive, after it
// has checked the key's rights.
const noJSON = "capability probe"

// probes are what is asked; the source of each is the handler in
// rustfs/src/admin/handlers that refuses it.
func probes() []probe {
	none := url.Values{"accessKey": {nobody}}
	// DELETE group/{group} refuses names above 256 characters (group.rs).
	noGroup := "group/" + strings.Repeat("a", 300)
	return []probe{
		{name: "health ready", route: "/health/ready", anonymous: true},
		{name: "server information", route: prefix + "info"},
		{name: "users", route: prefix + "list-users"},
		{name: "groups", route: prefix + "groups"},
		{name: "group delete", method: http.MethodDelete, route: prefix + noGroup},
		{name: "policies", route: prefix + "list-canned-policies"},
		{name: "policy attach and detach", method: http.MethodPost, route: prefix + "idp/builtin/policy/attach", body: noJSON},
		{name: "policy entities", route: prefix + "idp/builtin/policy-entities"},
		{name: "access keys", route: prefix + "list-service-accounts"},
		{name: "access keys of all users", route: prefix + "list-access-keys-bulk", query: url.Values{"users": {nobody}}},
		// Without a name: 400 "access key is empty" (service_account.rs).
		{name: "single access key", method: http.MethodDelete, route: prefix + "delete-service-account"},
		{name: "access key information", route: prefix + "info-access-key", query: none},
		// An action that STS does not have: 400 (sts.rs).
		{name: "temporary credentials", method: http.MethodPost, route: "/", body: "Action=CapabilityProbe&Version=2011-06-15", form: true},
		{name: "own account", route: prefix + "account/info"},
		{name: "quota", route: prefix + "quota/" + nobody},
		{name: "quota statistics", route: prefix + "quota-stats/" + nobody},
		{name: "usage", route: prefix + "datausageinfo"},
		{name: "prefix usage", route: prefix + "usage/" + nobody},
		{name: "lifecycle status", route: prefix + "ilm/expiry/status"},
		{name: "scanner status", route: prefix + "scanner/status"},
		// A kind of trace that there is not: 400 (profile_admin.rs).
		{name: "trace", route: prefix + "trace", query: url.Values{"kind": {nobody}}, empty: true},
		{
			name: "realtime metrics", route: prefix + "realtime", query: url.Values{"n": {"1"}},
			also: &probe{route: prefix + "metrics", query: url.Values{"n": {"1"}}},
		},
		{name: kmsStatus, route: prefix + "kms/service-status", also: &probe{route: prefix + "kms/status"}},
		{name: "server configuration", route: prefix + "get-config-kv"},
		// What is no archive is refused: 500 or 400 (user.rs, bucket_meta.rs).
		{name: "IAM export and import", method: http.MethodPut, route: prefix + "import-iam", body: noJSON},
		{name: "IAM import with a report", method: http.MethodPut, route: prefix + "import-iam-v2", body: noJSON},
		{name: "bucket metadata export", route: prefix + "export-bucket-metadata", query: url.Values{"bucket": {nobody}}},
		{name: "pools", route: prefix + "pools/list"},
		{name: "v4 capabilities", route: "/rustfs/admin/v4/runtime/capabilities"},
	}
}

// parallelProbes is how many are under way at once; each keeps a connection.
const parallelProbes = 4

// Capabilities probes routes, never versions: an unknown route is 501 in
// every version and asks for no right. The probes change nothing.
func (c *Client) Capabilities(ctx context.Context) ([]Capability, error) {
	all := probes()
	out := make([]Capability, len(all))
	var g errgroup.Group
	g.SetLimit(parallelProbes)
	for i, p := range all {
		g.Go(func() error {
			body, err := c.probe(ctx, p)
			used := p.route
			if p.also != nil && IsMissingRoute(err) {
				if b, e := c.probe(ctx, *p.also); !IsMissingRoute(e) {
					body, err, used = b, e, p.also.route
				}
			}
			out[i] = Capability{Name: p.name, State: classify(p, body, err), Route: strings.TrimPrefix(used, prefix)}
			if strings.HasPrefix(out[i].Route, "group/") {
				out[i].Route = "group/{name}"
			}
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

// probeBody is how much of an answer is read, bytes, so that the connection
// can be used again. A stream is not read at all.
const probeBody = 256 << 10

// probe asks and reads the answer.
func (c *Client) probe(ctx context.Context, p probe) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	method := p.method
	if method == "" {
		method = http.MethodGet
	}
	var body []byte
	if p.body != "" {
		body = []byte(p.body)
	}
	r, err := c.request(ctx, p.name, method, p.route, p.query, body)
	if err != nil {
		return nil, err
	}
	if p.form {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if !p.anonymous {
		r = c.sign(r)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	if resp.StatusCode/100 == 2 && p.empty {
		return nil, nil // a stream may not have begun to say anything
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, probeBody))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, parseError(p.name, resp.StatusCode, b)
	}
	return b, nil
}

// classify turns the answer to a probe into a word.
func classify(p probe, body []byte, err error) Availability {
	var e *Error
	switch {
	case err == nil:
		return classifyAnswer(p, body)
	case !errors.As(err, &e):
		return Undecided
	case e.Status == http.StatusUpgradeRequired:
		return VersionGated
	case p.anonymous:
		// Without a key, everything that is no health route is refused; a
		// server that is not ready says 503 there.
		if _, ok := notReady(err); ok {
			return Available
		}
		return Unsupported
	case IsMissingRoute(err):
		return Unsupported
	case e.Code == "InvalidAccessKeyId", e.Code == "SignatureDoesNotMatch", e.Code == "RequestTimeTooSkewed":
		return Undecided
	case e.Status == http.StatusForbidden:
		return Denied
	case strings.Contains(e.Message, "not initialized") && strings.HasPrefix(strings.ToLower(e.Message), "kms"), strings.Contains(e.Message, "is disabled"):
		return Disabled
	case e.Status == http.StatusServiceUnavailable && !strings.HasPrefix(p.name, "quota"):
		return Undecided
	case e.Code == "" && e.Status >= http.StatusInternalServerError:
		return Undecided // of something between
	case e.Status == http.StatusNotFound && e.Code == "NoSuchBucket" && !strings.Contains(p.route+p.query.Encode(), nobody):
		return Unsupported // the path was taken for a bucket
	}
	return Available // it understood the question, and said no to it
}

// classifyAnswer looks into a good answer.
func classifyAnswer(p probe, body []byte) Availability {
	switch {
	case len(bytes.TrimSpace(body)) == 0 && !p.empty:
		return Stubbed
	case p.name == kmsStatus && bytes.Contains(body, []byte(`"status":"NotConfigured"`)), bytes.HasPrefix(bytes.TrimSpace(body), []byte(`{"enabled":false`)):
		return Disabled
	}
	return Available
}
