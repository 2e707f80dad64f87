package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
)

// podDialer opens one TCP connection to a port of a pod.
type podDialer func(ctx context.Context, namespace, pod string, port int) (net.Conn, error)

// tunnel opens a port-forward to the pod and makes its one stream pair a
// connection. The runtime in the pod's network namespace connects to
// localhost:port there; nothing listens here.
//
// One tunnel carries one connection: frames of a shared tunnel are handed over
// in order, so a reader that pauses would stall every other one.
func (c *Client) tunnel(ctx context.Context, namespace, pod string, port int) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.patience(), errNoAnswer)
	defer cancel()
	u := c.core.Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("portforward").URL()
	tunnel, err := dialTunnel(ctx, c.Config, u)
	if err != nil {
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, err)
	}
	conn, err := openStream(tunnel, namespace+"/"+pod, port)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, err), tunnel.Close())
	}
	return conn, nil
}

// dialLimit is how long an API server may take to open a tunnel when
// --request-timeout does not say it.
const dialLimit = 30 * time.Second

var errNoAnswer = errors.New("the Kubernetes API did not answer in time")

// patience is how long one answer is waited for.
func (c *Client) patience() time.Duration {
	if c.Config.Timeout > 0 {
		return c.Config.Timeout
	}
	return dialLimit
}

// dialTunnel upgrades a request to the portforward subresource: WebSocket
// first, SPDY where a server or proxy refuses it, as kubectl does. client-go's
// dialers know no context, so a late connection is closed when ctx has ended.
func dialTunnel(ctx context.Context, config *rest.Config, u *url.URL) (httpstream.Connection, error) {
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	overSPDY := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, u)
	overWebSocket, err := portforward.NewSPDYOverWebsocketDialerForStreaming(u, config)
	if err != nil {
		return nil, err
	}
	dialer := portforward.NewFallbackDialerForStreaming(overWebSocket, overSPDY, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
	type answer struct {
		conn     httpstream.Connection
		protocol string
		err      error
	}
	got := make(chan answer, 1)
	go func() {
		conn, protocol, err := dialer.Dial(portforward.PortForwardProtocolV1Name)
		got <- answer{conn, protocol, err}
	}()
	select {
	case <-ctx.Done():
		go func() {
			if a := <-got; a.err == nil {
				a.conn.Close() //nolint:errcheck // it came too late to be used
			}
		}()
		return nil, context.Cause(ctx)
	case a := <-got:
		if a.err != nil {
			return nil, a.err
		}
		if a.protocol != portforward.PortForwardProtocolV1Name {
			return nil, errors.Join(fmt.Errorf("the server chose the protocol %q", a.protocol), a.conn.Close())
		}
		return a.conn, nil
	}
}

// openStream makes the pair of streams that is one TCP connection.
func openStream(tunnel httpstream.Connection, peer string, port int) (*conn, error) {
	h := http.Header{}
	h.Set(corev1.PortHeader, strconv.Itoa(port))
	h.Set(corev1.PortForwardRequestIDHeader, "1")
	h.Set(corev1.StreamType, corev1.StreamTypeError)
	errs, err := tunnel.CreateStream(h)
	if err != nil {
		return nil, err
	}
	if err := errs.Close(); err != nil { // our half: we never write to it
		return nil, err
	}
	h.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := tunnel.CreateStream(h)
	if err != nil {
		return nil, err
	}
	c := &conn{data: data, tunnel: tunnel, peer: addr(net.JoinHostPort(peer, strconv.Itoa(port))), failed: make(chan struct{})}
	go c.watch(errs)
	return c, nil
}

// conn is a stream pair as a net.Conn. Deadlines are not kept: http.Transport,
// the only caller, closes connections instead.
type conn struct {
	data   httpstream.Stream
	tunnel httpstream.Connection
	peer   addr

	failed chan struct{} // closed when the error stream has ended
	reason error         // what it said; read after failed is closed
}

// PeerError is what the container runtime said about the pod's end of a
// connection: nothing listens on the port, or the pod is gone.
type PeerError struct {
	Peer string // NAMESPACE/POD:PORT
	Text string // of the runtime
}

func (e *PeerError) Error() string { return "connection to pod " + e.Peer + ": " + e.Text }

func (c *conn) watch(errs io.Reader) {
	text, err := io.ReadAll(errs)
	if err == nil && len(text) > 0 {
		c.reason = &PeerError{Peer: string(c.peer), Text: string(text)}
	}
	close(c.failed)
	if c.reason != nil {
		c.data.Reset() //nolint:errcheck // the reason is what the reader gets
	}
}

// Read implements io.Reader. At the end of the data it waits for the end of
// the error stream, so that the runtime's words are never lost to a race.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.data.Read(p)
	if err == nil || n > 0 {
		return n, nil
	}
	select {
	case <-c.failed:
	case <-c.tunnel.CloseChan():
	case <-time.After(time.Second): // a runtime that keeps the error stream open
	}
	select {
	case <-c.failed:
		if c.reason != nil {
			return 0, c.reason
		}
	default:
	}
	return 0, err
}

func (c *conn) Write(p []byte) (int, error) { return c.data.Write(p) }

// CloseWrite tells the peer that nothing more comes; it may still answer.
func (c *conn) CloseWrite() error { return c.data.Close() }

// Close ends the connection and its tunnel.
func (c *conn) Close() error {
	err := c.data.Reset()
	if e := c.tunnel.Close(); err == nil {
		err = e
	}
	return err
}

type addr string

func (addr) Network() string  { return "portforward" }
func (a addr) String() string { return string(a) }

func (c *conn) LocalAddr() net.Addr              { return addr("local") }
func (c *conn) RemoteAddr() net.Addr             { return c.peer }
func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }
