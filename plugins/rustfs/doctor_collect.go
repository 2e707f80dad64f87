package rustfs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/diagnosis"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/serverenv"
)

// collect looks at everything that the rules need. What may not be looked at
// is in NotLooked.
func (o *doctor) collect(ctx context.Context) (diagnosis.Cluster, error) {
	var c diagnosis.Cluster
	found, err := o.look(ctx)
	if err != nil {
		return c, err
	}
	for _, s := range found {
		d, err := o.server(ctx, s)
		if err != nil {
			return c, err
		}
		c.Servers = append(c.Servers, d)
	}
	if o.where.endpoint == "" {
		err = o.workloads(ctx, &c)
	}
	return c, err
}

// workloads looks at what else runs in the cluster, or in the namespace named.
func (o *doctor) workloads(ctx context.Context, c *diagnosis.Cluster) error {
	k, err := o.kube(ctx)
	if err != nil {
		return err
	}
	scope := ""
	if k.Explicit && !o.allNamespaces {
		scope = k.Namespace
	}
	all, unread, err := k.Workloads(ctx, scope)
	if err != nil {
		return err
	}
	c.NotLooked = append(c.NotLooked, unread...)
	for _, w := range all {
		d := diagnosis.Workload{ID: strings.ToLower(w.Kind) + "/" + w.Namespace + "/" + w.Name}
		for _, ct := range w.Containers {
			d.Containers = append(d.Containers, diagnosis.Container{Name: ct.Name, Image: ct.Image, Command: ct.Command})
		}
		c.Workloads = append(c.Workloads, d)
	}
	return nil
}

// server looks at one server, first from the cluster's side, then by asking it.
func (o *doctor) server(ctx context.Context, s surveyed) (diagnosis.Server, error) {
	var d diagnosis.Server
	if s.server != nil {
		var err error
		if d, err = o.seen(ctx, *s.server); err != nil {
			return d, err
		}
	} else {
		d = diagnosis.Server{ID: s.target.name(), Outside: true}
	}
	if s.err != nil {
		d.NotLooked = append(d.NotLooked, fmt.Sprintf("the server itself (%v)", s.err))
		return d, ctx.Err()
	}
	o.asked(ctx, s.target, &d)
	if o.ingress && ctx.Err() == nil {
		for i := range d.Routes {
			d.Routes[i].Probes = o.probeRoute(ctx, s.target, d.Routes[i])
		}
	}
	return d, ctx.Err()
}

// seen is what the cluster tells of a server.
func (o *doctor) seen(ctx context.Context, s kube.Server) (diagnosis.Server, error) {
	d := diagnosis.Server{ID: s.ID(), Namespace: s.Namespace, Name: s.Name, Kind: s.Workload, Container: s.Container, Image: s.Image(), Args: s.Args()}
	k, err := o.kube(ctx)
	if err != nil {
		return d, err
	}
	for _, p := range s.Pods {
		d.Pods = append(d.Pods, diagnosedPod(s, p))
	}
	variables, unread, err := k.EnvOfServer(s).All(ctx)
	if err != nil {
		return d, err
	}
	d.NotLooked = append(d.NotLooked, unread...)
	for _, v := range variables {
		if serverenv.Ours(v.Name) {
			d.Variables = append(d.Variables, diagnosedVariable(v))
		}
	}
	if err := o.rootKey(ctx, k, s, &d); err != nil {
		return d, err
	}
	volumes, unread := k.Volumes(ctx, s)
	d.NotLooked = append(d.NotLooked, unread...)
	for _, v := range volumes {
		d.Volumes = append(d.Volumes, diagnosis.Volume{
			Pod: v.Pod, Mount: v.Mount, Source: v.Source, Claim: v.Claim, Class: v.Class, Name: v.Name, Reclaim: v.Reclaim,
			Driver: v.Driver, Path: v.Path, Node: v.Node, ControlPlane: v.ControlPlane, Talos: v.Talos,
		})
	}
	routes, unread, err := k.Routes(ctx, s)
	if err != nil {
		unread = append(unread, fmt.Sprintf("ways from outside (%v)", err))
	}
	d.NotLooked = append(d.NotLooked, unread...)
	for _, r := range routes {
		d.Routes = append(d.Routes, diagnosis.Route{ID: r.ID(), Hosts: r.Hosts, TLS: r.TLS, Console: r.Console})
	}
	return d, ctx.Err()
}

