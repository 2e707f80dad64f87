package kube

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestFresh(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)

	for status, want := range map[string]bool{
		`{"containerStatuses":[{"ready":true,"state":{"running":{"startedAt":"2026-01-02T03:04:05Z"}}}]}`:  true,
		`{"containerStatuses":[{"ready":true,"state":{"running":{"startedAt":"2026-01-02T03:04:04Z"}}}]}`:  false,
		`{"containerStatuses":[{"ready":false,"state":{"running":{"startedAt":"2026-01-02T03:04:09Z"}}}]}`: false,
		`{"containerStatuses":[{"ready":true,"state":{}}]}`:                                                false,
		`{}`: false,
	} {
		var p pod
		if err := json.Unmarshal([]byte(`{"status":`+status+`}`), &p); err != nil {
			t.Fatal(err)
		}

		if got := p.fresh(start); got != want {
			t.Errorf("%s: %v", status, got)
		}
	}
}

// TestDNSReady: what the API server tells of the pods is not enough.
func TestDNSReady(t *testing.T) {
	for name, c := range map[string]struct{ pods, unready, err string }{
		"all answer":        {pods: "coredns-a coredns-b other"},
		"one has not yet":   {pods: "coredns-a coredns-b", unready: "coredns-b", err: "coredns-b: 503"},
		"another one hurts": {pods: "coredns-a other", unready: "other"},
		"there are none":    {pods: "other", err: "no pods"},
	} {
		t.Run(name, func(t *testing.T) {
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch strings.TrimPrefix(r.URL.Path, "/api/v1/namespaces/kube-system/pods") {
				case "":
					var items []string
					for _, p := range strings.Fields(c.pods) {
						items = append(items, `{"metadata":{"name":"`+p+`"}}`)
					}

					_, _ = fmt.Fprintf(w, `{"items":[%s]}`, strings.Join(items, ","))
				case "/" + c.unready + ":8181/proxy/ready":
					http.Error(w, "kubernetes", http.StatusServiceUnavailable)
				default:
					_, _ = fmt.Fprint(w, "OK")
				}
			}))
			defer web.Close()

			err := (&Client{server: web.URL, http: web.Client()}).DNSReady(t.Context())
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}
