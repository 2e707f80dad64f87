package s3_test

import (
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// shelf is a server's bucket that answers ListObjectsV2.
type shelf struct {
	keys []string // in order
	mu   sync.Mutex
	asks []string // "PREFIX DELIMITER"
}

func (s *shelf) answer(r *http.Request) string {
	q := r.URL.Query()
	prefix, delimiter := q.Get("prefix"), q.Get("delimiter")
	s.mu.Lock()
	s.asks = append(s.asks, prefix+" "+delimiter)
	s.mu.Unlock()
	limit, err := strconv.Atoi(q.Get("max-keys"))
	if err != nil {
		limit = 1000
	}
	after := q.Get("continuation-token")
	escape := func(text string) string {
		var b strings.Builder
		if err := xml.EscapeText(&b, []byte(text)); err != nil {
			return err.Error()
		}
		return b.String()
	}
	var b strings.Builder
	n, last := 0, after
	truncated := false
	for _, k := range s.keys {
		if !strings.HasPrefix(k, prefix) {
			continue
		}
		name, folder := k, false
		if i := strings.Index(k[len(prefix):], "/"); delimiter != "" && i >= 0 {
			name, folder = k[:len(prefix)+i+1], true
		}
		if name <= last && last != "" {
			continue
		}
		if n == limit {
			truncated = true
			break
		}
		n, last = n+1, name
		if folder {
			fmt.Fprintf(&b, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", escape(name))
			continue
		}
		fmt.Fprintf(&b, `<Contents><Key>%s</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag></Contents>`, escape(name))
	}
	return fmt.Sprintf(`<ListBucketResult><IsTruncated>%t</IsTruncated><NextContinuationToken>%s</NextContinuationToken>%s</ListBucketResult>`, truncated, escape(last), b.String())
}

func keysOf(t *testing.T, store *s3.Store, l s3.List) (keys []string) {
	t.Helper()
	for o, err := range store.Objects(t.Context(), "backups", l) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

// TestSideBySide: whatever the keys, the list is the plain one.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		keys := map[string]bool{}
		for range r.IntN(60) {
			var parts []string
			for range 1 + r.IntN(4) {
				parts = append(parts, []string{"a", "b", "a-", "a0", "a b", "é", ""}[r.IntN(7)])
			}
			keys["p/"+strings.Join(parts, "/")] = true
		}
		s := &shelf{}
		for k := range keys {
			s.keys = append(s.keys, k)
		}
		slices.Sort(s.keys)
		store := answering(t, s.answer)
		for _, prefix := range []string{"", "p/", "p/a", "p/a/"} {
			page := 1 + r.IntN(12)
			want := keysOf(t, store, s3.List{Prefix: prefix})
			got := keysOf(t, store, s3.List{Prefix: prefix, MaxKeys: page, SideBySide: true})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, below %q in pages of %d (-want +got):\n%s", seed, prefix, page, diff)
			}
		}
	}
}

// TestSideBySideAsks: a page is one request, and folders are asked for only
// where there are some, but not too many.
func TestSideBySideAsks(t *testing.T) {
	t.Parallel()
	numbered := func(format string, n int) (keys []string) {
		for i := range n {
			keys = append(keys, fmt.Sprintf(format, i))
		}
		return keys
	}
	for name, tt := range map[string]struct {
		keys []string
		want []string // sorted, without doubles
	}{
		"a page":           {numbered("%04d/x", 999), []string{" "}},
		"no folders":       {numbered("%04d", 1500), []string{" ", " /"}},
		"too many folders": {numbered("%04d/x", 1500), []string{" ", " /"}},
		"a lonely folder":  {append(numbered("one/a/%04d", 800), numbered("one/b/%04d", 800)...), []string{" ", " /", "one/ /", "one/a/ ", "one/b/ "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &shelf{keys: tt.keys}
			if diff := cmp.Diff(tt.keys, keysOf(t, answering(t, s.answer), s3.List{SideBySide: true})); diff != "" {
				t.Error(diff)
			}
			slices.Sort(s.asks)
			if diff := cmp.Diff(tt.want, slices.Compact(s.asks)); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSideBySideFails: the error of one folder ends the list, and what comes
// behind it is not told.
func TestSideBySideFails(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, f := range []string{"a", "b", "c"} {
		for i := range 600 {
			keys = append(keys, fmt.Sprintf("%s/%04d", f, i))
		}
	}
	s := &shelf{keys: keys}
	store := answering(t, func(r *http.Request) string {
		if r.URL.Query().Get("prefix") == "b/" {
			return "no list"
		}
		return s.answer(r)
	})
	var last error
	n := 0
	for o, err := range store.Objects(t.Context(), "backups", s3.List{SideBySide: true}) {
		if last = err; err == nil {
			n++
			if strings.HasPrefix(o.Key, "c/") {
				t.Fatal("the list goes on behind the error")
			}
		}
	}
	if last == nil || n != 1000 { // of a and b, from the first page
		t.Errorf("%d entries, %v", n, last)
	}
}
