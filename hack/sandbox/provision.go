package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/seed"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/supervise"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/talos"
)

// provisioner brings the inside of a sandbox up. It runs in the sandbox's network.
type provisioner struct {
	box        box.Box
	info       box.Info
	supervisor *supervise.Client
	node       *talos.Client
	start      time.Time
	// bootstrap starts etcd even if that was done before.
	bootstrap bool
}

// stepTimeout ends a step that will not succeed any more.
const stepTimeout = 3 * time.Minute

func provision(ctx context.Context, b box.Box, info box.Info, bootstrap bool) error {
	node, err := talos.Connect(ctx, b, box.FirstNodeAddress)
	if err != nil {
		return err
	}
	defer node.Close() //nolint:errcheck // nothing is pending

	p := &provisioner{box: b, info: info, supervisor: supervise.Connect(b), node: node, start: time.Now(), bootstrap: bootstrap}

	if err = p.common(ctx); err != nil {
		return err
	}

	switch {
	case info.Tier.Kubernetes():
		err = p.cluster(ctx)
	case info.Tier == box.TierThree:
		err = p.three(ctx)
	case bootstrap:
		err = p.single(ctx)
	}

	if err != nil {
		return err
	}

	for _, t := range info.Timings {
		p.info.Timings = append([]box.Timing{t}, p.info.Timings...)
	}

	fmt.Fprintf(os.Stderr, "sandbox %q is up: %s\n", b.Name, b.Dir)

	return b.WriteInfo(p.info)
}

// step does one thing and tells how long it took.
func (p *provisioner) step(ctx context.Context, what string, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()

	start := time.Now()
	err := do(ctx)
	took := time.Since(start)

	p.info.Timings = append(p.info.Timings, box.Timing{Step: what, Seconds: took.Round(time.Millisecond).Seconds()})

	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}

	fmt.Fprintf(os.Stderr, "%6.1fs  %s (%.1fs)\n", time.Since(p.start).Seconds(), what, took.Seconds())

	return nil
}

// common starts the nodes and fills the store; both take their time, so they do it at once.
func (p *provisioner) common(ctx context.Context) error {
	p.info.Timings = nil

	if err := p.step(ctx, "nodes are started", func(ctx context.Context) error {
		for _, n := range p.info.Nodes {
			if err := p.supervisor.StartNode(ctx, n.Name); err != nil {
				return err
			}
		}

		return nil
	}); err != nil {
		return err
	}

	if err := p.step(ctx, "the store is filled", p.store); err != nil {
		return err
	}

	return p.step(ctx, "the Machine API answers", p.node.WaitForAPI)
}

// seeded marks a store that was filled.
func (p *provisioner) seeded() string { return p.box.Path("store.seeded") }

// store fills the store while the hub serves its disk, and hands the disk over to Kubernetes if there is one.
func (p *provisioner) store(ctx context.Context) error {
	_, err := os.Stat(p.seeded())
	filled := err == nil

	if filled && p.info.Tier.Kubernetes() {
		return nil
	}

	if err = p.supervisor.StoreUp(ctx); err != nil {
		return err
	}

	if !filled {
		if err = kube.Wait(ctx, "the store can be filled", func(ctx context.Context) error { return seed.Store(ctx, p.box) }); err != nil {
			return err
		}

		if err = os.WriteFile(p.seeded(), nil, 0o644); err != nil {
			return err
		}
	}

	if p.info.Tier.Kubernetes() {
		return p.supervisor.StoreDown(ctx)
	}

	return nil
}

// etcd bootstraps a sandbox once; afterwards that is the user's business, who may want to recover from a snapshot instead.
func (p *provisioner) etcd(ctx context.Context) error {
	switch {
	case !p.info.Bootstrapped || p.bootstrap:
		if err := p.step(ctx, "etcd is bootstrapped", p.node.Bootstrap); err != nil {
			return err
		}

		p.info.Bootstrapped = true

		if err := p.box.WriteInfo(p.info); err != nil {
			return err
		}
	case !p.hasData():
		return errors.New("the node was wiped and waits for etcd's data\n" +
			"hint: recover it from a snapshot, or start with an empty one: sandbox up --bootstrap")
	}

	return p.step(ctx, "etcd answers", func(ctx context.Context) error { return p.node.WaitForEtcd(ctx, 1) })
}

