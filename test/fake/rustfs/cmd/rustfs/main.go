// Command rustfs runs the RustFS stand-in with the environment of the real
// server: RUSTFS_VOLUMES (or the last argument), RUSTFS_ADDRESS,
// RUSTFS_CONSOLE_ADDRESS, RUSTFS_CONSOLE_ENABLE, RUSTFS_REGION and
// RUSTFS_ACCESS_KEY / RUSTFS_SECRET_KEY, also as …_FILE.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs"
)

// Timeouts of the listeners.
const (
	headerTimeout   = 30 * time.Second
	shutdownTimeout = 5 * time.Second
)

func main() {
	if slices.Contains(os.Args[1:], "--version") || slices.Contains(os.Args[1:], "-V") {
		fmt.Println("rustfs " + rustfs.DefaultVersion + "-standin")
		return
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "rustfs:", err)
		os.Exit(1)
	}
}

func run() error {
	access, err := credential("RUSTFS_ACCESS_KEY", rustfs.DefaultAccessKey)
	if err != nil {
		return err
	}
	secret, err := credential("RUSTFS_SECRET_KEY", rustfs.DefaultSecretKey)
	if err != nil {
		return err
	}
	dir := volume()
	if dir == "" {
		return errors.New("no volume: set RUSTFS_VOLUMES or give a directory")
	}
	server, err := rustfs.New(rustfs.Options{
		Dir: dir, AccessKey: access, SecretKey: secret, Region: os.Getenv("RUSTFS_REGION"),
	})
	if err != nil {
		return err
	}
	defer server.Close()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	listeners := []*http.Server{listener("RUSTFS_ADDRESS", ":9000", server.Handler())}
	if !strings.EqualFold(os.Getenv("RUSTFS_CONSOLE_ENABLE"), "false") {
		listeners = append(listeners, listener("RUSTFS_CONSOLE_ADDRESS", ":9001", server.ConsoleHandler()))
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		socket, err := net.Listen("tcp", l.Addr)
		if err != nil {
			return err
		}
		fmt.Println("listening on", socket.Addr())
		go func() { failed <- l.Serve(socket) }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	for _, l := range listeners {
		if err := l.Shutdown(end); err != nil {
			_ = l.Close()
		}
	}
	return nil
}

func listener(env, fallback string, handler http.Handler) *http.Server {
	address := os.Getenv(env)
	if address == "" {
		address = fallback
	}
	return &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: headerTimeout}
}

// credential reads a variable, its _FILE form or the default.
func credential(name, fallback string) (string, error) {
	if v := strings.TrimSpace(os.Getenv(name)); v != "" {
		return v, nil
	}
	if path := os.Getenv(name + "_FILE"); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if v := strings.TrimSpace(string(data)); v != "" {
			return v, nil
		}
	}
	return fallback, nil
}

// volume is the first directory of RUSTFS_VOLUMES, or the last argument.
func volume() string {
	text := os.Getenv("RUSTFS_VOLUMES")
	if n := len(os.Args); n > 1 && !strings.HasPrefix(os.Args[n-1], "-") {
		text = os.Args[n-1]
	}
	dirs := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	if len(dirs) == 0 {
		return ""
	}
	return dirs[0]
}
