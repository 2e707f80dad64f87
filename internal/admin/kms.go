package admin

import (
	"context"
	"encoding/json"
	"strings"
)

// KMS is what the server says of its key management.
type KMS struct {
	Status  string // "NotConfigured", "Configured", "Running", "Error"
	Backend string // "Local", "Vault", …
	Healthy *bool  // nil: not asked, because it does not run
}

// KMS asks GET kms/service-status, kms rights or admin:ServerInfo (rustfs
// src/admin/handlers/kms_dynamic.rs), and kms/status where that is not known.
func (c *Client) KMS(ctx context.Context) (KMS, error) {
	var a struct {
		Status  json.RawMessage `json:"status"` // {"Error": …} when it failed
		Backend string          `json:"backend_type"`
		Healthy *bool           `json:"healthy"`
	}
	const op = "KMS status"
	err := c.get(ctx, op, "kms/service-status", nil, &a)
	if IsMissingRoute(err) {
		err = c.get(ctx, op, "kms/status", nil, &a)
		if says(err, "not initialized") {
			return KMS{Status: "NotConfigured"}, nil
		}
	}
	if err != nil {
		return KMS{}, err
	}
	k := KMS{Backend: a.Backend, Healthy: a.Healthy, Status: "Error"}
	var word string
	if json.Unmarshal(a.Status, &word) == nil {
		k.Status = strings.TrimSpace(word)
	}
	return k, nil
}
