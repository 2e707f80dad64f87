package s3_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// answering is a store whose server answers with answer.
func answering(t *testing.T, answer func(*http.Request) string) *s3.Store {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, answer(r))
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
	return store
}

// TestListGoingRound: a server that sends a page again and again ends the list
// with an error.
func TestListGoingRound(t *testing.T) {
	t.Parallel()
	entry := func(key string) string {
		return `<Contents><Key>` + key + `</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag></Contents>`
	}
	store := answering(t, func(r *http.Request) string {
		keys := entry("c") + entry("d")
		if r.URL.Query().Get("continuation-token") == "" {
			keys = entry("a") + entry("b")
		}
		return `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken>` + keys + `</ListBucketResult>`
	})
	var keys []string
	var last error
	for o, err := range store.Objects(t.Context(), "backups", s3.List{}) {
		if last = err; err == nil {
			keys = append(keys, o.Key)
		}
	}
	if last == nil || !strings.Contains(last.Error(), "again and again") || len(keys) > 8 {
		t.Errorf("%q, %v", keys, last)
	}
}

// TestUnsortedListIsNoCircle: old servers do not sort; that alone is no error.
func TestUnsortedListIsNoCircle(t *testing.T) {
	t.Parallel()
	store := answering(t, func(*http.Request) string {
		var b strings.Builder
		for _, k := range []string{"b", "a", "d", "c", "a2"} {
			b.WriteString(`<Contents><Key>` + k + `</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag></Contents>`)
		}
		return `<ListBucketResult><IsTruncated>false</IsTruncated>` + b.String() + `</ListBucketResult>`
	})
	n := 0
	for _, err := range store.Objects(t.Context(), "backups", s3.List{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d objects", n)
	}
}

// TestRemoveAsksOnce: a server that names the version of the delete marker, or
// leaves out "null", has still answered.
func TestRemoveAsksOnce(t *testing.T) {
	t.Parallel()
	requests := 0
	store := answering(t, func(*http.Request) string {
		requests++
		return `<DeleteResult><Deleted><Key>a</Key><VersionId>v</VersionId><DeleteMarker>true</DeleteMarker></Deleted><Deleted><Key>b</Key></Deleted></DeleteResult>`
	})
	failures, err := store.Remove(t.Context(), []object.Ref{{Bucket: "backups", Key: "a"}, {Bucket: "backups", Key: "b", Version: "null"}}, false)
	if diff := cmp.Diff([]object.Failure(nil), failures); diff != "" || err != nil || requests != 1 {
		t.Errorf("%v, %d requests, %v", failures, requests, err)
	}
}

// TestListRunsAhead: the next page is asked for while the first is used, and
// who has enough ends the list.
func TestListRunsAhead(t *testing.T) {
	t.Parallel()
	second := make(chan struct{})
	store := answering(t, func(r *http.Request) string {
		page := strings.TrimPrefix(r.URL.Query().Get("continuation-token"), "after-")
		switch page {
		case "":
			page = "1"
		case "1":
			page = "2"
			close(second)
		default:
			<-r.Context().Done() // the list has ended
		}
		return `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>after-` + page + `</NextContinuationToken><Contents><Key>` + page +
			`</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag></Contents></ListBucketResult>`
	})
	for o, err := range store.Objects(t.Context(), "backups", s3.List{}) {
		if err != nil || o.Key != "1" {
			t.Fatalf("%q, %v", o.Key, err)
		}
		select {
		case <-second:
		case <-time.After(time.Minute):
			t.Fatal("the second page waits for the first to be used")
		}
		break
	}
}
