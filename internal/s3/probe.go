package s3

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// Prober tries what a key may do. It sends requests as they are, without the
// SDK's second tries and without its knowledge of regions.
type Prober struct{ o Options }

// NewProber makes a Prober. It sends nothing yet.
func NewProber(o Options) *Prober { return &Prober{o: o} }

// Allows sends the request of a check and tells whether the server let it
// through to its work, whatever came of that. An error is a key that is not
// known, a server that is not well, or no answer at all.
func (p *Prober) Allows(ctx context.Context, c iam.Check) (bool, error) {
	key := ""
	if iam.OnObjects(c.Trial.Action) {
		key = c.Key
	}
	query := strings.ReplaceAll(c.Trial.Query, "PREFIX", url.QueryEscape(c.Key))
	status, code, err := p.send(ctx, c.Trial.Method, c.Bucket, key, query, c.Trial.Header, c.Trial.Body)
	op := "try " + c.String()
	switch {
	case err != nil:
		return false, fmt.Errorf("%s: %w", op, err)
	case code == "InvalidAccessKeyId", code == "SignatureDoesNotMatch", code == "RequestTimeTooSkewed", code == "InvalidTokenId":
		return false, &Error{Op: op, Code: code, Status: status}
	case status >= http.StatusInternalServerError:
		return false, &Error{Op: op, Code: code, Status: status, Message: fmt.Sprintf("HTTP status %d", status)}
	}
	return status != http.StatusForbidden, nil
}

// Forget deletes one version of an object, without asking whether it is there.
func (p *Prober) Forget(ctx context.Context, bucket, key, version string) error {
	query := ""
	if version != "" {
		query = "versionId=" + url.QueryEscape(version)
	}
	op := fmt.Sprintf("delete object %q of bucket %q", key, bucket)
	status, code, err := p.send(ctx, http.MethodDelete, bucket, key, query, nil, "")
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", op, err)
	case status/100 != 2 && status != http.StatusNotFound:
		return &Error{Op: op, Code: code, Status: status}
	}
	return nil
}

// send asks, and returns the status and the code of the answer; the words of
// the status where there is no code.
func (p *Prober) send(ctx context.Context, method, bucket, key, query string, header map[string]string, body string) (int, string, error) {
	a, err := Ask(ctx, p.o, Request{Method: method, Bucket: bucket, Key: key, Query: query, Headers: header, Body: body})
	return a.Status, cmp.Or(a.Code, http.StatusText(a.Status)), err
}