func diagnosedPod(s kube.Server, p corev1.Pod) diagnosis.Pod {
	c := s.ContainerOf(p)
	_, memory := c.Resources.Requests[corev1.ResourceMemory]
	_, limit := c.Resources.Limits[corev1.ResourceMemory]
	_, cpu := c.Resources.Requests[corev1.ResourceCPU]
	_, cpuLimit := c.Resources.Limits[corev1.ResourceCPU]
	out := diagnosis.Pod{
		Name: p.Name, Node: p.Spec.NodeName, Trouble: kube.WhyNotRunning(p), ReadinessProbe: c.ReadinessProbe != nil,
		MemoryRequest: memory || limit, MemoryLimit: limit, CPURequest: cpu || cpuLimit, // a limit alone is the request too
	}
	if out.Trouble == "" && !kube.Ready(p) {
		out.Trouble = "it is not ready"
	}
	for _, st := range p.Status.ContainerStatuses {
		if st.Name != s.Container {
			continue
		}
		out.Restarts = st.RestartCount
		if st.State.Running != nil {
			out.Started = st.State.Running.StartedAt.Time
		}
		if t := st.LastTerminationState.Terminated; t != nil {
			out.OOMKilled = t.Reason == "OOMKilled"
		}
	}
	return out
}

func diagnosedVariable(v kube.Variable) diagnosis.Variable {
	value := v.InForce()
	out := diagnosis.Variable{Name: v.Name, Origin: value.Origin, Overridden: len(v.Set) - 1}
	out.Secret = !value.Secret.Empty() || serverenv.Secret(v.Name)
	if !out.Secret {
		out.Value = serverenv.Shown(value.Plain)
	}
	if n, ok := serverenv.NoteOn(v.Name); ok {
		out.Deprecated, out.Unknown, out.Instead, out.Why = n.Deprecated, n.Unknown, n.Instead, n.Why
	}
	return out
}

// rootKey says what is to be known of the root key without showing it.
func (o *doctor) rootKey(ctx context.Context, k *kube.Client, s kube.Server, d *diagnosis.Server) error {
	cred, err := k.RootCredential(ctx, s)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		d.NotLooked = append(d.NotLooked, fmt.Sprintf("the root key (%v)", err))
		return nil
	}
	d.Key = diagnosis.RootKey{
		AccessKey: cred.AccessKey, Origin: cred.Origin, BuiltIn: cred.Default || wellKnown(cred),
		Literal: strings.HasPrefix(cred.Origin, "env of ") || strings.HasPrefix(cred.Origin, "arguments of "),
	}
	place, ok := strings.CutPrefix(cred.Origin, "Secret ")
	if !ok {
		return nil
	}
	place, _, _ = strings.Cut(place, ",")
	namespace, name, _ := strings.Cut(place, "/")
	d.Key.Changed, err = k.SecretTouched(ctx, namespace, name)
	if apierrors.IsForbidden(err) || apierrors.IsNotFound(err) {
		return nil // it was read a moment ago; only its age is not known
	}
	return err
}

// wellKnown reports a pair that stands in manuals.
func wellKnown(c kube.Credential) bool {
	secretKey := c.SecretKey.Reveal()
	return slices.Contains([]string{"rustfsadmin", "minioadmin"}, c.AccessKey) && slices.Contains([]string{"rustfsadmin", "minioadmin", "rustfssecret"}, secretKey)
}

