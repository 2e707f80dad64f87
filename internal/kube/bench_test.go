package kube_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/ratio"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/apiserver"
)

// BenchmarkTunnel moves 64 MiB through the tunnel to a pod; the baseline is a
// connection to the same server on loopback.
func BenchmarkTunnel(b *testing.B) {
	const size = 64 << 20
	payload := bytes.Repeat([]byte("etcd"), size/4)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Write(payload) //nolint:errcheck // the client counts
			return
		}
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || n != size {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	b.Cleanup(backend.Close)
	through := tunnelTo(b, backend.Listener.Addr().String())
	move := func(c *http.Client, url, method string, body []byte, want int64) func() error {
		return func() error {
			r, err := http.NewRequestWithContext(b.Context(), method, url, bytes.NewReader(body))
			if err != nil {
				return err
			}
			resp, err := c.Do(r)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			n, err := io.Copy(io.Discard, resp.Body)
			if err == nil && (n != want || resp.StatusCode != http.StatusOK) {
				err = fmt.Errorf("status %d, %d bytes of %d", resp.StatusCode, n, want)
			}
			return err
		}
	}
	b.Run("download", func(b *testing.B) {
		ratio.Report(b, move(backend.Client(), backend.URL, http.MethodGet, nil, size), move(through, "http://127.0.0.1:9000/", http.MethodGet, nil, size))
	})
	b.Run("upload", func(b *testing.B) {
		ratio.Report(b, move(backend.Client(), backend.URL, http.MethodPut, payload, 0), move(through, "http://127.0.0.1:9000/", http.MethodPut, payload, 0))
	})
}

// tunnelTo is a client whose connections go through a fake API server.
func tunnelTo(b *testing.B, address string) *http.Client {
	b.Helper()
	s := apiserver.New()
	b.Cleanup(s.Close)
	if err := s.Add([]byte(onePod)); err != nil {
		b.Fatal(err)
	}
	s.Backend("store/rustfs-0", 9000, address)
	file := filepath.Join(b.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, s.Kubeconfig("default"), 0o600); err != nil {
		b.Fatal(err)
	}
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig = &file
	c, err := kube.Connect(flags)
	if err != nil {
		b.Fatal(err)
	}
	tr, err := c.TransportToPod(kube.PodPort{Namespace: "store", Pod: "rustfs-0", Port: 9000}, kube.TLS{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}
