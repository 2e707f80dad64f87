package admin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// serve runs a server that answers as h says, and a client of it.
func serve(t *testing.T, h http.HandlerFunc) *admin.Client {
	t.Helper()
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	return admin.New(admin.Options{Endpoint: u, AccessKey: "key", SecretKey: secret.New("a-secret"), UserAgent: "test"})
}

// says fails unless an error has these words in it; without words, there is to
// be no error.
func says(t *testing.T, err error, words string) {
	t.Helper()
	if words == "" && err != nil || words != "" && (err == nil || !strings.Contains(err.Error(), words)) {
		t.Errorf("error %v, want %q", err, words)
	}
}

// answer is a server that always says the same.
func answer(t *testing.T, status int, body string) *admin.Client {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

const infoMessage = `{"mode":"online","deploymentID":"d","region":null,"buckets":{"count":2,"error":null},` +
	`"backend":{"backendType":"Erasure","onlineDisks":3,"offlineDisks":1},"new":{"unknown":[1]},` +
	`"servers":[{"state":"online","version":"2026-01-01T00:00:00Z@1.0.1","drives":[{"state":"ok","totalspace":10,"availspace":4}]}]}`

func TestInfo(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"wrapped":  `{"info":` + infoMessage + `,"admin_discovery":{},"bitrotSelftest":"passed"}`,
		"as it is": infoMessage,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, err := answer(t, 200, body).Info(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if i.Mode != "online" || i.Deployment != "d" || i.Buckets.Count != 2 || i.Backend.Online != 3 || i.Backend.Offline != 1 {
				t.Errorf("%+v", i)
			}
			if len(i.Nodes) != 1 || i.Nodes[0].Tag() != "1.0.1" {
				t.Fatalf("%+v", i.Nodes)
			}
			want := []admin.Drive{{State: "ok", Total: 10, Free: 4}}
			if diff := cmp.Diff(want, i.Nodes[0].Drives); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"2026-01-30T00:00:00Z@1.0.0-alpha.82": "1.0.0-alpha.82", "@1.0.1": "1.0.1", "1.0.1": "1.0.1", "": "", "a@b@c": "c",
	} {
		if got := (admin.Node{Version: version}).Tag(); got != want {
			t.Errorf("%q: %q, want %q", version, got, want)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want admin.Usage
	}{
		"never scanned": {`{"total_capacity":10,"last_update":null,"buckets_usage":{}}`, admin.Usage{Capacity: 10, Buckets: map[string]admin.BucketUsage{}}},
		"epoch":         {`{"last_update":{"secs_since_epoch":0,"nanos_since_epoch":0}}`, admin.Usage{}},
		"scanned": {
			`{"last_update":{"secs_since_epoch":1700000000,"nanos_since_epoch":5},"total_free_capacity":3,"buckets_usage":{"b":{"size":7,"objects_count":2,"versions_count":3,"delete_markers_count":1}}}`,
			admin.Usage{Updated: time.Unix(1700000000, 5).UTC(), Free: 3, Buckets: map[string]admin.BucketUsage{"b": {Bytes: 7, Objects: 2, Versions: 3, DeleteMarkers: 1}}},
		},
	} {
		got, err := answer(t, 200, c.body).Usage(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>`
	for name, c := range map[string]struct {
		status  int
		body    string
		want    admin.Error
		text    string
		hint    string
		missing bool
	}{
		"XML": {
			404, xmlHead + `<Error><Code>NoSuchResource</Code><Message>user &apos;bob&apos; does not exist</Message><RequestId>1</RequestId></Error>`,
			admin.Error{Code: "NoSuchResource", Status: 404, Message: "user 'bob' does not exist"},
			"usage of the server: user 'bob' does not exist (NoSuchResource)", "", false,
		},
		"code alone":    {403, `<Error><Code>AccessDenied</Code></Error>`, admin.Error{Code: "AccessDenied", Status: 403}, "usage of the server: AccessDenied", "--access-key", false},
		"clock":         {403, `<Error><Code>RequestTimeTooSkewed</Code></Error>`, admin.Error{Code: "RequestTimeTooSkewed", Status: 403}, "usage of the server: RequestTimeTooSkewed", "clock", false},
		"unknown route": {501, "", admin.Error{Code: "NotImplemented", Status: 501}, "usage of the server: NotImplemented", "rustfs status", true},
		"upgrade":       {426, "", admin.Error{Status: 426}, "usage of the server: HTTP status 426", "", true},
		"starting":      {503, "Service not ready", admin.Error{Status: 503}, "usage of the server: HTTP status 503", "try again", false},
		"garbage":       {502, "<html><p>Bad Gateway", admin.Error{Status: 502}, "usage of the server: HTTP status 502", "", false},
		"cut short":     {500, `<Error><Code>Internal`, admin.Error{Status: 500}, "usage of the server: HTTP status 500", "", false},
		"redirect":      {307, "", admin.Error{Status: 307}, "usage of the server: HTTP status 307", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := answer(t, c.status, c.body).Usage(t.Context())
			var e *admin.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			c.want.Op = "usage of the server"
			if diff := cmp.Diff(c.want, *e, cmpopts.IgnoreUnexported(admin.Error{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if e.Error() != c.text || admin.IsMissingRoute(err) != c.missing {
				t.Errorf("%q, missing route %v", e.Error(), admin.IsMissingRoute(err))
			}
			if c.hint == "" && e.Hint() != "" || !strings.Contains(e.Hint(), c.hint) {
				t.Errorf("hint %q", e.Hint())
			}
		})
	}
}

func TestBadAnswers(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"empty":   func(http.ResponseWriter, *http.Request) {},
		"garbage": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>hello</html>") },
		"a list":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[1,2]") },
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, infoMessage[:len(infoMessage)/2])
		},
		"cut on the way": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, infoMessage)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, h)
			if i, err := c.Info(t.Context()); err == nil {
				t.Errorf("info: %+v", i)
			}
			if u, err := c.Usage(t.Context()); err == nil {
				t.Errorf("usage: %+v", u)
			}
			if h, err := c.Health(t.Context()); err == nil {
				t.Errorf("health: %+v", h)
			}
		})
	}
}

func TestHugeAnswer(t *testing.T) {
	t.Parallel()
	block := bytes.Repeat([]byte(" "), 1<<20)
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 65 {
			if _, err := w.Write(block); err != nil {
				return // the client has seen enough
			}
		}
	})
	if _, err := c.Info(t.Context()); err == nil || !strings.Contains(err.Error(), "longer than 64 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	const starting = `{"status":"degraded","version":"1.0.1","ready":false,"degradedReasons":["storage_and_iam_unavailable","startup_finalization_pending"]}`
	const old = `{"status":"ok","service":"rustfs-endpoint","version":"0.0.5"}`
	for name, c := range map[string]struct {
		answers map[string]string // by path; others are 404
		status  int
		want    admin.Health
		err     string
	}{
		"ready":           {map[string]string{"/health/ready": `{"status":"ok","version":"1.0.1","ready":true,"degradedReasons":[]}`}, 200, admin.Health{Status: "ok", Version: "1.0.1", Ready: &yes, Degraded: []string{}}, ""},
		"old":             {map[string]string{"/health": old}, 200, admin.Health{Status: "ok", Version: "0.0.5"}, ""},
		"not ready":       {map[string]string{"/health/ready": starting}, 503, admin.Health{Status: "degraded", Version: "1.0.1", Ready: &no, Degraded: []string{"storage_and_iam_unavailable", "startup_finalization_pending"}}, ""},
		"gate":            {map[string]string{"/health/ready": "Service not ready"}, 503, admin.Health{}, "HTTP status 503"},
		"JSON of another": {map[string]string{"/health/ready": `{"message":"no healthy upstream"}`}, 503, admin.Health{}, "HTTP status 503"},
		"nothing":         {nil, 200, admin.Health{}, "HTTP status 404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "" {
					t.Error("a health probe needs no key")
				}
				body, ok := c.answers[r.URL.Path]
				if !ok {
					w.WriteHeader(http.StatusNotFound)
					return
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, body)
			}).Health(t.Context())
			says(t, err, c.err)
			if diff := cmp.Diff(c.want, h); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		switch route := strings.TrimPrefix(r.URL.Path, "/rustfs/admin/v3/"); {
		case err != nil, r.Method != http.MethodGet && len(body) == 0 && route != "delete-service-account" && !strings.HasPrefix(route, "group/aaa"):
			t.Errorf("%s %s: a probe must not do anything", r.Method, route)
		case json.Valid(body) && len(body) > 0:
			t.Errorf("%s %s: the body could be taken for something", r.Method, route)
		case route == "list-users":
			w.WriteHeader(http.StatusForbidden)
		case route == "groups", route == "realtime":
			w.WriteHeader(http.StatusNotImplemented)
		case route == "list-canned-policies", route == "metrics":
			_, _ = io.WriteString(w, "{}")
		case route == "datausageinfo":
			panic(http.ErrAbortHandler)
		case route == "kms/service-status":
			_, _ = io.WriteString(w, `{"status":"NotConfigured"}`)
		case route == "pools/list":
			w.WriteHeader(http.StatusOK)
		case route == "/rustfs/admin/v4/runtime/capabilities":
			w.WriteHeader(http.StatusUpgradeRequired)
		case route == "scanner/status":
			_, _ = io.WriteString(w, `{"enabled":false,"disabled_reason":"disabled by RUSTFS_SCANNER_ENABLED"}`)
		case route == "account/info":
			w.WriteHeader(http.StatusServiceUnavailable)
		case route == "/health/ready":
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"ready":false,"degradedReasons":["storage"]}`)
		case strings.HasPrefix(route, "quota"):
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, "<Error><Code>ServiceUnavailable</Code><Message>authoritative bucket usage is not available yet</Message></Error>")
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	all, err := c.Capabilities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]admin.Availability{}
	for _, k := range all {
		got[k.Name] = k.State
	}
	for name, want := range map[string]admin.Availability{
		"users": admin.Denied, "groups": admin.Unsupported, "policies": admin.Available, "usage": admin.Undecided, "quota": admin.Available,
		"KMS status": admin.Disabled, "pools": admin.Stubbed, "v4 capabilities": admin.VersionGated, "scanner status": admin.Disabled,
		"own account": admin.Undecided, "health ready": admin.Available, "realtime metrics": admin.Available, "group delete": admin.Available,
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}

// TestRequest: the signature needs the hash of the body, and the secret stays
// at home.
func TestRequest(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		if a := r.Header.Get("Authorization"); !strings.HasPrefix(a, "AWS4-HMAC-SHA256 Credential=key/") || !strings.Contains(a, "/us-east-1/s3/aws4_request") {
			t.Errorf("authorization %q", a)
		}
		if r.Header.Get("X-Amz-Content-Sha256") != empty || r.Header.Get("User-Agent") != "test" || r.URL.RawQuery != "" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		var all bytes.Buffer
		if err := r.Header.Write(&all); err != nil || strings.Contains(all.String(), "a-secret") {
			t.Errorf("the secret is sent: %s %v", all.String(), err)
		}
		_, _ = io.WriteString(w, "{}")
	})
	if _, err := c.Usage(t.Context()); err != nil {
		t.Error(err)
	}
}

