package rustfs

import (
	"net/http"
	"time"
)

// healthTime is the timestamp format of the health answers.
const healthTime = "2006-01-02T15:04:05.999999999-07:00[Etc/UTC]"

// storageHealth is the part of a readiness answer about the disks.
type storageHealth struct {
	Status            string   `json:"status"`
	Ready             bool     `json:"ready"`
	ReadinessScope    string   `json:"readinessScope"`
	Source            string   `json:"source"`
	ReadQuorum        *bool    `json:"readQuorum,omitempty"`
	WriteQuorum       *bool    `json:"writeQuorum,omitempty"`
	UnavailableDrives []string `json:"unavailableDrives,omitzero"`
}

type partHealth struct {
	Status string `json:"status"`
	Ready  bool   `json:"ready"`
}

type poolHealth struct {
	Ready  bool   `json:"ready"`
	Status string `json:"status"`
}

type healthDetails struct {
	Storage      storageHealth `json:"storage"`
	IAM          partHealth    `json:"iam"`
	Lock         partHealth    `json:"lock"`
	PoolMetadata *poolHealth   `json:"poolMetadata,omitempty"`
}

type healthBody struct {
	Status          string         `json:"status"`
	Service         string         `json:"service"`
	Timestamp       string         `json:"timestamp"`
	Version         string         `json:"version"`
	Ready           *bool          `json:"ready,omitempty"`
	Details         *healthDetails `json:"details,omitempty"`
	DegradedReasons []string       `json:"degradedReasons,omitzero"`
	Uptime          int64          `json:"uptime,omitempty"`
}

// health answers the unauthenticated probes: /health[/live|/ready] and
// /minio/health/{live,ready,cluster,cluster/read}.
func (s *Server) health(c *call) bool {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return false
	}
	body := healthBody{
		Status: "ok", Service: "rustfs-endpoint", Version: s.opts.Version,
		Timestamp: c.now().UTC().Format(healthTime),
	}
	yes := true
	ready := partHealth{Status: "connected", Ready: true}
	details := &healthDetails{
		Storage: storageHealth{Status: "connected", Ready: true, ReadinessScope: "read_quorum", Source: "storage_inventory"},
		IAM:     ready, Lock: ready,
	}
	switch c.path {
	case "/health", "/health/live", "/minio/health/live":
		details = nil
	case "/health/ready", "/minio/health/ready":
		details.Storage.Source = "local_runtime"
		details.Storage.ReadQuorum, details.Storage.WriteQuorum = &yes, &yes
		details.Storage.UnavailableDrives = []string{}
		details.PoolMetadata = &poolHealth{Ready: true, Status: "writable"}
	case "/minio/health/cluster":
		details.Storage.ReadinessScope = "write_quorum_and_pool_metadata"
	case "/minio/health/cluster/read":
	default:
		return false
	}
	if details != nil {
		body.Ready, body.Details, body.DegradedReasons = &yes, details, []string{}
	}
	c.json(http.StatusOK, body)
	return true
}

// json answers with a JSON document, without a trailing newline or HTML
// escaping.
func (c *call) json(status int, value any) {
	c.w.Header().Set("Content-Type", "application/json")
	c.plainJSON(status, value)
}

// plainJSON is json without a content type, as the quota routes answer.
func (c *call) plainJSON(status int, value any) {
	data, err := marshal(value)
	if err != nil {
		c.writeError(fail("InternalError", err.Error()))
		return
	}
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(data)
	}
}

// rfc3339 is how the admin API writes times.
func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
