package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7/pkg/s3utils"
	"github.com/minio/minio-go/v7/pkg/signer"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// Prober tries what a key may do. It sends requests as they are, without the
// SDK's second tries and without its knowledge of regions.
type Prober struct {
	o    Options
	http *http.Client
}

// NewProber makes a Prober. It sends nothing yet.
func NewProber(o Options) *Prober {
	if o.Region == "" {
		o.Region = DefaultRegion
	}
	return &Prober{o: o, http: &http.Client{
		Transport:     o.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answerLimit is more than any answer to a trial is long, in bytes.
const answerLimit = 1 << 20

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

// send signs and sends a request, and returns the status and the code of the
// answer.
func (p *Prober) send(ctx context.Context, method, bucket, key, query string, header map[string]string, body string) (int, string, error) {
	u := *p.o.Endpoint
	u.Path = "/" + bucket
	if key != "" {
		u.Path += "/" + key
	}
	u.RawPath, u.RawQuery = s3utils.EncodePath(u.Path), query
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, "", err
	}
	sum := sha256.Sum256([]byte(body))
	r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	r.Header.Set("User-Agent", p.o.UserAgent)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	signed := signer.SignV4(*r, p.o.AccessKey, p.o.SecretKey.Reveal(), p.o.SessionToken.Reveal(), p.o.Region)
	resp, err := p.http.Do(signed)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return 0, "", err
	}
	var x struct{ Code string }
	if xml.Unmarshal(b, &x) != nil || x.Code == "" {
		x.Code = http.StatusText(resp.StatusCode)
	}
	return resp.StatusCode, x.Code, nil
}
