package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// Realtime is one sample of what the server measures.
type Realtime struct {
	Disks    int `json:"n_disks"`
	Offline  int `json:"offline"`
	Healing  int `json:"healing"`
	Requests []RequestCount
	Scanner  struct {
		Cycle       int64   `json:"current_cycle"`
		LastSeconds float64 `json:"last_cycle_duration_seconds"`
		LastObjects int64   `json:"last_cycle_objects_scanned"`
		LastResult  string  `json:"last_cycle_result"`
		Failed      int64   `json:"failed_cycles"`
	}
	Internode struct {
		Received int64 `json:"rx_bytes"`
		Sent     int64 `json:"tx_bytes"`
	}
}

// RequestCount is how many requests of one kind the server has answered since
// it started.
type RequestCount struct {
	Method    string `json:"method"`
	Operation string `json:"operation"` // "s3:ListBuckets", or "unknown"
	Outcome   string `json:"outcome"`   // "2xx"
	Total     int64  `json:"total"`
}

// Realtime asks for one sample: GET realtime, and GET metrics where that is not
// known (before 1.0); admin rights for metrics. Without n=1 the older route
// never ends.
func (c *Client) Realtime(ctx context.Context) (Realtime, error) {
	const op = "realtime metrics"
	query := url.Values{"n": {"1"}}
	b, err := c.do(ctx, op, http.MethodGet, prefix+"realtime", query, nil)
	if IsMissingRoute(err) {
		b, err = c.do(ctx, op, http.MethodGet, prefix+"metrics", query, nil)
	}
	if err != nil {
		return Realtime{}, err
	}
	var a struct {
		Aggregated struct {
			Scanner json.RawMessage `json:"scanner"`
			Disk    json.RawMessage `json:"disk"`
			HTTP    struct {
				Requests []RequestCount `json:"requests"`
			} `json:"http"`
			Net struct {
				Stats json.RawMessage `json:"netstats"`
			} `json:"net"`
		} `json:"aggregated"`
	}
	// The first of the documents, one behind the other; older versions put no
	// line end between them.
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&a); err != nil {
		return Realtime{}, fmt.Errorf("%s: the answer is no JSON of the known form: %w", op, err)
	}
	r := Realtime{Requests: a.Aggregated.HTTP.Requests}
	for _, part := range []struct {
		raw  json.RawMessage
		into any
	}{{a.Aggregated.Disk, &r}, {a.Aggregated.Scanner, &r.Scanner}, {a.Aggregated.Net.Stats, &r.Internode}} {
		if len(part.raw) == 0 {
			continue
		}
		if err := json.Unmarshal(part.raw, part.into); err != nil {
			return Realtime{}, fmt.Errorf("%s: the answer is no JSON of the known form: %w", op, err)
		}
	}
	return r, nil
}