// canned is a transport that answers without a network.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

func (c canned) client() *admin.Client {
	return admin.New(admin.Options{Endpoint: &url.URL{Scheme: "http", Host: "127.0.0.1:9000"}, SecretKey: secret.New("a-secret"), Transport: c})
}

func FuzzInfo(f *testing.F) {
	f.Add([]byte(infoMessage))
	f.Add([]byte(`{"info":` + infoMessage + `}`))
	f.Add([]byte(`{"info":null}`))
	f.Add([]byte(`{"info":[],"servers":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		i, err := canned{200, string(body)}.client().Info(t.Context())
		if err == nil && !json.Valid(body) {
			t.Errorf("%q is no JSON and was taken for %+v", body, i)
		}
		for _, n := range i.Nodes {
			if strings.Contains(n.Tag(), "@") {
				t.Errorf("tag %q", n.Tag())
			}
		}
	})
}

func FuzzError(f *testing.F) {
	f.Add(404, `<Error><Code>NoSuchResource</Code><Message>m</Message></Error>`)
	f.Add(501, "")
	f.Add(500, "<Error><Code>a</Code><Code>b</Code>")
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status/100 == 2 {
			t.Skip("not an error's status")
		}
		_, err := canned{status, body}.client().Info(t.Context())
		var e *admin.Error
		if !errors.As(err, &e) || e.Status != status || !strings.HasPrefix(e.Error(), "server information: ") {
			t.Fatalf("%d %q: %v", status, body, err)
		}
		if (status == 501 || status == 426) != admin.IsMissingRoute(err) {
			t.Errorf("%d: missing route %v", status, admin.IsMissingRoute(err))
		}
	})
}
