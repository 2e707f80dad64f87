package supervise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

// Status is what a supervisor knows.
type Status struct {
	Nodes []NodeStatus `json:"nodes"`
	// Store is running while the hub serves the store's disk.
	Store string `json:"store"`
}

// NodeStatus is what it knows about a node.
type NodeStatus struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	State   string `json:"state"`
	PID     int    `json:"pid,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// Since is when the node was last started.
	Since time.Time `json:"since,omitzero"`
}

// handler answers the control socket.
func (s *supervisor) handler() http.Handler {
	mux := http.NewServeMux()

	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		status := Status{Store: s.store.status()}
		for _, m := range s.machines {
			status.Nodes = append(status.Nodes, m.status())
		}

		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(status) //nolint:errcheck // the client went away
	})

	command := func(do func(r *http.Request) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if err := do(r); err != nil {
				http.Error(w, err.Error(), http.StatusConflict)
			}
		}
	}

	onNode := func(do func(m *machine) error) http.HandlerFunc {
		return command(func(r *http.Request) error {
			m, err := s.find(r.PathValue("node"))
			if err != nil {
				return err
			}

			return do(m)
		})
	}

	mux.HandleFunc("POST /nodes/{node}/start", onNode((*machine).start))
	mux.HandleFunc("POST /nodes/{node}/wipe", onNode((*machine).wipe))
	mux.HandleFunc("POST /nodes/{node}/stop", onNode(func(m *machine) error {
		m.stop()

		return nil
	}))
	mux.HandleFunc("POST /store/up", command(func(r *http.Request) error { return s.store.up(r.Context()) }))
	mux.HandleFunc("POST /store/down", command(func(*http.Request) error { return s.store.down() }))

	return mux
}

// Client talks to a sandbox's supervisor.
type Client struct{ http *http.Client }

// Connect makes a client; whether somebody listens shows with the first question.
func Connect(b box.Box) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", b.ControlSocket())
	}

	return &Client{http: &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

// Status asks what runs.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var status Status

	data, err := c.do(ctx, http.MethodGet, "/status")
	if err == nil {
		err = json.Unmarshal(data, &status)
	}

	return status, err
}

// StartNode starts a node.
func (c *Client) StartNode(ctx context.Context, name string) error {
	return c.post(ctx, "/nodes/"+name+"/start")
}

// StopNode cuts a node's power.
func (c *Client) StopNode(ctx context.Context, name string) error {
	return c.post(ctx, "/nodes/"+name+"/stop")
}

// WipeNode empties a node's EPHEMERAL volume.
func (c *Client) WipeNode(ctx context.Context, name string) error {
	return c.post(ctx, "/nodes/"+name+"/wipe")
}

// StoreUp serves the store's disk from the hub.
func (c *Client) StoreUp(ctx context.Context) error { return c.post(ctx, "/store/up") }

// StoreDown stops that.
func (c *Client) StoreDown(ctx context.Context) error { return c.post(ctx, "/store/down") }

func (c *Client) post(ctx context.Context, path string) error {
	_, err := c.do(ctx, http.MethodPost, path)

	return err
}

func (c *Client) do(ctx context.Context, method, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://supervisor"+path, nil)
	if err != nil {
		return nil, err
	}

	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the sandbox's supervisor: %w\nhint: sandbox up starts it again", err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read

	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}

	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(strings.TrimSpace(string(data)))
	}

	return data, nil
}
