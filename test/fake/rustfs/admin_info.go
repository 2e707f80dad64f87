package rustfs

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Sizes of the one disk the stand-in claims to have.
const (
	diskTotal = 100 << 30
	diskID    = "00000000-0000-4000-8000-000000000001"
	deployID  = "00000000-0000-4000-8000-000000000002"
)

// discovery are the v4 routes the wrapped answers name.
type discovery struct {
	Runtime    string `json:"runtimeCapabilities"`
	Cluster    string `json:"clusterSnapshot"`
	Extensions string `json:"extensionsCatalog"`
}

func adminDiscovery() discovery {
	return discovery{
		"/rustfs/admin/v4/runtime/capabilities", "/rustfs/admin/v4/cluster/snapshot", "/rustfs/admin/v4/extensions/catalog",
	}
}

// totals sums all buckets.
func (s *Server) totals() (buckets, size, objects, versions, markers int64) {
	for _, b := range s.store.Buckets() {
		u, err := s.store.Usage(b.Name, "")
		if err != nil {
			continue
		}
		buckets++
		size += u.Size
		objects += u.Objects
		versions += u.Versions
		markers += u.DeleteMarkers
	}
	return buckets, size, objects, versions, markers
}

// disk is the drive of info and storageinfo; metrics are left empty.
func (s *Server) disk(used int64) map[string]any {
	return map[string]any{
		"endpoint": "/data", "rootDisk": false, "path": "/data", "healing": false, "scanning": false, "state": "ok",
		"uuid": diskID, "major": 254, "minor": 0, "model": nil, "totalspace": int64(diskTotal), "usedspace": used,
		"availspace": diskTotal - used, "readthroughput": 0.0, "writethroughput": 0.0, "readlatency": 0.0,
		"writelatency": 0.0, "utilization": float64(used) / float64(diskTotal) * 100,
		"metrics":   map[string]any{"last_minute": map[string]any{}, "api_calls": map[string]any{}, "total_waiting": 0, "total_errors_availability": 0, "total_errors_timeout": 0, "total_writes": 0, "total_deletes": 0},
		"heal_info": nil, "used_inodes": 1, "free_inodes": 1 << 20, "local": true, "pool_index": 0, "set_index": 0,
		"disk_index": 0, "runtimeState": "online", "capacityObservationSource": "live_probe",
		"capacityObservationAgeSeconds": 0, "physicalDeviceIds": []string{"vda"},
	}
}

// count is a number that may carry an error.
func count(name string, n int64) map[string]any { return map[string]any{name: n, "error": nil} }

// serverInfo is GET info; admin:ServerInfo. The message is wrapped.
func (c *call) serverInfo(string) *apiError {
	if err := c.need("admin:ServerInfo"); err != nil {
		return err
	}
	buckets, size, objects, versions, markers := c.s.totals()
	host := c.r.Host
	server := map[string]any{
		"state": "online", "endpoint": host, "scheme": "", "uptime": int64(c.now().Sub(c.s.started).Seconds()),
		"version": "@" + c.s.opts.Version, "commitID": "", "network": map[string]string{host: "online"},
		"drives": []any{c.s.disk(size)}, "poolNumber": 1, "poolNumbers": []int{1},
		"mem_stats": map[string]int64{"alloc": 0, "total_alloc": 0, "mallocs": 0, "frees": 0, "heap_alloc": 0},
		"max_procs": 2, "num_cpu": 2, "runtime_version": "", "rustfs_env_vars": map[string]string{},
	}
	set := map[string]any{
		"id": 0, "rawUsage": size, "rawCapacity": int64(diskTotal), "usage": size, "objectsCount": objects,
		"versionsCount": versions, "deleteMarkersCount": markers, "healDisks": 0,
	}
	info := map[string]any{
		"mode": "online", "domain": nil, "region": nil, "sqsARN": nil, "deploymentID": deployID,
		"buckets": count("count", buckets), "objects": count("count", objects), "versions": count("count", versions),
		"deletemarkers": count("count", markers), "usage": count("size", size),
		"services": map[string]any{"kms": nil, "kmsStatus": nil, "ldap": nil, "logger": nil, "audit": nil, "notifications": nil},
		"backend": map[string]any{
			"backendType": "Erasure", "onlineDisks": 1, "offlineDisks": 0, "unknownDisks": 0, "standardSCParity": 0,
			"rrSCParity": 0, "totalSets": []int{1}, "totalDrivesPerSet": []int{1},
		},
		"servers": []any{server},
		"pools":   map[string]any{"0": map[string]any{"0": set}},
	}
	return c.ok(map[string]any{"info": info, "admin_discovery": adminDiscovery(), "bitrotSelftest": "passed"})
}

