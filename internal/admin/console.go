package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// ConsoleVersion asks GET /rustfs/console/version, which needs no key and
// which only the console's port has. All versions tell theirs there.
func (c *Client) ConsoleVersion(ctx context.Context) (string, error) {
	const op = "version of the console"
	r, err := c.request(ctx, op, http.MethodGet, "/rustfs/console/version", nil, nil)
	if err != nil {
		return "", err
	}
	b, err := c.send(op, r)
	if err != nil {
		return "", err
	}
	var a struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return "", fmt.Errorf("%s: the answer is no JSON: %w", op, err)
	}
	return a.Version, nil
}
