package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Health is the answer of /health, which needs no key.
type Health struct {
	Status  string `json:"status"`
	Version string `json:"version"` // "0.0.5" for every alpha: see Info
	Ready   *bool  `json:"ready"`   // absent in 1.0.1 and the alphas: see Ready
	// Degraded are the reasons of a server that is not ready.
	Degraded []string `json:"degradedReasons"`
	// Time is the server's clock; zero: it does not tell.
	Time clock `json:"timestamp"`
}

// clock reads the timestamp of a health answer, RFC 3339 with a zone's name
// behind it: "2026-11-22T17:00:22.67+00:00[Etc/UTC]".
type clock struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler. What is no time is unknown.
func (c *clock) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err == nil {
		text, _, _ = strings.Cut(text, "[")
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			c.Time = t.UTC()
		}
	}
	return nil
}

// Health asks GET /health/ready, and GET /health where that is not known. A
// server that is not ready says so with status 503 and its reasons, which is
// an answer and no error.
func (c *Client) Health(ctx context.Context) (Health, error) {
	for _, path := range []string{"/health/ready", "/health"} {
		u := *c.o.Endpoint
		u.Path = path
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return Health{}, err
		}
		b, err := c.send("health of the server", r)
		var e *Error
		if h, ok := notReady(err); ok {
			return h, nil
		}
		if errors.As(err, &e) && e.Status != http.StatusServiceUnavailable && path == "/health/ready" {
			continue
		}
		if err != nil {
			return Health{}, err
		}
		var h Health
		if err := json.Unmarshal(b, &h); err != nil {
			return Health{}, fmt.Errorf("health of the server: the answer is no JSON: %w", err)
		}
		return h, nil
	}
	return Health{}, &Error{Op: "health of the server", Status: http.StatusNotFound, Message: "no health route answers", Code: "NotFound"}
}

// notReady reads the reasons of a server that is not ready from its error; a
// 503 of something between, or of the alphas, has none.
func notReady(err error) (Health, bool) {
	var e *Error
	var h Health
	if !errors.As(err, &e) || e.Status != http.StatusServiceUnavailable || json.Unmarshal(e.body, &h) != nil {
		return Health{}, false
	}
	return h, h.Ready != nil && !*h.Ready
}

// Drive is one disk of a server.
type Drive struct {
	Endpoint string `json:"endpoint"`
	Path     string `json:"path"`
	State    string `json:"state"` // "ok", "offline", …
	Total    uint64 `json:"totalspace"`
	Used     uint64 `json:"usedspace"`
	Free     uint64 `json:"availspace"`
	Pool     int    `json:"pool_index"`
	Set      int    `json:"set_index"`
	Healing  bool   `json:"healing"`
}

// Node is one server process.
type Node struct {
	State    string  `json:"state"`
	Endpoint string  `json:"endpoint"`
	Uptime   int64   `json:"uptime"` // seconds
	Version  string  `json:"version"`
	Drives   []Drive `json:"drives"`
}

// Tag is the part of a node's version behind the last @: a tag, a short
// commit or the crate's version.
func (n Node) Tag() string { return n.Version[strings.LastIndex(n.Version, "@")+1:] }

// Info is what the server says of itself; GET info, admin:ServerInfo.
type Info struct {
	Mode       string `json:"mode"`
	Region     string `json:"region"`
	Deployment string `json:"deploymentID"`
	Buckets    struct {
		Count int64 `json:"count"`
	} `json:"buckets"`
	Objects struct {
		Count int64 `json:"count"`
	} `json:"objects"`
	Usage struct {
		Size uint64 `json:"size"`
	} `json:"usage"`
	Backend struct {
		Type    string `json:"backendType"`
		Online  int    `json:"onlineDisks"`
		Offline int    `json:"offlineDisks"`
		Parity  int    `json:"standardSCParity"`
		Sets    []int  `json:"totalSets"`         // for each pool
		PerSet  []int  `json:"totalDrivesPerSet"` // drives, for each pool
	} `json:"backend"`
	Nodes []Node `json:"servers"`
	// Pools are the erasure sets: pool → set.
	Pools map[string]map[string]ErasureSet `json:"pools"`
}

// ErasureSet is one set of drives of a pool.
type ErasureSet struct {
	ID       int    `json:"id"`
	RawUsed  uint64 `json:"rawUsage"`
	RawTotal uint64 `json:"rawCapacity"`
	Healing  int    `json:"healDisks"`
}

// Info asks GET info. From beta.9 on the answer is wrapped in {"info": …}.
func (c *Client) Info(ctx context.Context) (Info, error) {
	var raw map[string]json.RawMessage
	if err := c.get(ctx, "server information", "info", nil, &raw); err != nil {
		return Info{}, err
	}
	b, err := json.Marshal(raw)
	if err != nil {
		return Info{}, err
	}
	if inner, ok := raw["info"]; ok && raw["servers"] == nil {
		b = inner
	}
	var i Info
	if err := json.Unmarshal(b, &i); err != nil {
		return Info{}, fmt.Errorf("server information: the answer is no JSON of the known form: %w", err)
	}
	return i, nil
}

// BucketUsage is what the server's scanner counted in a bucket: minutes to
// hours old.
type BucketUsage struct {
	Bytes         int64 `json:"size"`           // of all versions
	Objects       int64 `json:"objects_count"`  // deleted ones too, as long as a version or a marker is left
	Versions      int64 `json:"versions_count"` // only those written with versioning
	DeleteMarkers int64 `json:"delete_markers_count"`
}

// Usage is the scanner's count; GET datausageinfo.
type Usage struct {
	Updated  time.Time // zero: the scanner has not finished a round yet
	Capacity int64     // bytes of all drives
	Used     int64
	Free     int64
	Buckets  map[string]BucketUsage
}

// Usage asks GET datausageinfo (admin:DataUsageInfo or s3:ListBucket).
func (c *Client) Usage(ctx context.Context) (Usage, error) {
	var a struct {
		Capacity int64 `json:"total_capacity"`
		Used     int64 `json:"total_used_capacity"`
		Free     int64 `json:"total_free_capacity"`
		Updated  *struct {
			Secs  int64 `json:"secs_since_epoch"`
			Nanos int64 `json:"nanos_since_epoch"`
		} `json:"last_update"`
		Buckets map[string]BucketUsage `json:"buckets_usage"`
	}
	if err := c.get(ctx, "usage of the server", "datausageinfo", nil, &a); err != nil {
		return Usage{}, err
	}
	u := Usage{Capacity: a.Capacity, Used: a.Used, Free: a.Free, Buckets: a.Buckets}
	if a.Updated != nil && a.Updated.Secs > 0 {
		u.Updated = time.Unix(a.Updated.Secs, a.Updated.Nanos).UTC()
	}
	return u, nil
}