// storageInfo is GET storageinfo; admin:StorageInfo. Wrapped as well.
func (c *call) storageInfo(string) *apiError {
	if err := c.need("admin:StorageInfo"); err != nil {
		return err
	}
	_, size, _, _, _ := c.s.totals()
	observation := map[string]any{
		"endpoint": c.r.Host, "status": "succeeded", "cached": false,
		"last_success_unix_millis": c.now().UnixMilli(), "snapshot_age_seconds": 0, "error_code": nil,
	}
	info := map[string]any{"disks": []any{c.s.disk(size)}, "backend": singleDisk(), "observations": []any{observation}}
	return c.ok(map[string]any{"info": info, "admin_discovery": adminDiscovery()})
}

// dataUsage is GET datausageinfo; admin:DataUsageInfo or s3:ListBucket. Not
// wrapped; last_update is seconds and nanoseconds.
func (c *call) dataUsage(string) *apiError {
	if err := c.need("admin:DataUsageInfo", "s3:ListBucket"); err != nil {
		return err
	}
	buckets, size, objects, versions, markers := c.s.totals()
	usage, sizes := map[string]any{}, map[string]int64{}
	for _, b := range c.s.store.Buckets() {
		u, err := c.s.store.Usage(b.Name, "")
		if err != nil {
			continue
		}
		sizes[b.Name] = u.Size
		usage[b.Name] = map[string]any{
			"size": u.Size, "objects_count": u.Objects, "versions_count": u.Versions,
			"delete_markers_count": u.DeleteMarkers, "object_size_histogram": map[string]int{},
			"object_versions_histogram": map[string]int{}, "replication_pending_size_v1": 0,
			"replication_failed_size_v1": 0, "replicated_size_v1": 0, "replication_info": map[string]int{},
		}
	}
	now := c.now()
	return c.ok(map[string]any{
		"total_capacity": int64(diskTotal), "total_used_capacity": size, "total_free_capacity": diskTotal - size,
		"last_update":   map[string]int64{"secs_since_epoch": now.Unix(), "nanos_since_epoch": int64(now.Nanosecond())},
		"scanner_cycle": 1, "scanner_epoch": 1, "objects_total_count": objects, "versions_total_count": versions,
		"delete_markers_total_count": markers, "objects_total_size": size, "replication_info": map[string]int{},
		"buckets_count": buckets, "buckets_usage": usage, "usage_snapshot_complete": true,
		"usage_snapshot_converged": true, "usage_snapshot_partial": false, "bucket_sizes": sizes,
		"disk_usage_status": []int{},
	})
}

// prefixUsage is GET usage/{bucket}[?prefix=&max-entries=];
// admin:DataUsageInfo. A missing bucket counts as empty, a prefix is a folder
// whatever slashes are around it, and its parts are relative to it.
func (c *call) prefixUsage(bucket string) *apiError {
	if err := c.need("admin:DataUsageInfo"); err != nil {
		return err
	}
	type usage struct {
		Size    int64 `json:"size"`
		Objects int64 `json:"objects"`
		Version int64 `json:"versions"`
		Markers int64 `json:"deleteMarkers"`
	}
	type sub struct {
		Prefix string `json:"prefix"`
		Usage  usage  `json:"usage"`
	}
	out := struct {
		Bucket     string `json:"bucket"`
		Prefix     string `json:"prefix"`
		Usage      usage  `json:"usage"`
		Compacted  bool   `json:"compacted"`
		Partial    bool   `json:"subPrefixesPartial"`
		Truncated  bool   `json:"truncated"`
		Subs       []sub  `json:"subPrefixes"`
		Reporting  int    `json:"setsReporting"`
		Total      int    `json:"setsTotal"`
		LastUpdate *int64 `json:"lastUpdateUnixSecs"`
	}{Bucket: bucket, Prefix: strings.Trim(c.query.Get("prefix"), "/"), Subs: []sub{}, Total: 1}
	for name := range c.query {
		if name != "prefix" && name != "max-entries" {
			return fail("InvalidArgument", "unknown query parameter: "+name)
		}
	}
	now := c.now().Unix()
	folder := out.Prefix
	if c.s.within(bucket, folder) {
		out.LastUpdate, out.Partial = &now, true // the bucket is known, and not the folder
		return c.ok(out)
	}
	if folder != "" {
		folder += "/"
	}
	u, err := c.s.store.Usage(bucket, folder)
	if err != nil {
		return c.ok(out)
	}
	out.Reporting, out.LastUpdate = 1, &now
	out.Usage = usage{u.Size, u.Objects, u.Versions, u.DeleteMarkers}
	if folder != "" && u.Objects < splitFrom {
		out.Compacted, out.Partial = true, true
		return c.ok(out)
	}
	for _, name := range c.s.children(bucket, folder) {
		u, err := c.s.store.Usage(bucket, folder+name)
		if err == nil {
			out.Subs = append(out.Subs, sub{name, usage{u.Size, u.Objects, u.Versions, u.DeleteMarkers}})
		}
	}
	return c.ok(out)
}

