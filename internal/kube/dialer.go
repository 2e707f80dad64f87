package kube

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// PodPort is one port of one pod.
type PodPort struct {
	Namespace, Pod string
	Port           int
}

// TLS says how a server inside the cluster is verified.
type TLS struct {
	ServerName string // of the certificate: the Service's DNS name; the dialled host when empty
	CA         []byte // PEM; the system's roots when empty
	Insecure   bool   // do not verify
}

// TransportToPod is an http.RoundTripper whose every connection goes to one
// pod port, whatever host the URL names.
func (c *Client) TransportToPod(p PodPort, t TLS) (*http.Transport, error) {
	return c.transport(func(ctx context.Context, _, _ string) (net.Conn, error) {
		return c.dialPod(ctx, p.Namespace, p.Pod, p.Port)
	}, t)
}

// TransportToCluster is an http.RoundTripper that carries requests to hosts
// inside the cluster (a Service's name, NAME.NAMESPACE.svc…) into a ready pod
// of that Service, and dials every other host plainly. Bare names are looked
// up in namespace.
func (c *Client) TransportToCluster(namespace string, t TLS) (*http.Transport, error) {
	plain := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return c.transport(func(ctx context.Context, network, address string) (net.Conn, error) {
		host, portText, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		service, ok := ParseServiceHost(host, namespace)
		if !ok {
			return plain.DialContext(ctx, network, address)
		}
		port, err := strconv.Atoi(portText)
		if err != nil {
			return nil, err
		}
		target, err := c.ResolveService(ctx, service, port)
		if err != nil {
			return nil, err
		}
		return c.dialPod(ctx, target.Namespace, target.Pod, target.Port)
	}, t)
}

// TransportPlain dials every host plainly.
func TransportPlain(t TLS) (*http.Transport, error) {
	d := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return newTransport(d.DialContext, t)
}

// TransportVia dials one address whatever host the URL names, and every host
// plainly when it is empty. Certificates are verified for the URL's host.
func TransportVia(address string, t TLS) (*http.Transport, error) {
	d := &net.Dialer{Timeout: 10 * time.Second}
	return newTransport(func(ctx context.Context, network, host string) (net.Conn, error) {
		if address != "" {
			host = address
		}
		return d.DialContext(ctx, network, host)
	}, t)
}

// transport is newTransport with --request-timeout in force: it bounds the wait
// for each answer of the store, as it bounds those of the API server.
func (c *Client) transport(dial func(context.Context, string, string) (net.Conn, error), t TLS) (*http.Transport, error) {
	tr, err := newTransport(dial, t)
	if err == nil && c.Config.Timeout > 0 {
		tr.ResponseHeaderTimeout = c.Config.Timeout
	}
	return tr, err
}

func newTransport(dial func(context.Context, string, string) (net.Conn, error), t TLS) (*http.Transport, error) {
	config := &tls.Config{ServerName: t.ServerName, InsecureSkipVerify: t.Insecure, MinVersion: tls.VersionTLS12}
	if len(t.CA) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(t.CA) {
			return nil, &BadCAError{}
		}
		config.RootCAs = pool
	}
	return &http.Transport{
		DialContext:           dial,
		TLSClientConfig:       config,
		MaxIdleConnsPerHost:   64,              // as many as a transfer may have in use: each is a tunnel that is costly to make
		IdleConnTimeout:       4 * time.Second, // RustFS alphas close idle connections after 5 s
		TLSHandshakeTimeout:   15 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true, // objects are to arrive as they are stored
	}, nil
}

// BadCAError says that a CA bundle holds no certificate.
type BadCAError struct{}

func (*BadCAError) Error() string { return "the CA file holds no PEM certificate" }

// TransportToServer is TransportToPod for a RustFS server. When the pod is
// gone, another one of the same workload is looked for, once per connection.
func (c *Client) TransportToServer(s Server, p PodPort, t TLS) (*http.Transport, error) {
	return c.transport(func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := c.dialPod(ctx, p.Namespace, p.Pod, p.Port)
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
		again, findErr := c.FindServer(ctx, s.ID())
		if findErr != nil {
			return nil, err
		}
		pod, ok := again.Pod()
		if !ok || pod.Name == p.Pod {
			return nil, err
		}
		return c.dialPod(ctx, pod.Namespace, pod.Name, p.Port)
	}, t)
}

// SchemeOf finds out whether a pod's port speaks TLS, by beginning a handshake.
func (c *Client) SchemeOf(ctx context.Context, p PodPort) (string, error) {
	conn, err := c.dialPod(ctx, p.Namespace, p.Pod, p.Port)
	if err != nil {
		return "", err
	}
	defer conn.Close()                                                                             //nolint:errcheck // it was only opened to look
	probe := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}) //nolint:gosec // nothing is sent; the real connection verifies
	var plain tls.RecordHeaderError
	if err := probe.HandshakeContext(ctx); errors.As(err, &plain) {
		return "http", nil
	}
	return "https", nil
}

// Forward carries connections made to a listener into the pod, until ctx ends.
func (c *Client) Forward(ctx context.Context, l net.Listener, p PodPort, failed func(error)) error {
	stop := context.AfterFunc(ctx, func() { l.Close() }) //nolint:errcheck // Accept reports it
	defer stop()
	var open sync.WaitGroup
	defer open.Wait()
	for {
		local, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		open.Go(func() {
			if err := c.carry(ctx, local, p); err != nil && ctx.Err() == nil {
				failed(err)
			}
		})
	}
}

// carry copies both ways until one side ends.
func (c *Client) carry(ctx context.Context, local net.Conn, p PodPort) error {
	defer local.Close() //nolint:errcheck // the copy has reported
	remote, err := c.dialPod(ctx, p.Namespace, p.Pod, p.Port)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { local.Close(); remote.Close() }) //nolint:errcheck // the copies end
	defer stop()
	up := make(chan struct{})
	go func() {
		defer close(up)
		io.Copy(remote, local) //nolint:errcheck // the client's end is nobody's error
		if half, ok := remote.(interface{ CloseWrite() error }); ok {
			half.CloseWrite() //nolint:errcheck // the answer may still come
		}
	}()
	_, err = io.Copy(local, remote)
	local.Close()  //nolint:errcheck // the first copy ends by it
	remote.Close() //nolint:errcheck // both ways are done
	<-up
	var peer *PeerError
	if errors.As(err, &peer) {
		return err
	}
	return nil
}
