package admin

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
)

// Setting is one key of the server's own configuration.
type Setting struct {
	Scope string // "scanner", "notify_webhook:primary"
	Key   string
	Value string // secrets are in it: mask before showing
}

// Settings asks GET config, admin:ConfigUpdate, for the configuration that the
// server keeps in its store, defaults filled in. Variables of the environment
// are not in it, and go before it (rustfs src/admin/handlers/config_admin.rs).
func (c *Client) Settings(ctx context.Context) ([]Setting, error) {
	const op = "configuration of the server"
	b, err := c.do(ctx, op, http.MethodGet, prefix+"config", nil, nil)
	if err != nil {
		return nil, err
	}
	out, err := parseSettings(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return out, nil
}

// parseSettings reads lines of the form: scope key="value" key=value. Within
// quotes a backslash keeps the next character. Lines that begin with # name
// variables of the environment.
func parseSettings(b []byte) ([]Setting, error) {
	var out []Setting
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, maxBody)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		scope, rest, _ := strings.Cut(line, " ")
		for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
			key, after, ok := strings.Cut(rest, "=")
			if !ok || key == "" {
				return nil, fmt.Errorf("scope %s: %q is no key with a value", scope, key)
			}
			var value string
			value, rest = settingValue(after)
			out = append(out, Setting{Scope: scope, Key: key, Value: value})
		}
	}
	return out, lines.Err()
}

// settingValue takes one value off the front of the text.
func settingValue(s string) (value, rest string) {
	quoted, ok := strings.CutPrefix(s, `"`)
	if !ok {
		value, rest, _ = strings.Cut(s, " ")
		return value, rest
	}
	var b strings.Builder
	escaped := false
	for i, r := range quoted {
		switch {
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"':
			return b.String(), quoted[i+1:]
		default:
			b.WriteRune(r)
		}
	}
	return b.String(), ""
}
