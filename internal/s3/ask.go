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

	"github.com/minio/minio-go/v7/pkg/s3utils"
	"github.com/minio/minio-go/v7/pkg/signer"
)

// Request is one request as it is sent, for looking at the answer.
type Request struct {
	Method  string
	Bucket  string
	Key     string
	Query   string // as in a URL
	Headers map[string]string
	Body    string
}

// Answer is what came of a Request.
type Answer struct {
	Status int    // of HTTP
	Code   string // S3's; empty for good answers, and where there is no body
	Body   []byte // at most answerLimit bytes
}

// answerLimit is more than any answer that is looked at is long, in bytes.
const answerLimit = 1 << 20

// Refused reports that the server did not let the request through to its
// work.
func (a Answer) Refused() bool { return a.Status == http.StatusForbidden }

// Ask sends one request, signed with the key of o, or unsigned without one,
// and without the SDK's second tries. An answer that says no is no error.
func Ask(ctx context.Context, o Options, q Request) (Answer, error) {
	op := "ask " + q.Method + " " + q.Bucket + "/" + q.Key
	u := *o.Endpoint
	u.Path = "/" + q.Bucket
	if q.Key != "" {
		u.Path += "/" + q.Key
	}
	u.RawPath, u.RawQuery = s3utils.EncodePath(u.Path), q.Query
	r, err := http.NewRequestWithContext(ctx, q.Method, u.String(), bytes.NewReader([]byte(q.Body)))
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %w", op, err)
	}
	for name, value := range q.Headers {
		r.Header.Set(name, value)
	}
	if o.UserAgent != "" {
		r.Header.Set("User-Agent", o.UserAgent)
	}
	if o.AccessKey != "" {
		sum := sha256.Sum256([]byte(q.Body))
		r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
		r = signer.SignV4(*r, o.AccessKey, o.SecretKey.Reveal(), o.SessionToken.Reveal(), DefaultRegion)
	}
	client := http.Client{Transport: o.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %w", op, err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %w", op, err)
	}
	a := Answer{Status: resp.StatusCode, Body: b}
	if a.Status/100 != 2 {
		var x struct{ Code string }
		if xml.Unmarshal(b, &x) == nil {
			a.Code = x.Code
		}
	}
	return a, nil
}
