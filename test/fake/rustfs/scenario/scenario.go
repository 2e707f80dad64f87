// Package scenario plays lists of requests against an S3 and admin endpoint
// and makes the answers comparable: recorded answers of a real server with
// those of the stand-in.
package scenario

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7/pkg/signer"
)

// RootPlaceholder stands for the root access key in requests and answers.
const RootPlaceholder = "{{root}}"

// Names of the two callers that need no definition.
const (
	Root      = "root"
	Anonymous = "anonymous"
)

// Account is a caller of a scenario.
type Account struct {
	Name      string `json:"name"`
	AccessKey string `json:"accessKey"`
	SecretKey string `json:"secretKey"`
}

// Answer is what a server said.
type Answer struct {
	Status      int    `json:"status"`
	ContentType string `json:"contentType,omitempty"`
	Body        string `json:"body,omitempty"`
}

// Line is one line of a scenario: an account or a request, with its answer
// once it has been played. The first line of a recording names the server.
type Line struct {
	Server  string            `json:"server,omitempty"` // its version
	Define  *Account          `json:"define,omitempty"`
	Note    string            `json:"note,omitempty"`
	As      string            `json:"as,omitempty"`
	Method  string            `json:"method,omitempty"`
	Path    string            `json:"path,omitempty"`
	Query   [][2]string       `json:"query,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	Answer  *Answer           `json:"answer,omitempty"`
}

// String names a request in test output.
func (l Line) String() string {
	parts := []string{l.As, l.Method, l.Path}
	for _, q := range l.Query {
		parts = append(parts, q[0]+"="+q[1])
	}
	if l.Note != "" {
		parts = append(parts, "("+l.Note+")")
	}
	return strings.Join(parts, " ")
}

// Read decodes JSON lines.
func Read(r io.Reader) ([]Line, error) {
	const maxLine = 16 << 20
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxLine)
	var lines []Line
	for n := 1; scanner.Scan(); n++ {
		if len(bytes.TrimSpace(scanner.Bytes())) == 0 {
			continue
		}
		var l Line
		if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		lines = append(lines, l)
	}
	return lines, scanner.Err()
}

// Write encodes JSON lines.
func Write(w io.Writer, lines []Line) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, l := range lines {
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

// Player sends requests to one server.
type Player struct {
	endpoint *url.URL
	client   *http.Client
	root     Account
	accounts map[string]Account
}

// NewPlayer returns a player for an endpoint such as http://127.0.0.1:9000.
func NewPlayer(endpoint, accessKey, secretKey string, client *http.Client) (*Player, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	if u.Host == "" {
		return nil, fmt.Errorf("endpoint %q has no host", endpoint)
	}
	root := Account{Name: Root, AccessKey: accessKey, SecretKey: secretKey}
	return &Player{endpoint: u, client: client, root: root, accounts: map[string]Account{Root: root}}, nil
}

// Record plays a scenario and returns it with the answers, after a line that
// names the server's version. The answers are canonical: a second recording
// from a fresh server of the same version is the same.
func (p *Player) Record(ctx context.Context, lines []Line) ([]Line, error) {
	version, err := p.version(ctx)
	if err != nil {
		return nil, err
	}
	out := []Line{{Server: version}}
	for _, l := range lines {
		answer, err := p.Play(ctx, l)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l, err)
		}
		if answer != nil {
			answer.Body = Canonical(answer.Body)
		}
		l.Answer = answer
		out = append(out, l)
	}
	return out, nil
}

// version asks the health probe, which needs no key.
func (p *Player) version(ctx context.Context) (string, error) {
	a, err := p.Play(ctx, Line{As: Anonymous, Method: http.MethodGet, Path: "/health"})
	if err != nil {
		return "", err
	}
	var health struct{ Version string }
	if err := json.Unmarshal([]byte(a.Body), &health); err != nil || health.Version == "" {
		return "", fmt.Errorf("no version in the health probe's answer %q", a.Body)
	}
	return health.Version, nil
}

// Play sends one line and returns the answer; a definition and the line that
// names a server have none.
func (p *Player) Play(ctx context.Context, l Line) (*Answer, error) {
	if l.Server != "" {
		return nil, nil
	}
	if l.Define != nil {
		a := *l.Define
		a.AccessKey = p.fill(a.AccessKey)
		p.accounts[a.Name] = a
		return nil, nil
	}
	req, err := p.request(ctx, l)
	if err != nil {
		return nil, err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	text := strings.ReplaceAll(string(body), p.root.AccessKey, RootPlaceholder)
	return &Answer{Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"), Body: text}, nil
}

// fill puts the root access key in.
func (p *Player) fill(s string) string {
	return strings.ReplaceAll(s, RootPlaceholder, p.root.AccessKey)
}

func (p *Player) request(ctx context.Context, l Line) (*http.Request, error) {
	path := p.fill(l.Path)
	query := url.Values{}
	for _, q := range l.Query {
		query.Add(q[0], p.fill(q[1]))
	}
	u := *p.endpoint
	u.Path = path
	u.RawPath = (&url.URL{Path: path}).EscapedPath()
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	body := []byte(p.fill(l.Body))
	req, err := http.NewRequestWithContext(ctx, l.Method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for k, v := range l.Headers {
		req.Header.Set(k, v)
	}
	if l.As == Anonymous {
		return req, nil
	}
	account, ok := p.accounts[l.As]
	if !ok {
		return nil, fmt.Errorf("unknown account %q", l.As)
	}
	sum := sha256.Sum256(body)
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	return signer.SignV4(*req, account.AccessKey, account.SecretKey, "", "us-east-1"), nil
}
