package rustfs

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

// door opens the way to the server: a listener on 127.0.0.1, which is there
// until shut, or the server's own URL where it is outside the cluster.
func (o *bridge) door(ctx context.Context, t *target) (u *url.URL, shut func(), err error) {
	if t.server == nil {
		return t.url, func() {}, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)))
	if err != nil {
		return nil, nil, cli.Hintf(err, "choose another port, or leave --port out")
	}
	u = &url.URL{Scheme: "http", Host: l.Addr().String()}
	if t.url.Scheme == "https" {
		return u, o.serve(t, l), nil
	}
	k, err := o.kube(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // ctrl-C is the program's
	var open sync.WaitGroup
	open.Go(func() {
		if err := k.Forward(ctx, l, t.endpoint.PodPort, o.lost); err != nil {
			o.lost(err)
		}
	})
	return u, func() { cancel(); open.Wait() }, nil
}

// lost says that a connection to the server broke; the program sees only that
// it did.
func (o *bridge) lost(err error) { o.Warnf("%v", err) }

// serve answers on a listener for a server with TLS: its certificate is not
// for 127.0.0.1, so the way to it is verified here, and plain on this machine.
// Requests pass as they are, with the host that their signatures are for.
func (o *bridge) serve(t *target, l net.Listener) (shut func()) {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(t.url)
			r.Out.Host = r.In.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery
		},
		Transport:     t.transport,
		FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			o.lost(err)
			w.WriteHeader(http.StatusBadGateway)
		},
		ErrorLog: log.New(warner{o}, "", 0),
	}
	s := &http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(warner{o}, "", 0)}
	var open sync.WaitGroup
	open.Go(func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			o.lost(err)
		}
	})
	return func() {
		if err := s.Close(); err != nil {
			o.lost(fmt.Errorf("end of the listener: %w", err))
		}
		open.Wait()
	}
}

// warner turns the lines of a log into warnings.
type warner struct{ o *bridge }

func (w warner) Write(b []byte) (int, error) {
	w.o.Warnf("%s", b)
	return len(b), nil
}
