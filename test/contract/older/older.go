// Package older turns the answers of a RustFS 1.0.1, the real one or the
// stand-in, into those of older versions. It is a proxy: requests pass
// untouched with the host that they are signed for, so that signatures stay
// valid; what an older version would not take is refused before it gets there.
//
// It knows what clients meet: missing routes, the form of answers and errors,
// and what requests must hold. How policies are evaluated stays 1.0.1's.
package older

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

// Version is an older version of RustFS.
type Version int

// The versions, from old to new: those that differ in what clients meet.
const (
	Alpha82 Version = iota
	Beta7
	RC3
	newest // what is behind the proxy
)

// Versions are all of them.
func Versions() []Version { return []Version{Alpha82, Beta7, RC3} }

func (v Version) String() string {
	return [...]string{"1.0.0-alpha.82", "1.0.0-beta.7", "1.0.0-rc.3", "1.0.1"}[v]
}

// Root is the root key of the server behind: the proxy asks it what an older
// version would have known when it answered.
type Root struct{ AccessKey, SecretKey string }

// proxy is a server of an older version.
type proxy struct {
	version Version
	base    *url.URL
	root    Root
	player  *scenario.Player
}

// Handler answers as a version does, from the server at base.
func Handler(v Version, base *url.URL, root Root, transport http.RoundTripper) (http.Handler, error) {
	player, err := scenario.NewPlayer(base.String(), root.AccessKey, root.SecretKey, &http.Client{Transport: transport})
	if err != nil {
		return nil, err
	}
	p := &proxy{version: v, base: base, root: root, player: player}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(base)
			r.Out.Host = r.In.Host // it is signed
			r.Out.URL.RawQuery = r.In.URL.RawQuery
			r.Out.Header.Del("Accept-Encoding") // it is not signed, and bodies are read here
		},
		Transport:      transport,
		FlushInterval:  -1,
		ModifyResponse: p.modify,
		ErrorLog:       log.New(io.Discard, "", 0), // clients that go away are part of the suites
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := p.before(r)
		if err != nil {
			http.Error(w, "older: "+err.Error(), http.StatusBadGateway)
			return
		}
		if a != nil {
			a.write(w, r.Method)
			return
		}
		forward.ServeHTTP(w, r)
	}), nil
}

// until reports that the version is this one or older.
func (p *proxy) until(v Version) bool { return p.version <= v }

// answer is one that comes from here.
type answer struct {
	status      int
	contentType string
	body        []byte
}

func (a *answer) write(w http.ResponseWriter, method string) {
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if method != http.MethodHead {
		w.Write(a.body) //nolint:errcheck // the client is gone
	}
}

// refusal is an error as RustFS writes it.
func refusal(status int, code, message string) *answer {
	var escaped bytes.Buffer
	escape(&escaped, message)
	return &answer{status, "application/xml", []byte(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>` + escaped.String() + `</Message></Error>`)}
}

func internalError(format string, args ...any) *answer {
	return refusal(http.StatusInternalServerError, "InternalError", fmt.Sprintf(format, args...))
}

// adminPath is the part of a path below the admin API's prefix.
func adminPath(path string) (string, bool) { return strings.CutPrefix(path, "/rustfs/admin/v3/") }

// before answers what an older version answers in its own way, or nothing.
func (p *proxy) before(r *http.Request) (*answer, error) {
	if route, ok := adminPath(r.URL.Path); ok {
		if p.lacks(r.Method, route) {
			return refusal(http.StatusNotImplemented, "NotImplemented", ""), nil
		}
		return p.beforeAdmin(r, route)
	}
	if strings.HasPrefix(r.URL.Path, "/rustfs/admin/v4/") && p.until(Beta7) {
		return refusal(http.StatusNotImplemented, "NotImplemented", ""), nil // v4 came with beta.9
	}
	if p.until(Alpha82) && strings.HasPrefix(r.URL.Path, "/health/") {
		return refusal(http.StatusForbidden, "AccessDenied", "Signature is required"), nil // it is a bucket to it
	}
	return p.beforeS3(r)
}

// modify turns an answer into the older form.
func (p *proxy) modify(resp *http.Response) error {
	r := resp.Request
	route, isAdmin := adminPath(r.URL.Path)
	var change func(*http.Request, *answer, string) error
	switch {
	case route == "trace":
		return nil // it has no end
	case isAdmin:
		change = p.afterAdmin
	case r.URL.Path == "/" && r.Method == http.MethodPost:
		change = p.afterSTS
	case strings.HasPrefix(r.URL.Path, "/health"):
		change = p.afterHealth
	case bucketQuestion(r):
		change = p.afterS3
	default:
		return nil // objects pass
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	a := &answer{resp.StatusCode, resp.Header.Get("Content-Type"), body}
	if err := change(r, a, route); err != nil {
		return err
	}
	resp.StatusCode, resp.Status = a.status, http.StatusText(a.status)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(a.body)), int64(len(a.body))
	if r.Method != http.MethodHead {
		resp.Header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	if a.contentType != "" {
		resp.Header.Set("Content-Type", a.contentType)
	}
	return nil
}

// peek reads a request's body and leaves it as it was.
func peek(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, err
}

// play asks the server behind, as root.
func (p *proxy) play(ctx context.Context, method, path string, query ...[2]string) (*scenario.Answer, error) {
	return p.player.Play(ctx, scenario.Line{As: scenario.Root, Method: method, Path: path, Query: query})
}

// ask is the status of play's answer.
func (p *proxy) ask(ctx context.Context, method, path string, query ...[2]string) (int, error) {
	a, err := p.play(ctx, method, path, query...)
	if err != nil {
		return 0, err
	}
	return a.Status, nil
}
