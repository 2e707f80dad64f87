package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// Availability is what a probe of a capability found.
type Availability string

// The answers of a probe.
const (
	Available   Availability = "available"
	Unavailable Availability = "not in this version"
	Denied      Availability = "not for this key"
	Undecided   Availability = "unknown"
)

// Capability is something servers of some versions can do.
type Capability struct {
	Name  string // in a person's words
	State Availability
	Route string // that was probed
}

// Capabilities probes routes, never versions: an unknown route is 501 in
// every version and asks for no right. The probes change nothing: each asks
// for something that does not exist, or only reads.
func (c *Client) Capabilities(ctx context.Context) ([]Capability, error) {
	const nobody = "capability-probe-no-such-name"
	probes := []struct {
		name, route string
		query       url.Values
	}{
		{"users", "list-users", nil},
		{"groups", "groups", nil},
		{"policies", "list-canned-policies", nil},
		{"policy attach and detach", "idp/builtin/policy-entities", nil},
		{"access keys", "list-service-accounts", nil},
		{"access keys of all users", "list-access-keys-bulk", url.Values{"users": {nobody}}},
		{"quota", "quota/" + nobody, nil},
		{"usage", "datausageinfo", nil},
		{"lifecycle status", "ilm/expiry/status", nil},
		{"scanner status", "scanner/status", nil},
		{"KMS status", "kms/status", nil},
	}
	out := make([]Capability, 0, len(probes))
	for _, p := range probes {
		_, err := c.do(ctx, p.name, http.MethodGet, prefix+p.route, p.query, nil)
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		out = append(out, Capability{Name: p.name, State: availability(err), Route: p.route})
	}
	return out, nil
}

func availability(err error) Availability {
	var e *Error
	switch {
	case err == nil:
		return Available
	case IsMissingRoute(err):
		return Unavailable
	case !errors.As(err, &e):
		return Undecided
	case e.Status == http.StatusForbidden:
		return Denied
	}
	return Available // it understood the question, and said no to the name
}
