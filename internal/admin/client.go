// Package admin is the one place that knows RustFS' admin API:
// /rustfs/admin/v3, plain JSON both ways, signed with SigV4 for the service
// "s3". (rustfs/src/admin at 1.0.1)
package admin

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/minio/minio-go/v7/pkg/signer"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// Options say where the server is and who asks.
type Options struct {
	Endpoint     *url.URL // http or https, host and port; no path
	AccessKey    string
	SecretKey    secret.Value
	SessionToken secret.Value
	Transport    http.RoundTripper
	UserAgent    string
}

// Client speaks to one server. It is safe for concurrent use.
type Client struct {
	o    Options
	http *http.Client
}

// New makes a Client. It sends nothing yet.
func New(o Options) *Client {
	return &Client{o: o, http: &http.Client{
		Transport:     o.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

const (
	prefix  = "/rustfs/admin/v3/"
	maxBody = 64 << 20 // of an answer, bytes
)

// Error is an answer of the server that says no.
type Error struct {
	Op      string // what was asked for
	Code    string // S3's: NoSuchResource, AccessDenied
	Status  int    // HTTP
	Message string
	body    []byte
	hint    string // instead of the code's
}

func (e *Error) Error() string {
	switch {
	case e.Message == "" && e.Code == "":
		return fmt.Sprintf("%s: HTTP status %d", e.Op, e.Status)
	case e.Message == "":
		return fmt.Sprintf("%s: %s", e.Op, e.Code)
	}
	return fmt.Sprintf("%s: %s (%s)", e.Op, e.Message, e.Code)
}

// Reason is the machine-readable code.
func (e *Error) Reason() string { return e.Code }

// Retryable reports that the server was busy or starting: it has not done
// what it was asked for.
func (e *Error) Retryable() bool {
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return e.Code == "SlowDown" || e.Code == "ServiceUnavailable"
}

// Hint says what to do about the code.
func (e *Error) Hint() string {
	switch {
	case e.hint != "":
		return e.hint
	case e.Code == "NotImplemented":
		return "this server's version does not have it; see: kubectl rustfs status"
	case e.Code == "AccessDenied":
		return "this access key has no admin policy for it; use the root key, or one with admin rights: --access-key NAME"
	case e.Code == "InvalidAccessKeyId", e.Code == "SignatureDoesNotMatch":
		return "the key is not the server's; if its Secret was changed, restart the server, or give the key with --access-key"
	case e.Code == "RequestTimeTooSkewed":
		return "the clocks of this machine and of the server differ by more than 15 minutes; set this machine's clock"
	case e.Status == http.StatusServiceUnavailable:
		return "the server is starting or busy; try again"
	}
	return ""
}

// IsMissingRoute reports that the server does not know the route: 501, or 426
// below /v4 (1.0.1).
func IsMissingRoute(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusNotImplemented || e.Status == http.StatusUpgradeRequired)
}

// IsCode reports whether err is an answer with this code.
func IsCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// get asks a route for JSON. op names it in errors.
func (c *Client) get(ctx context.Context, op, route string, query url.Values, into any) error {
	return c.ask(ctx, op, http.MethodGet, route, query, into)
}

// ask is get with another method.
func (c *Client) ask(ctx context.Context, op, method, route string, query url.Values, into any) error {
	b, err := c.do(ctx, op, method, prefix+route, query, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: the answer is no JSON of the known form: %w", op, err)
	}
	return nil
}

// do sends one signed request and returns the body of a good answer.
func (c *Client) do(ctx context.Context, op, method, path string, query url.Values, body []byte) ([]byte, error) {
	r, err := c.request(ctx, op, method, path, query, body)
	if err != nil {
		return nil, err
	}
	return c.send(op, c.sign(r))
}

// request makes a request that is not signed yet.
func (c *Client) request(ctx context.Context, op, method, path string, query url.Values, body []byte) (*http.Request, error) {
	u := *c.o.Endpoint
	u.Path, u.RawQuery = path, query.Encode()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	sum := sha256.Sum256(body)
	r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:])) // verified by the server, and required
	r.Header.Set("User-Agent", c.o.UserAgent)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

func (c *Client) sign(r *http.Request) *http.Request {
	return signer.SignV4(*r, c.o.AccessKey, c.o.SecretKey.Reveal(), c.o.SessionToken.Reveal(), "us-east-1")
}

// open sends one signed request whose good answer has no end of its own; the
// caller closes its body.
func (c *Client) open(ctx context.Context, op, method, path string, query url.Values) (*http.Response, error) {
	r, err := c.request(ctx, op, method, path, query, nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(c.sign(r))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return nil, parseError(op, resp.StatusCode, b)
}

func (c *Client) send(op string, r *http.Request) ([]byte, error) {
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", op, err)
	case len(b) > maxBody:
		return nil, fmt.Errorf("%s: the answer is longer than %d MiB", op, maxBody>>20)
	case resp.StatusCode/100 != 2:
		return nil, parseError(op, resp.StatusCode, b)
	}
	return b, nil
}

// parseError reads S3's XML errors, which RustFS answers on JSON routes too;
// STS wraps them. HEAD and some 501 answers have no body.
func parseError(op string, status int, body []byte) *Error {
	type said struct{ Code, Message string }
	var x struct {
		said
		Wrapped said `xml:"Error"`
	}
	e := &Error{Op: op, Status: status, body: body}
	if xml.Unmarshal(body, &x) == nil {
		e.Code, e.Message = cmp.Or(x.Code, x.Wrapped.Code), cmp.Or(x.Message, x.Wrapped.Message)
	}
	if e.Code == "" && status == http.StatusNotImplemented {
		e.Code = "NotImplemented"
	}
	return e
}
