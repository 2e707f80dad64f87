package test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/plugins/rustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/ratio"
	fake "github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs"
)

const benchBucket = "bench"

// bench is the stand-in, and a client for what is measured against.
type bench struct {
	url   *url.URL
	store *s3.Store
}

func newBench(b *testing.B) bench {
	b.Helper()
	server, err := fake.New(fake.Options{Dir: b.TempDir(), AccessKey: "rootkey", SecretKey: "root-secret-1"})
	if err != nil {
		b.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	b.Cleanup(func() { web.Close(); server.Close() })
	u, err := url.Parse(web.URL)
	if err != nil {
		b.Fatal(err)
	}
	store, err := s3.New(s3.Options{Endpoint: u, AccessKey: "rootkey", SecretKey: secret.New("root-secret-1"), Transport: &http.Transport{}})
	if err != nil {
		b.Fatal(err)
	}
	if err := store.CreateBucket(b.Context(), benchBucket, false); err != nil {
		b.Fatal(err)
	}
	b.Setenv("RUSTFS_SECRET_KEY", "root-secret-1")
	return bench{url: u, store: store}
}

// run runs a command; lines is how many it has to print.
func (w bench) run(b *testing.B, lines int, args ...string) error {
	var out, errs bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errs}
	args = append(append([]string{"kubectl-rustfs"}, args...), "--endpoint", w.url.String(), "--access-key", "rootkey")
	if code := cli.Run(b.Context(), rustfs.Program(), streams, args); code != 0 {
		return fmt.Errorf("exit code %d: %s", code, errs.String())
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != lines {
		return fmt.Errorf("%d lines of %d", n, lines)
	}
	return nil
}

func (w bench) fill(b *testing.B, n int) error {
	for i := range n {
		key := fmt.Sprintf("dir/%06d", i)
		if _, err := w.store.PutObject(b.Context(), object.Ref{Bucket: benchBucket, Key: key}, strings.NewReader(key), int64(len(key)), object.Write{}); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkLs lists 10 000 objects; the baseline is a GET of the same pages.
func BenchmarkLs(b *testing.B) {
	const pages = 10
	var lists [pages]string
	for p := range pages {
		var x strings.Builder
		fmt.Fprintf(&x, `<ListBucketResult><IsTruncated>%v</IsTruncated><NextContinuationToken>p%d</NextContinuationToken>`, p < pages-1, p+1)
		for i := range 1000 {
			fmt.Fprintf(&x, `<Contents><Key>dir/%06d</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>`+
				`<ETag>"c4ca4238a0b923820dcc509a6f75849b"</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>`, p*1000+i)
		}
		lists[p] = x.String() + `</ListBucketResult>`
	}
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		p := 0
		fmt.Sscanf(r.URL.Query().Get("continuation-token"), "p%d", &p) //nolint:errcheck // the first page has none
		io.WriteString(rw, lists[p])                                   //nolint:errcheck // the client counts
	}))
	b.Cleanup(web.Close)
	u, err := url.Parse(web.URL)
	if err != nil {
		b.Fatal(err)
	}
	b.Setenv("RUSTFS_SECRET_KEY", "root-secret-1")
	get := func() error {
		for p := range pages {
			resp, err := web.Client().Get(fmt.Sprintf("%s/?continuation-token=p%d", web.URL, p))
			if err != nil {
				return err
			}
			n, err := io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if err != nil || n != int64(len(lists[p])) {
				return fmt.Errorf("%d bytes: %w", n, err)
			}
		}
		return nil
	}
	ratio.Report(b, get, func() error { return bench{url: u}.run(b, pages*1000, "ls", "-R", benchBucket, "--no-headers") })
}

// BenchmarkRm deletes 2000 objects; the baseline deletes one after the other.
// Both put them there first.
func BenchmarkRm(b *testing.B) {
	const objects = 2000
	w := newBench(b)
	oneByOne := func() error {
		for i := range objects {
			failures, err := w.store.Remove(b.Context(), []object.Ref{{Bucket: benchBucket, Key: fmt.Sprintf("dir/%06d", i)}}, false)
			if err != nil || len(failures) > 0 {
				return fmt.Errorf("%v: %w", failures, err)
			}
		}
		return nil
	}
	ratio.Report(b, func() error { return w.fillThen(b, objects, oneByOne) }, func() error {
		return w.fillThen(b, objects, func() error { return w.run(b, objects, "rm", "-r", benchBucket+"/dir", "--yes") })
	})
}

func (w bench) fillThen(b *testing.B, n int, do func() error) error {
	if err := w.fill(b, n); err != nil {
		return err
	}
	return do()
}

// BenchmarkCp copies 2000 small files up; the baseline puts one after the
// other.
func BenchmarkCp(b *testing.B) {
	const files = 2000
	w, dir := newBench(b), b.TempDir()
	for i := range files {
		name := filepath.Join(dir, fmt.Sprintf("%06d", i))
		if err := os.WriteFile(name, []byte(name), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	oneByOne := func() error {
		for i := range files {
			f, err := os.Open(filepath.Join(dir, fmt.Sprintf("%06d", i)))
			if err != nil {
				return err
			}
			fi, err := f.Stat()
			if err == nil {
				err = w.store.Put(b.Context(), benchBucket, "one/"+fi.Name(), f, fi.Size())
			}
			f.Close()
			if err != nil {
				return err
			}
		}
		return nil
	}
	ratio.Report(b, oneByOne, func() error { return w.run(b, files, "cp", "-r", dir+"/", benchBucket+"/many/") })
}
