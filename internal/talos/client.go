package talos

import (
	"context"
	"net"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	// callLimit bounds every call with one answer. etcd calls on a node
	// without etcd would otherwise never return.
	callLimit = 10 * time.Second
	// bootstrapLimit bounds Bootstrap, which stops a service before it answers.
	bootstrapLimit = 30 * time.Second
	// pollInterval is the time between two looks at a service.
	pollInterval = time.Second
)

// Client talks to one node. It is not tied to the others of the cluster: a
// restore happens when they are down.
type Client struct {
	api       *client.Client
	node      string
	endpoints []string
	config    *Config
	interval  time.Duration
}

// DialOption changes how [Dial] connects.
type DialOption func(*dialing)

type dialing struct {
	plain    func(context.Context) (net.Conn, error)
	interval time.Duration
}

// Plaintext connects through dial and without TLS, for tests with a server in
// the same process.
func Plaintext(dial func(context.Context) (net.Conn, error)) DialOption {
	return func(d *dialing) { d.plain = dial }
}

// Interval sets the time between two looks at the node and the first pause
// between two attempts; one second without it.
func Interval(every time.Duration) DialOption {
	return func(d *dialing) { d.interval = every }
}

// Dial makes a client for node. The node itself is the endpoint, so that
// upload and bootstrap reach the same machine and no other has to be alive to
// forward them, unless [Options.Endpoints] were given by hand. Nothing is
// sent yet: an unreachable node shows in the first call.
func Dial(cfg *Config, node string, opts ...DialOption) (*Client, error) {
	how := dialing{interval: pollInterval}
	for _, o := range opts {
		o(&how)
	}
	c := &Client{node: node, endpoints: []string{node}, config: cfg, interval: how.interval}
	if cfg.pinned {
		c.endpoints = cfg.Endpoints
	}
	// Reconnect soon: machined restarts while it is being watched.
	params := grpc.WithConnectParams(grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: how.interval / 2, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * how.interval},
		MinConnectTimeout: callLimit / 2,
	})
	options := []client.OptionFunc{client.WithGRPCDialOptions(params)}
	if how.plain != nil {
		options = append(options,
			client.WithUnixSocket("plaintext"), // the client's only mode without TLS
			client.WithGRPCDialOptions(
				grpc.WithTransportCredentials(insecure.NewCredentials()),
				grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return how.plain(ctx) }),
			))
	} else {
		options = append(options,
			client.WithDefaultGRPCDialOptions(),
			client.WithConfig(cfg.file),
			client.WithContextName(cfg.Context),
			client.WithEndpoints(c.endpoints...))
	}
	api, err := client.New(context.Background(), options...)
	if err != nil {
		return nil, &ConfigError{Path: cfg.Path, Reason: "the client cannot be set up: " + err.Error(), HintText: "get a new talosconfig for this cluster"}
	}
	c.api = api
	return c, nil
}

// Node is the node all calls are for.
func (c *Client) Node() string { return c.node }

// Close ends the connection.
func (c *Client) Close() error { return c.api.Close() }

// on directs a call to the node: one "node" value is forwarded as it is,
// several would be answered together (machine API metadata).
func (c *Client) on(ctx context.Context) context.Context {
	return client.WithNode(ctx, c.node)
}

// call is the context of a call with one answer.
func (c *Client) call(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.on(ctx), callLimit)
}

// pause waits for d or until ctx ends, and says which.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
