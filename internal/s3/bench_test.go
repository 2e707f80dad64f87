package s3_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/ratio"
)

// BenchmarkList lists 1000 objects; the baseline is a GET of the same XML.
func BenchmarkList(b *testing.B) {
	const objects = 1000
	page := listing(objects)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		io.WriteString(w, page) //nolint:errcheck // the client counts
	}))
	b.Cleanup(web.Close)
	u, err := url.Parse(web.URL)
	if err != nil {
		b.Fatal(err)
	}
	store, err := s3.New(s3.Options{Endpoint: u, AccessKey: "key", Transport: web.Client().Transport})
	if err != nil {
		b.Fatal(err)
	}
	get := func() error {
		resp, err := web.Client().Get(web.URL)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		n, err := io.Copy(io.Discard, resp.Body)
		if err == nil && n != int64(len(page)) {
			err = fmt.Errorf("%d bytes of %d", n, len(page))
		}
		return err
	}
	list := func() error {
		n := 0
		for _, err := range store.Objects(b.Context(), "backups", s3.List{}) {
			if err != nil {
				return err
			}
			n++
		}
		if n != objects {
			return fmt.Errorf("%d objects of %d", n, objects)
		}
		return nil
	}
	ratio.Report(b, get, list)
}

// listing is a page as RustFS writes it.
func listing(objects int) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>backups</Name>` +
		`<Prefix></Prefix><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>`)
	for i := range objects {
		fmt.Fprintf(&b, `<Contents><ETag>"c4ca4238a0b923820dcc509a6f75849b"</ETag><Key>prod/prod-%06d.snap.zst.age</Key>`+
			`<LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>1048576</Size><StorageClass>STANDARD</StorageClass></Contents>`, i)
	}
	return b.String() + `</ListBucketResult>`
}
