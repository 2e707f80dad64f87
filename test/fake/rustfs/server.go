// Package rustfs is a stand-in for RustFS 1.0.1: one HTTP handler that speaks
// S3, the admin API below /rustfs/admin/v3, STS AssumeRole and the health
// probes as port 9000 of the real server does. Its answers follow recorded
// answers of the real server; where the two differ the real server is right.
// State is kept in a directory and survives a restart.
package rustfs

import (
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// Defaults of RUSTFS_ACCESS_KEY, RUSTFS_SECRET_KEY, RUSTFS_REGION.
const (
	DefaultAccessKey = "rustfsadmin"
	DefaultSecretKey = "rustfsadmin"
	DefaultRegion    = "us-east-1"
	DefaultVersion   = "1.0.1"
)

// adminPrefix is where the admin API lives, with plain JSON bodies.
const adminPrefix = "/rustfs/admin/v3/"

// Options configure a Server. Only Dir is mandatory.
type Options struct {
	// Dir holds buckets and IAM state.
	Dir string
	// AccessKey and SecretKey are the root credentials.
	AccessKey, SecretKey string
	Region               string
	Version              string
	// Now is the clock; time.Now by default.
	Now func() time.Time
}

// Server is a running stand-in.
type Server struct {
	opts    Options
	store   *store.Store
	iam     *iam
	started time.Time

	mu     sync.RWMutex
	inject func(http.ResponseWriter, *http.Request) bool
	// usageUnknown models the time before the first scan of a bucket.
	usageUnknown atomic.Bool
}

// New loads or creates the state below o.Dir.
func New(o Options) (*Server, error) {
	if o.Dir == "" {
		return nil, errors.New("rustfs: no directory given")
	}
	setDefault(&o.AccessKey, DefaultAccessKey)
	setDefault(&o.SecretKey, DefaultSecretKey)
	setDefault(&o.Region, DefaultRegion)
	setDefault(&o.Version, DefaultVersion)
	if o.Now == nil {
		o.Now = time.Now
	}
	st, err := store.Open(filepath.Join(o.Dir, "buckets"), o.Now)
	if err != nil {
		return nil, err
	}
	i, err := openIAM(filepath.Join(o.Dir, "iam.json"), o)
	if err != nil {
		return nil, err
	}
	return &Server{opts: o, store: st, iam: i, started: o.Now()}, nil
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// Close ends the use of the directory. All state is already on disk.
func (s *Server) Close() {
	s.Inject(nil)
}

// Inject sets a hook that sees every request first; when it returns true the
// request is done. nil removes the hook.
func (s *Server) Inject(hook func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inject = hook
}

// SetUsageKnown with false puts the server in the state before the scanner has
// counted the buckets: quota reads and writes into buckets with a quota
// answer 503.
func (s *Server) SetUsageKnown(known bool) { s.usageUnknown.Store(!known) }

// Handler serves everything RustFS serves on RUSTFS_ADDRESS.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, false) })
}

// ConsoleHandler serves what RustFS serves on RUSTFS_CONSOLE_ADDRESS:
// everything of Handler and the console routes.
func (s *Server) ConsoleHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, true) })
}

// call is one request on its way through the server.
type call struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	path  string
	query url.Values
	who   principal
	// body is the payload after aws-chunked decoding.
	body *payload
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, console bool) {
	s.mu.RLock()
	hook := s.inject
	s.mu.RUnlock()
	if hook != nil && hook(w, r) {
		return
	}
	requestID := store.NewUUID()
	w.Header().Set("X-Request-Id", requestID)
	// RustFS sends no content type unless it means one.
	w.Header()["Content-Type"] = nil
	c := &call{s: s, w: w, r: r, path: r.URL.Path, query: r.URL.Query()}
	switch {
	case s.health(c):
		return
	case console && s.console(c):
		return
	}
	if err := c.authenticate(); err != nil {
		c.writeError(err)
		return
	}
	switch {
	case isAdminPath(c.path):
		if err := c.admin(); err != nil {
			c.writeError(err)
		}
	case c.path == "/" && r.Method == http.MethodPost && isForm(r):
		c.sts()
	default:
		w.Header().Set("X-Amz-Request-Id", requestID)
		if err := c.s3(); err != nil {
			c.writeError(err)
		}
	}
}

// isAdminPath lists the paths that never are buckets. Without a signature
// they answer "Signature is required".
func isAdminPath(path string) bool {
	return strings.HasPrefix(path, "/rustfs/admin/") || strings.HasPrefix(path, "/minio/admin/") ||
		strings.HasPrefix(path, "/rustfs/console/") || strings.HasPrefix(path, "/profile/") || path == "/favicon.ico"
}

// isForm recognises STS requests as the router does: by their content type.
func isForm(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

func (c *call) now() time.Time { return c.s.opts.Now() }