// hasData says whether the first node has an etcd to start.
func (p *provisioner) hasData() bool {
	_, err := os.Stat(filepath.Join(p.box.NodeDir(p.info.Nodes[0].Name), "var", "lib", "etcd", "member"))

	return err == nil
}

// single bootstraps the only node.
func (p *provisioner) single(ctx context.Context) error {
	if err := p.etcd(ctx); err != nil {
		return err
	}

	return p.kubeconfig(ctx)
}

// three waits until all three are voting members.
func (p *provisioner) three(ctx context.Context) error {
	if err := p.etcd(ctx); err != nil {
		return err
	}

	return p.step(ctx, "three members vote", func(ctx context.Context) error { return p.node.WaitForEtcd(ctx, len(p.info.Nodes)) })
}

func (p *provisioner) kubeconfig(ctx context.Context) error {
	if p.info.Stub {
		return nil
	}

	return p.step(ctx, "the kubeconfig is there", func(ctx context.Context) error {
		data, err := p.node.Kubeconfig(ctx)
		if err != nil {
			return err
		}

		return box.Secret(p.box.Kubeconfig(), data)
	})
}

// cluster waits for Kubernetes and fills it.
func (p *provisioner) cluster(ctx context.Context) error {
	if err := p.single(ctx); err != nil {
		return err
	}

	api, err := kube.Open(p.box.Kubeconfig())
	if err != nil {
		return err
	}

	type step struct {
		what string
		do   func(ctx context.Context) error
	}

	until := func(what string, ready func(ctx context.Context) error) step {
		return step{what, func(ctx context.Context) error { return kube.Wait(ctx, what, ready) }}
	}

	steps := []step{
		until("the API server is ready", api.Ready),
		{"the kubelet registers", func(ctx context.Context) error { return p.register(ctx, api) }},
		{"the cluster is filled", func(ctx context.Context) error { return p.fill(ctx, api) }},
		until("the node is ready", api.NodeReady),
		{"Services work", p.workload(api, "kube-system", "daemonsets", "kube-proxy")},
		{"cluster DNS runs", p.workload(api, "kube-system", "deployments", "coredns")},
		until("cluster DNS answers", api.DNSReady),
		{"RustFS is ready", p.workload(api, "rustfs", "statefulsets", "rustfs")},
	}

	for _, s := range steps {
		if err = p.step(ctx, s.what, s.do); err != nil {
			return err
		}
	}

	return nil
}

// register hurries the kubelet up. It has asked in vain for a certificate, and waits longer each time; without one it has asked in vain for Services,
// and waits again. Started anew when the API server is there, and once more when it has its certificate, it waits for nothing.
func (p *provisioner) register(ctx context.Context, api *kube.Client) error {
	since, err := p.since(ctx)
	if err != nil {
		return err
	}

	alive := func(ctx context.Context) error { return api.NodeAlive(ctx, p.info.Nodes[0].Name, since) }
	if alive(ctx) == nil {
		return nil
	}

	if err = p.node.RestartKubelet(ctx); err != nil {
		return err
	}

	if err = kube.Wait(ctx, "the node has registered", alive); err != nil {
		return err
	}

	return p.node.RestartKubelet(ctx)
}

func (p *provisioner) fill(ctx context.Context, api *kube.Client) error {
	manifests, err := seed.Cluster(p.box, p.info, backupImage)
	if err != nil {
		return err
	}

	_, err = api.Apply(ctx, manifests)

	return err
}

// workload waits until all pods of a workload are ready.
func (p *provisioner) workload(api *kube.Client, namespace, resource, name string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		since, err := p.since(ctx)
		if err != nil {
			return err
		}

		return kube.Wait(ctx, name+" is ready", func(ctx context.Context) error {
			return api.WorkloadReady(ctx, namespace, resource, name, since)
		})
	}
}

// since is when the first node was last started.
func (p *provisioner) since(ctx context.Context) (time.Time, error) {
	status, err := p.supervisor.Status(ctx)
	if err != nil {
		return time.Time{}, err
	}

	return status.Nodes[0].Since, nil
}