// asked is what the server tells of itself. What it refuses is said in
// NotLooked.
func (o *doctor) asked(ctx context.Context, t *target, d *diagnosis.Server) {
	d.Scheme, d.Asked = t.url.Scheme, time.Now()
	h, err := t.admin.Health(ctx)
	if err != nil {
		d.NotLooked = append(d.NotLooked, fmt.Sprintf("the server itself (%v)", err))
		d.Scheme = ""
		return
	}
	d.Ready, d.Degraded, d.Clock = h.Ready, h.Degraded, h.Time.Time
	if !h.Time.IsZero() {
		d.Asked = d.Asked.Add(time.Since(d.Asked) / 2) // the clock was read half way
	}
	q := questions{server: d}
	q.group.SetLimit(parallel)
	q.ask("drives and versions", func() error { return diagnosedInfo(ctx, t, &q) })
	q.ask("the scanner", func() error {
		a, err := t.admin.Scanner(ctx)
		q.set(err, func() {
			d.Scanner = &diagnosis.Scanner{Enabled: a.Enabled, Reason: a.Reason, State: a.State, LastCycle: a.LastCycle}
		})
		return err
	})
	q.ask("expiring objects", func() error {
		a, err := t.admin.Expiry(ctx)
		q.set(err, func() { d.Expiry = &diagnosis.Expiry{Missed: a.Missed, Failed: a.Failed} })
		return err
	})
	q.ask("users, groups, policies and access keys", func() error { return diagnosedIAM(ctx, t, &q) })
	q.ask("buckets", func() error { return diagnosedBuckets(ctx, t, &q) })
	_ = q.group.Wait() // each question has noted its own error
	slices.Sort(d.NotLooked)
}

// questions are asked at once; answers are written one after the other.
type questions struct {
	group  errgroup.Group
	mu     sync.Mutex
	server *diagnosis.Server
}

// ask notes what was refused.
func (q *questions) ask(what string, do func() error) {
	q.group.Go(func() error {
		err := do()
		if err == nil {
			return nil
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		reason := err.Error()
		var e *admin.Error
		switch {
		case admin.IsMissingRoute(err):
			reason = "this version does not tell"
		case errors.As(err, &e) && slices.Contains([]string{"SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed"}, e.Code):
			q.server.Refused = e.Code
		}
		q.server.NotLooked = append(q.server.NotLooked, what+" ("+reason+")")
		return nil
	})
}

func (q *questions) set(err error, write func()) {
	if err == nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		write()
	}
}

func diagnosedInfo(ctx context.Context, t *target, q *questions) error {
	i, err := t.admin.Info(ctx)
	q.set(err, func() {
		d := q.server
		parity := i.Backend.Parity
		d.Parity = &parity
		for _, n := range i.Nodes {
			if tag := n.Tag(); tag != "" {
				d.Versions = append(d.Versions, tag)
			}
			for _, r := range n.Drives {
				d.Drives = append(d.Drives, diagnosis.Drive{Path: r.Path, State: r.State, Used: int64(r.Used), Total: int64(r.Total)})
			}
		}
	})
	return err
}

// diagnosedIAM reads who may do what. Where that may not be read, the policies
// of buckets alone still tell what strangers may do.
func diagnosedIAM(ctx context.Context, t *target, q *questions) error {
	all, err := loadIAM(ctx, t)
	if err != nil {
		all = iam.Snapshot{At: time.Now()}
		if loadBuckets(ctx, t, &all) != nil {
			return err
		}
	}
	q.set(nil, func() { q.server.IAM = &all })
	return err
}

// diagnosedBuckets reads the settings of all buckets, several at once.
func diagnosedBuckets(ctx context.Context, t *target, q *questions) error {
	buckets, err := t.s3.Buckets(ctx)
	if err != nil {
		return err
	}
	all := make([]diagnosis.Bucket, len(buckets))
	var g errgroup.Group
	g.SetLimit(parallel)
	for i, b := range buckets {
		g.Go(func() (err error) {
			all[i], err = diagnosedBucket(ctx, t, b.Name)
			return err
		})
	}
	err = g.Wait()
	q.set(nil, func() { q.server.Buckets = all })
	return err
}

func diagnosedBucket(ctx context.Context, t *target, name string) (diagnosis.Bucket, error) {
	b := diagnosis.Bucket{Name: name}
	versioning, err := t.s3.Versioning(ctx, name)
	if err != nil {
		return b, err
	}
	b.Versioning = versioning == s3.Enabled
	if b.CORS, err = t.s3.CORS(ctx, name); err != nil {
		return b, err
	}
	b.Lifecycle, err = t.s3.Lifecycle(ctx, name)
	return b, err
}
