package rustfs

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// kmsServiceStatus is GET kms/service-status of a server without a KMS.
func (c *call) kmsServiceStatus(string) *apiError {
	if err := c.need("kms:ServiceStatus", "admin:ServerInfo"); err != nil {
		return err
	}
	c.plainJSON(http.StatusOK, struct {
		Status  string `json:"status"`
		Backend any    `json:"backend_type"`
		Healthy any    `json:"healthy"`
		Summary any    `json:"config_summary"`
	}{Status: "NotConfigured"})
	return nil
}

// defaultConfig is the beginning of what 1.0.1 answers to GET config when
// nothing was set.
const defaultConfig = `heal bitrot_cycle="2592000"
identity_openid claim_name="groups" claim_prefix="" client_id="" config_url="" enable="off" scopes="openid,profile,email"
notify_webhook client_ca="" client_cert="" client_key="" enable="off" endpoint="" queue_dir="/opt/rustfs/events" queue_limit="100000" skip_tls_verify="off"
scanner alert_excess_folders="65538" bitrot_cycle="2592000" cache_save_timeout="14" idle_mode="true" speed="default"
storage_class optimize="availability" rrs="EC:1" standard=""`

// config is GET config; admin:ConfigUpdate. Secrets are not hidden.
func (c *call) config(string) *apiError {
	if err := c.need("admin:ConfigUpdate"); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(c.w, defaultConfig)
	return nil
}

// configKV is GET get-config-kv?key=; admin:ConfigUpdate.
func (c *call) configKV(string) *apiError {
	if err := c.need("admin:ConfigUpdate"); err != nil {
		return err
	}
	key := c.query.Get("key")
	if !c.query.Has("key") {
		return fail("InvalidRequest", "missing config key selector")
	}
	scope, _, _ := strings.Cut(key, ":")
	for line := range strings.SplitSeq(defaultConfig, "\n") {
		if strings.HasPrefix(line, scope+" ") && scope != "" {
			c.w.Header().Set("Content-Type", "application/octet-stream")
			c.w.WriteHeader(http.StatusOK)
			_, _ = io.WriteString(c.w, line)
			return nil
		}
	}
	return fail("InvalidRequest", "config subsystem '"+scope+"' not found")
}

// realtime is GET realtime?n=; admin:GetMetrics (src/admin/handlers/realtime.rs):
// one JSON document a line.
func (c *call) realtime(string) *apiError {
	if err := c.need("admin:GetMetrics"); err != nil {
		return err
	}
	now := rfc3339(c.now())
	c.json(http.StatusOK, map[string]any{
		"errors": []string{}, "hosts": []string{c.r.Host},
		"aggregated": map[string]any{
			"scanner": map[string]any{
				"collected": now, "current_cycle": 3, "last_cycle_result": "success", "last_cycle_duration_seconds": 0.022,
				"last_cycle_objects_scanned": 2, "failed_cycles": 0,
			},
			"disk": map[string]any{"collected": now, "n_disks": 1, "offline": 0, "healing": 0},
			"net":  map[string]any{"collected": now, "interfaceName": "internode", "netstats": map[string]any{"name": "internode", "rx_bytes": 0, "tx_bytes": 0}},
			"http": map[string]any{"collected": now, "requests": []any{map[string]any{"method": "GET", "operation": "s3:ListBuckets", "outcome": "2xx", "total": 3}}},
		},
		"by_host": []any{}, "by_disk": []any{}, "final": true,
	})
	return nil
}

// poolsList is GET pools/list; admin:ServerInfo or admin:Decommission.
func (c *call) poolsList(string) *apiError {
	if err := c.need("admin:ServerInfo", "admin:Decommission"); err != nil {
		return err
	}
	_, size, _, _, _ := c.s.totals()
	return c.ok([]any{map[string]any{
		"id": 0, "cmdline": "/data", "lastUpdate": c.s.started.UTC().Format(time.RFC3339Nano), "totalSize": int64(diskTotal),
		"currentSize": diskTotal - size, "usedSize": size, "used": float64(size) / float64(diskTotal), "status": "active",
		"decommissionStatus": "none", "rebalanceStatus": "none", "decommissionInfo": nil,
	}})
}

// runtimeCapabilities is GET v4/runtime/capabilities: the head of it.
func (c *call) runtimeCapabilities() *apiError {
	if err := c.need("admin:ServerInfo"); err != nil {
		return err
	}
	supported := map[string]string{"state": "supported"}
	return c.ok(map[string]any{"summary": map[string]any{"memory_sampling": supported, "site_replication_info": supported}, "advertised": []any{}})
}
