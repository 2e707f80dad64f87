package admin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// Expiry is what a server says of the process that expires objects by
// lifecycle rules: its scanner.
type Expiry struct {
	Scanner

	Paused      bool // while data moves between pools
	Queued      int64
	Missed      int64 // that did not get into the queue, since the server started
	Failed      int64 // deletions, since the server started
	LastActions int64 // in the last round of the scanner
	Measured    bool  // whether the figures are known: only of ilm/expiry/status
}

// Expiry asks GET ilm/expiry/status, and scanner/status where that is not
// known; admin:ServerInfo. (rustfs/src/admin/handlers/scanner.rs at 1.0.1)
func (c *Client) Expiry(ctx context.Context) (Expiry, error) {
	const op = "expiry by lifecycle rules"
	var a scannerAnswer
	err := c.get(ctx, op, "ilm/expiry/status", nil, &a)
	if IsMissingRoute(err) {
		err = c.get(ctx, op, "scanner/status", nil, &a)
	}
	if err != nil {
		return Expiry{}, err
	}
	e := Expiry{Scanner: a.scanner(), Paused: a.Pause.Paused, LastActions: a.LastActions, Measured: a.Expiry != nil}
	if x := a.Expiry; x != nil {
		e.Queued, e.Missed, e.Failed = x.Queued, x.Missed+x.Blocked, x.Failed
	}
	return e, nil
}

// TraceEvent is one thing that the server's scanner did.
type TraceEvent struct {
	Func   string            `json:"funcname"` // "scanner.Folder", "scanner.IlmAction", …
	Path   string            `json:"path"`     // "bucket/key"
	Time   string            `json:"time"`
	Custom map[string]string `json:"custom"` // "action", "state", "count"
}

// maxTraceLine is more than any event is long, in bytes.
const maxTraceLine = 1 << 20

// ScannerTrace asks GET trace?kind=scanner, admin:ServerTrace, and gives each
// event to see until it returns false or ctx ends; that end is no error. The
// server sends a blank line every 15 seconds.
// (rustfs/src/admin/handlers/profile_admin.rs at 1.0.1, TraceHandler)
func (c *Client) ScannerTrace(ctx context.Context, see func(TraceEvent) bool) error {
	const op = "trace of the scanner"
	resp, err := c.open(ctx, op, http.MethodGet, prefix+"trace", url.Values{"kind": {"scanner"}})
	if err != nil {
		return ended(ctx, err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxTraceLine)
	for lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var e TraceEvent
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("%s: a line is no JSON: %w", op, err)
		}
		if !see(e) {
			return nil
		}
	}
	if err := lines.Err(); err != nil {
		return ended(ctx, fmt.Errorf("%s: %w", op, err))
	}
	return nil
}

// ended forgives what came of a time that ran out, not of an interruption.
func ended(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil
	}
	return err
}

// HasKMS asks GET kms/status, admin:ServerInfo, whether the server has a KMS
// that is set up. One without says so with 500.
// (rustfs/src/admin/handlers/kms.rs at 1.0.1)
func (c *Client) HasKMS(ctx context.Context) (bool, error) {
	_, err := c.do(ctx, "status of the KMS", http.MethodGet, prefix+"kms/status", nil, nil)
	if says(err, "not initialized", "not configured") {
		return false, nil
	}
	return err == nil, err
}
