package admin

import (
	"cmp"
	"context"
	"time"
)

// Scanner is what the server says of its scanner, which counts objects and
// carries out lifecycle rules.
type Scanner struct {
	Enabled   bool
	Reason    string    // why it is not enabled
	State     string    // of its figures: "fresh", "stale", "unknown"; before beta.9 the last
	LastCycle time.Time // zero: none is finished yet
	MaxAge    time.Duration
}

// scannerAnswer is how scanner/status and ilm/expiry/status begin.
type scannerAnswer struct {
	Enabled   *bool  `json:"enabled"`
	Reason    string `json:"disabled_reason"`
	Freshness struct {
		State     string `json:"state"`
		LastCycle int64  `json:"last_cycle_end_unix_secs"`
		MaxAge    int64  `json:"max_expected_age_seconds"`
	} `json:"freshness"`
	Expiry *struct {
		Queued  int64 `json:"current_queued"`
		Missed  int64 `json:"scanner_missed"`
		Blocked int64 `json:"scanner_not_enqueued"`
		Failed  int64 `json:"delete_failed"`
	} `json:"lifecycle_expiry"`
	LastActions int64 `json:"last_cycle_lifecycle_expiry_actions"`
	Pause       struct {
		Paused bool `json:"paused"`
	} `json:"data_movement_pause"`
}

func (a scannerAnswer) scanner() Scanner {
	s := Scanner{Enabled: a.Enabled == nil || *a.Enabled, Reason: a.Reason, State: cmp.Or(a.Freshness.State, "unknown"), MaxAge: time.Duration(a.Freshness.MaxAge) * time.Second}
	if a.Freshness.LastCycle > 0 {
		s.LastCycle = time.Unix(a.Freshness.LastCycle, 0).UTC()
	}
	return s
}

// Scanner asks GET scanner/status, admin:ServerInfo (rustfs
// src/admin/handlers/scanner.rs).
func (c *Client) Scanner(ctx context.Context) (Scanner, error) {
	var a scannerAnswer
	err := c.get(ctx, "scanner status", "scanner/status", nil, &a)
	return a.scanner(), err
}
