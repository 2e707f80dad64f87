package s3_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

func TestAsk(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "<Error><Code>AccessDenied</Code></Error>") //nolint:errcheck // the client looks at it
	}))
	defer web.Close()
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	o := s3.Options{Endpoint: u, Transport: http.DefaultTransport, UserAgent: "test", AccessKey: "key", SecretKey: secret.New("the-secret")}
	a, err := s3.Ask(t.Context(), o, s3.Request{Method: http.MethodPut, Bucket: "b", Key: "a b/ü%", Query: "tagging=", Body: "x", Headers: map[string]string{"X-Amz-Acl": "private"}})
	if err != nil {
		t.Fatal(err)
	}
	if !a.Refused() || a.Code != "AccessDenied" || a.Status != http.StatusForbidden {
		t.Errorf("%+v", a)
	}
	if got.URL.EscapedPath() != "/b/a%20b/%C3%BC%25" || got.URL.RawQuery != "tagging=" || body != "x" {
		t.Errorf("%s %s %q", got.URL.EscapedPath(), got.URL.RawQuery, body)
	}
	if auth := got.Header.Get("Authorization"); !strings.Contains(auth, "Credential=key/") || !strings.Contains(auth, "x-amz-acl") || strings.Contains(auth, "the-secret") {
		t.Errorf("Authorization: %s", auth)
	}
	o.AccessKey = ""
	if _, err := s3.Ask(t.Context(), o, s3.Request{Method: http.MethodGet, Bucket: "b"}); err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("Authorization") != "" || got.URL.Path != "/b" {
		t.Errorf("%s, Authorization %q", got.URL.Path, got.Header.Get("Authorization"))
	}
	web.Close()
	if _, err := s3.Ask(t.Context(), o, s3.Request{Method: http.MethodGet, Bucket: "b"}); err == nil || !strings.Contains(err.Error(), "ask GET b/") {
		t.Errorf("no server, and %v", err)
	}
}
