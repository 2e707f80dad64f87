package s3_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"syscall"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// What a store answers is in test/contract/s3test; here is what is no answer.

func TestNewWantsAHost(t *testing.T) {
	t.Parallel()
	for _, u := range []*url.URL{nil, {}, {Scheme: "http"}, {Path: "/backups"}} {
		if _, err := s3.New(s3.Options{Endpoint: u}); err == nil {
			t.Errorf("%v was accepted", u)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	store, err := s3.New(s3.Options{Endpoint: &url.URL{Scheme: "http", Host: address}, AccessKey: "key"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Versioning(t.Context(), "backups")
	var e *s3.Error
	if !errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &e) {
		t.Errorf("got %v, want the network's own words", err)
	}
}

// TestListCancelledBetweenPages: half a list must not pass for a whole one.
func TestListCancelledBetweenPages(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = w.Write([]byte(`<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a</NextContinuationToken>` +
			`<Contents><Key>a</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents></ListBucketResult>`))
	}))
	t.Cleanup(web.Close)
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	store, err := s3.New(s3.Options{Endpoint: u, AccessKey: "key"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n, last := 0, error(nil)
	for _, err := range store.Objects(ctx, "backups", s3.List{}) {
		n, last = n+1, err
		cancel()
	}
	if n != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d pairs, the last with %v; want an object and a cancellation", n, last)
	}
}
