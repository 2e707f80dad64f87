// Package realrustfs starts the real RustFS for tests that hold the stand-in
// and the clients against it. Where there is none, the test is skipped.
package realrustfs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/test/thorough"
)

// Version is the release the stand-in follows.
const Version = "1.0.1"

// The root key of every server started here.
const (
	AccessKey = "rustfstest"
	SecretKey = "rustfstest-secret"
)

// defaultCache is where hack/sandbox keeps what it has built.
const defaultCache = "/var/cache/talos-rustfs-sandbox"

// FastScanner lets the server count its buckets every few seconds instead of
// minutes. Quota answers depend on when it has counted.
func FastScanner() []string {
	return []string{"RUSTFS_SCANNER_START_DELAY_SECS=1", "RUSTFS_SCANNER_CYCLE=2s"}
}

// How long a server may take to be ready, and to end.
const (
	readyTimeout = time.Minute
	endTimeout   = 20 * time.Second
)

// Binary finds the real server: $RUSTFS_BIN, else what "make rustfs" built.
// Empty when there is none; the reason says how to get it.
func Binary() (path, reason string) {
	if path := os.Getenv("RUSTFS_BIN"); path != "" {
		return path, ""
	}
	cache := os.Getenv("SANDBOX_CACHE")
	if cache == "" {
		cache = defaultCache
	}
	path = filepath.Join(cache, "rustfs", Version, "rustfs")
	if s, err := os.Stat(path); err != nil || !s.Mode().IsRegular() {
		return "", fmt.Sprintf("no real RustFS %s: build it with make rustfs, or name one with RUSTFS_BIN=/path", Version)
	}
	return path, ""
}

// Start runs a fresh server for the length of a test and returns its
// endpoint. The test is skipped where there is no server to run, and where
// package thorough says so. env is more of its environment.
func Start(t testing.TB, env ...string) string {
	t.Helper()
	thorough.Only(t, "the real RustFS")
	path, reason := Binary()
	if path == "" {
		t.Skip(reason)
	}
	dir := t.TempDir()
	address := FreeAddress(t)
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, dir) // ended by the cleanup, in order
	cmd.Env = append(os.Environ(),
		"RUSTFS_ADDRESS="+address, "RUSTFS_CONSOLE_ENABLE=false", "RUSTFS_VOLUMES="+dir,
		"RUSTFS_ACCESS_KEY="+AccessKey, "RUSTFS_SECRET_KEY="+SecretKey)
	cmd.Env = append(cmd.Env, env...)
	Run(t, cmd, "http://"+address+"/health/ready")
	return "http://" + address
}

// Run runs a server for the length of a test, and waits until its readiness
// probe says yes.
func Run(t testing.TB, cmd *exec.Cmd, probe string) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended matters only while it should run
		close(exited)
	}()
	t.Cleanup(func() {
		end(t, cmd.Process, exited)
		log.Close()
	})
	if err := ready(t.Context(), probe, exited); err != nil {
		said, _ := os.ReadFile(log.Name())
		t.Fatalf("%s: %v\n%s", cmd.Path, err, said)
	}
}

// FreeAddress is one that nothing listens on now.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// ready asks the readiness probe until it says yes.
func ready(ctx context.Context, url string, exited <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if probe(ctx, url) {
			return nil
		}
		select {
		case <-exited:
			return errors.New("it ended before it was ready")
		case <-ctx.Done():
			return errors.New("it is not ready in time")
		case <-tick.C:
		}
	}
}

func probe(ctx context.Context, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// end asks the server to end, and makes it.
func end(t testing.TB, p *os.Process, exited <-chan struct{}) {
	_ = p.Signal(syscall.SIGTERM)
	select {
	case <-exited:
	case <-time.After(endTimeout):
		t.Errorf("the server did not end %s after SIGTERM", endTimeout)
		_ = p.Kill()
		<-exited
	}
}
