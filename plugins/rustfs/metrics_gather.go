package rustfs

import (
	"context"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/exposition"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

// gathering collects samples by family. It is safe for concurrent use.
type gathering struct {
	mu  sync.Mutex
	all []exposition.Family
}

func newGathering() *gathering {
	gauge := func(name, help string) exposition.Family {
		return exposition.Family{Name: "rustfs_" + name, Help: help, Kind: exposition.Gauge}
	}
	counter := func(name, help string) exposition.Family {
		return exposition.Family{Name: "rustfs_" + name + "_total", Help: help, Kind: exposition.Counter}
	}
	return &gathering{all: []exposition.Family{
		gauge("up", "Whether the server answered."),
		gauge("ready", "Whether the server says that it is ready."),
		gauge("build_info", "The version of a node, always 1."),
		gauge("pods", "Pods of the server, by whether they are ready."),
		gauge("node_uptime_seconds", "How long a node has been running."),
		gauge("capacity_total_bytes", "Space of all drives."),
		gauge("capacity_used_bytes", "Used space of all drives."),
		gauge("capacity_free_bytes", "Free space of all drives."),
		gauge("drive_online", "Whether a drive is online."),
		gauge("drive_total_bytes", "Space of a drive."),
		gauge("drive_used_bytes", "Used space of a drive."),
		gauge("drive_free_bytes", "Free space of a drive."),
		gauge("drives_healing", "Drives that are being healed."),
		gauge("buckets", "Buckets."),
		gauge("objects", "Objects of all buckets, as the scanner counted them."),
		gauge("usage_bytes", "Bytes of all objects, as the scanner counted them."),
		gauge("usage_updated_timestamp_seconds", "When the scanner's count was written last."),
		gauge("bucket_usage_bytes", "Bytes of all versions in a bucket, as the scanner counted them."),
		gauge("bucket_objects", "Objects in a bucket, as the scanner counted them."),
		gauge("bucket_versions", "Versions in a bucket, as the scanner counted them."),
		gauge("bucket_delete_markers", "Delete markers in a bucket, as the scanner counted them."),
		gauge("bucket_quota_bytes", "Limit of a bucket."),
		gauge("bucket_quota_used_bytes", "How much of a bucket's limit is used, as the server counts it."),
		gauge("scanner_enabled", "Whether the scanner is on."),
		gauge("scanner_fresh", "Whether the server calls the scanner's figures fresh."),
		gauge("scanner_last_cycle_timestamp_seconds", "When the scanner's last round ended."),
		gauge("expiry_queued", "Objects that wait to be expired."),
		counter("expiry_missed", "Objects that could not be queued to be expired, since the server started."),
		counter("expiry_failed", "Expired objects that could not be deleted, since the server started."),
		gauge("kms_running", "Whether the key management runs."),
		counter("requests", "Requests answered since the server started."),
		counter("internode_received_bytes", "Bytes received from other nodes since the server started."),
		counter("internode_sent_bytes", "Bytes sent to other nodes since the server started."),
	}}
}

// add puts a sample into a family. Label values come in pairs with names.
func (g *gathering) add(family string, value float64, pairs ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := exposition.Sample{Value: value}
	for i := 0; i+1 < len(pairs); i += 2 {
		s.Labels = append(s.Labels, exposition.Label{Name: pairs[i], Value: pairs[i+1]})
	}
	i := slices.IndexFunc(g.all, func(f exposition.Family) bool { return f.Name == "rustfs_"+family })
	g.all[i].Samples = append(g.all[i].Samples, s)
}

// families are all with the samples in one order.
func (g *gathering) families() []exposition.Family {
	for i := range g.all {
		slices.SortStableFunc(g.all[i].Samples, func(a, b exposition.Sample) int {
			return slices.CompareFunc(a.Labels, b.Labels, func(x, y exposition.Label) int {
				switch {
				case x.Value < y.Value:
					return -1
				case x.Value > y.Value:
					return 1
				}
				return 0
			})
		})
	}
	return g.all
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// measure asks one server. What a version does not tell is left out.
func (o *metrics) measure(ctx context.Context, g *gathering, s surveyed) (name string, err error) {
	if s.server != nil {
		name = s.server.ID()
		ready := 0
		for _, p := range s.server.Pods {
			ready += int(number(kube.Ready(p)))
		}
		g.add("pods", float64(ready), "server", name, "ready", "true")
		g.add("pods", float64(len(s.server.Pods)-ready), "server", name, "ready", "false")
	} else {
		name = s.target.name()
	}
	if s.err != nil {
		g.add("up", 0, "server", name)
		return name, s.err
	}
	h, err := s.target.admin.Health(ctx)
	if err != nil {
		g.add("up", 0, "server", name)
		return name, err
	}
	if h.Ready != nil {
		g.add("ready", number(*h.Ready), "server", name)
	}
	err = o.inside(ctx, g, s.target, name)
	g.add("up", number(err == nil), "server", name)
	return name, err
}

// inside asks what needs a key, several questions at once. Only info and usage
// decide whether the server is up; what else a version or a key does not tell
// is left out.
func (o *metrics) inside(ctx context.Context, g *gathering, t *target, name string) error {
	var q errgroup.Group
	q.SetLimit(parallel)
	q.Go(func() error {
		i, err := t.admin.Info(ctx)
		if err == nil {
			addInfoMetrics(g, i, name)
		}
		return err
	})
	q.Go(func() error {
		u, err := t.admin.Usage(ctx)
		if err == nil {
			addUsageMetrics(g, u, name)
		}
		return err
	})
	q.Go(func() error {
		a, err := t.admin.Expiry(ctx)
		if err == nil && a.Measured {
			g.add("expiry_queued", float64(a.Queued), "server", name)
			g.add("expiry_missed_total", float64(a.Missed), "server", name)
			g.add("expiry_failed_total", float64(a.Failed), "server", name)
		}
		if err == nil {
			g.add("scanner_enabled", number(a.Enabled), "server", name)
			g.add("scanner_fresh", number(a.State == "fresh"), "server", name)
			if at, ok := seconds(a.LastCycle); ok {
				g.add("scanner_last_cycle_timestamp_seconds", at, "server", name)
			}
		}
		return ctx.Err()
	})
	q.Go(func() error {
		k, err := t.admin.KMS(ctx)
		if err == nil {
			g.add("kms_running", number(k.Status == "Running"), "server", name)
		}
		return ctx.Err()
	})
	q.Go(func() error {
		r, err := t.admin.Realtime(ctx)
		if err != nil {
			return ctx.Err()
		}
		g.add("drives_healing", float64(r.Healing), "server", name)
		g.add("internode_received_bytes_total", float64(r.Internode.Received), "server", name)
		g.add("internode_sent_bytes_total", float64(r.Internode.Sent), "server", name)
		for _, c := range r.Requests {
			g.add("requests_total", float64(c.Total), "server", name, "method", c.Method, "operation", c.Operation, "outcome", c.Outcome)
		}
		return nil
	})
	q.Go(func() error { return addQuotaMetrics(ctx, g, t, name) })
	return q.Wait()
}

func addInfoMetrics(g *gathering, i admin.Info, name string) {
	g.add("buckets", float64(i.Buckets.Count), "server", name)
	g.add("objects", float64(i.Objects.Count), "server", name)
	g.add("usage_bytes", float64(i.Usage.Size), "server", name)
	for _, n := range i.Nodes {
		g.add("build_info", 1, "server", name, "node", n.Endpoint, "version", n.Tag())
		g.add("node_uptime_seconds", float64(n.Uptime), "server", name, "node", n.Endpoint)
		for _, d := range n.Drives {
			at := []string{"server", name, "node", n.Endpoint, "drive", d.Path}
			g.add("drive_online", number(d.State == "ok" || d.State == "online"), at...)
			g.add("drive_total_bytes", float64(d.Total), at...)
			g.add("drive_used_bytes", float64(d.Used), at...)
			g.add("drive_free_bytes", float64(d.Free), at...)
		}
	}
}

func addUsageMetrics(g *gathering, u admin.Usage, name string) {
	g.add("capacity_total_bytes", float64(u.Capacity), "server", name)
	g.add("capacity_used_bytes", float64(u.Used), "server", name)
	g.add("capacity_free_bytes", float64(u.Free), "server", name)
	if at, ok := seconds(u.Updated); ok {
		g.add("usage_updated_timestamp_seconds", at, "server", name)
	}
	for _, b := range slices.Sorted(maps.Keys(u.Buckets)) {
		c := u.Buckets[b]
		g.add("bucket_usage_bytes", float64(c.Bytes), "server", name, "bucket", b)
		g.add("bucket_objects", float64(c.Objects), "server", name, "bucket", b)
		g.add("bucket_versions", float64(c.Versions), "server", name, "bucket", b)
		g.add("bucket_delete_markers", float64(c.DeleteMarkers), "server", name, "bucket", b)
	}
}

// addQuotaMetrics asks for the limit of each bucket. A server that has not
// counted a bucket yet does not tell it.
func addQuotaMetrics(ctx context.Context, g *gathering, t *target, name string) error {
	buckets, err := t.s3.Buckets(ctx)
	if err != nil {
		return soft(err)
	}
	var q errgroup.Group
	q.SetLimit(parallel)
	for _, b := range buckets {
		q.Go(func() error {
			quota, err := t.admin.Quota(ctx, b.Name)
			if err == nil && quota.Limit > 0 {
				g.add("bucket_quota_bytes", float64(quota.Limit), "server", name, "bucket", b.Name)
				g.add("bucket_quota_used_bytes", float64(quota.Used), "server", name, "bucket", b.Name)
			}
			return ctx.Err()
		})
	}
	return q.Wait()
}