// backgroundStatus is GET scanner/status: what it begins with;
// admin:ServerInfo.
func (c *call) backgroundStatus(string) *apiError {
	if err := c.need("admin:ServerInfo"); err != nil {
		return err
	}
	return c.ok(c.background())
}

// expiryStatus is GET ilm/expiry/status: what clients read of it;
// admin:ServerInfo.
func (c *call) expiryStatus(string) *apiError {
	if err := c.need("admin:ServerInfo"); err != nil {
		return err
	}
	out := c.background()
	out["lifecycle_expiry"] = map[string]int{
		"current_queue_capacity": 2000, "current_queued": 0, "current_active": 0, "current_workers": 2, "queue_missed": 0,
		"scanner_queued": 0, "scanner_missed": 0, "scanner_blocked": 0, "scanner_not_enqueued": 0, "delete_failed": 0,
	}
	out["current_cycle_lifecycle_expiry_actions"] = 0
	out["last_cycle_lifecycle_expiry_actions"] = 0
	out["data_movement_pause"] = map[string]any{"paused": false, "policy": "global_pause", "reasons": []string{}}
	return c.ok(out)
}

func (c *call) background() map[string]any {
	return map[string]any{
		"enabled": true, "disabled_reason": nil,
		"freshness": map[string]any{
			"state": "fresh", "last_cycle_end_unix_secs": c.now().Unix(), "max_expected_age_seconds": 240, "reason": nil,
		},
	}
}

// trace is GET trace?kind=; admin:ServerTrace. It tells at once that the
// scanner has looked at each bucket, and then stays open until the client has
// enough. (rustfs/src/admin/handlers/profile_admin.rs)
func (c *call) trace(string) *apiError {
	if err := c.need("admin:ServerTrace"); err != nil {
		return err
	}
	kinds := strings.Split(c.query.Get("kind"), ",")
	for _, k := range kinds {
		if !slices.Contains([]string{"", "heal", "healing", "scanner", "all"}, k) {
			return fail("InvalidRequest", "invalid trace kind")
		}
	}
	c.w.Header().Set("Content-Type", "application/x-ndjson")
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write([]byte(" \n"))
	if !slices.Equal(kinds, []string{"heal"}) {
		for _, b := range c.s.store.Buckets() {
			line, err := marshal(map[string]any{
				"type": 1, "nodename": "standin", "funcname": "scanner.Folder", "time": c.now().UTC().Format(time.RFC3339), "path": b.Name,
				"dur": map[string]int{"secs": 0, "nanos": 1000}, "custom": map[string]string{"state": "finished", "objects": "0"},
			})
			if err != nil {
				return fail("InternalError")
			}
			_, _ = c.w.Write(append(line, '\n'))
		}
	}
	_ = http.NewResponseController(c.w).Flush()
	<-c.r.Context().Done()
	return nil
}

// kmsStatus is GET kms/status of a server without a KMS.
func (c *call) kmsStatus(string) *apiError {
	if err := c.need("admin:ServerInfo"); err != nil {
		return err
	}
	return fail("InternalError", "KMS service not initialized")
}

// serviceAction is POST service?action=; nothing can be restarted here.
func (c *call) serviceAction(string) *apiError {
	if err := c.need("admin:ServiceRestart", "admin:ServiceStop", "admin:ServiceFreeze"); err != nil {
		return err
	}
	if !slices.Contains([]string{"restart", "stop", "freeze", "unfreeze"}, c.query.Get("action")) {
		return fail("InvalidRequest", "action must be one of: restart, stop, freeze, unfreeze")
	}
	c.w.WriteHeader(http.StatusOK)
	return nil
}
