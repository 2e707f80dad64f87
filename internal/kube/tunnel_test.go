package kube_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

const onePod = `
apiVersion: v1
kind: Pod
metadata: {name: rustfs-0, namespace: store, labels: {app.kubernetes.io/name: rustfs}}
spec: {containers: [{name: rustfs, image: rustfs/rustfs:1.0.1}]}
status: {phase: Running, conditions: [{type: Ready, status: "True"}]}
`

func tunnelled(t *testing.T, h http.Handler) *http.Client {
	t.Helper()
	backend := httptest.NewServer(h)
	t.Cleanup(backend.Close)
	s, c := cluster(t, "", onePod)
	s.Backend("store/rustfs-0", 9000, backend.Listener.Addr().String())
	tr, err := c.TransportToPod(kube.PodPort{Namespace: "store", Pod: "rustfs-0", Port: 9000}, kube.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestTunnelCarriesParallelTransfers(t *testing.T) {
	payload := bytes.Repeat([]byte("etcd"), 1<<20)
	client := tunnelled(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "127.0.0.1:9000" {
			t.Errorf("the server saw host %q", r.Host)
		}
		io.Copy(w, r.Body) //nolint:errcheck // the client compares
	}))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			resp, err := client.Post("http://127.0.0.1:9000/", "", bytes.NewReader(payload))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			if err != nil || !bytes.Equal(got, payload) {
				t.Errorf("%d bytes came back, error %v", len(got), err)
			}
		})
	}
	all.Wait()
}

// One slow reader of a shared tunnel stalls all others: each connection has a
// tunnel of its own.
func TestUnreadBodyStallsNobody(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 8<<20)
	client := tunnelled(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/big" {
			w.Write(big) //nolint:errcheck // nobody reads it
			return
		}
		io.WriteString(w, "small") //nolint:errcheck // the client compares
	}))
	unread, err := client.Get("http://127.0.0.1:9000/big")
	if err != nil {
		t.Fatal(err)
	}
	defer unread.Body.Close()
	resp, err := client.Get("http://127.0.0.1:9000/small")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "small" {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestTunnelErrors(t *testing.T) {
	_, c := cluster(t, "", onePod)
	get := func(p kube.PodPort) error {
		tr, err := c.TransportToPod(p, kube.TLS{})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: tr}).Get("http://127.0.0.1:9000/")
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	err := get(kube.PodPort{Namespace: "store", Pod: "rustfs-0", Port: 9000})
	var peer *kube.PeerError
	if !errors.As(err, &peer) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("nothing listens: got %v, want the runtime's words", err)
	}
	err = get(kube.PodPort{Namespace: "store", Pod: "gone", Port: 9000})
	if err == nil || !strings.Contains(err.Error(), `pods "gone" not found`) {
		t.Errorf("missing pod: got %v", err)
	}
}

func TestTunnelHonoursContext(t *testing.T) {
	started := make(chan struct{})
	client := tunnelled(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:9000/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
}

func TestTLSThroughTunnel(t *testing.T) {
	backend := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })) //nolint:errcheck // compared below
	t.Cleanup(backend.Close)
	s, c := cluster(t, "", onePod)
	s.Backend("store/rustfs-0", 9000, backend.Listener.Addr().String())
	p := kube.PodPort{Namespace: "store", Pod: "rustfs-0", Port: 9000}
	if scheme, err := c.SchemeOf(t.Context(), p); err != nil || scheme != "https" {
		t.Fatalf("scheme %q, %v", scheme, err)
	}
	get := func(v kube.TLS) error {
		tr, err := c.TransportToPod(p, v)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: tr}).Get("https://127.0.0.1:9000/")
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	ca := pemOf(backend.Certificate().Raw)
	if err := get(kube.TLS{ServerName: "example.com", CA: ca}); err != nil { // httptest's certificate names it
		t.Errorf("right name: %v", err)
	}
	if err := get(kube.TLS{ServerName: "rustfs.store.svc", CA: ca}); err == nil {
		t.Error("a wrong name was accepted")
	}
	if err := get(kube.TLS{ServerName: "example.com"}); err == nil {
		t.Error("an unknown authority was accepted")
	}
	if _, err := c.TransportToPod(p, kube.TLS{CA: []byte("no certificate")}); err == nil {
		t.Error("a CA without certificate was accepted")
	}
}

func TestSchemeOfPlain(t *testing.T) {
	backend := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(backend.Close)
	s, c := cluster(t, "", onePod)
	s.Backend("store/rustfs-0", 9000, backend.Listener.Addr().String())
	if scheme, err := c.SchemeOf(t.Context(), kube.PodPort{Namespace: "store", Pod: "rustfs-0", Port: 9000}); err != nil || scheme != "http" {
		t.Errorf("scheme %q, %v", scheme, err)
	}
}

func TestForward(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })) //nolint:errcheck // compared below
	t.Cleanup(backend.Close)
	s, c := cluster(t, "", onePod)
	s.Backend("store/rustfs-0", 9000, backend.Listener.Addr().String())
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- c.Forward(ctx, l, kube.PodPort{Namespace: "store", Pod: "rustfs-0", Port: 9000}, func(err error) { t.Error(err) })
	}()
	resp, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil || string(b) != "hello" {
		t.Errorf("got %q, %v", b, err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("forward ended with %v", err)
	}
	if c, err := net.Dial("tcp4", l.Addr().String()); err == nil {
		c.Close()
		t.Error("it still listens")
	}
}

// TestRequestTimeout: --request-timeout bounds the wait for an answer of the
// store behind the tunnel too.
func TestRequestTimeout(t *testing.T) {
	stuck := make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck }))
	t.Cleanup(func() { close(stuck); backend.Close() })
	s, c := cluster(t, "", onePod)
	s.Backend("store/rustfs-0", 9000, backend.Listener.Addr().String())
	c.Config.Timeout = 50 * time.Millisecond
	tr, err := c.TransportToPod(kube.PodPort{Namespace: "store", Pod: "rustfs-0", Port: 9000}, kube.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	resp, err := (&http.Client{Transport: tr}).Get("http://127.0.0.1:9000/")
	if err == nil {
		resp.Body.Close()
		t.Fatal("an answer that never came was accepted")
	}
	if !strings.Contains(err.Error(), "timeout") && !strings.Contains(err.Error(), "in time") {
		t.Errorf("got %v, want a word about the time", err)
	}
}
