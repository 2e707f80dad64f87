package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/host"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/node"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/oci"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/parts"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/seed"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/supervise"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/talos"
)

// backupImage is upstream's image, of the last build that the program's contract was read from.
const backupImage = "ghcr.io/siderolabs/talos-backup:v0.1.0-beta.3-10-gb9fd478"

// upOptions are the flags of up.
type upOptions struct {
	name, tier, rustfs, schedule, kubelet string
	bootstrap                             bool
}

func newUp() *cobra.Command {
	var o upOptions

	cmd := &cobra.Command{
		Use:   "up",
		Short: "Make a sandbox, or bring it back up",
		Long: `Up makes a sandbox and leaves it running in the background. It may be repeated: what is there stays, what is missing is added.

Tiers:
  node     one Talos control plane with a stub in the kubelet's place; etcd waits to be bootstrapped. The store is served next door.
  three    three of them, bootstrapped
  cluster  one control plane with Kubernetes, cluster DNS, RustFS, talos-backup and about a hundred objects to lose`,
		Example: `  sandbox up
  sandbox up --tier node --bootstrap
  sandbox up --name nightly --tier cluster --schedule '*/10 * * * *'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), cmd) },
	}

	nameFlag(cmd, &o.name)
	cmd.Flags().StringVar(&o.tier, "tier", "", "`tier`: node, three or cluster (default cluster, or what the sandbox is)")
	cmd.Flags().StringVar(&o.rustfs, "rustfs", parts.StoreAuto, "the store's `program`: real, fake, or auto for the real one if it was built")
	cmd.Flags().StringVar(&o.schedule, "schedule", "", "`schedule` of the backup CronJob (default: suspended)")
	cmd.Flags().StringVar(&o.kubelet, "kubelet", "", "`kubelet` of the tiers node and three: stub or real (default stub)")
	cmd.Flags().BoolVar(&o.bootstrap, "bootstrap", false, "bootstrap etcd in the tier node too, and again after a wipe")

	return cmd
}

func (o *upOptions) run(ctx context.Context, cmd *cobra.Command) error {
	if err := host.Check(); err != nil {
		return err
	}

	b, err := box.Open(o.name)
	if err != nil {
		return usageError{err}
	}

	info, err := o.plan(cmd, b)
	if err != nil {
		return err
	}

	builder, err := parts.NewBuilder()
	if err != nil {
		return err
	}

	show := progress()
	start := time.Now()

	if err = parts.RuntimeTools(ctx, show, !info.Stub); err != nil {
		return err
	}

	if err = builder.Build(ctx, show, parts.Needed(info.Tier.Kubernetes(), info.Stub)...); err != nil {
		return err
	}

	if info.RustFS.Program == "" {
		if info.RustFS, err = builder.Store(ctx, show, o.rustfs); err != nil {
			return err
		}
	}

	if err = makeDirs(b); err != nil {
		return fmt.Errorf("make the sandbox's directory: %w", err)
	}

	release, err := b.Lock()
	if err != nil {
		return err
	}
	defer release()

	if now, err := b.ReadInfo(); err == nil { // another run may have come first
		info.Bootstrapped = now.Bootstrapped
	}

	info.Timings = []box.Timing{{Step: "programs are built", Seconds: time.Since(start).Seconds()}}
	info.Repository = builder.Repository

	if err = prepare(ctx, b, builder, &info); err != nil {
		return err
	}

	return provisionInside(ctx, b, o.bootstrap)
}

// plan joins what is asked for with what is there.
func (o *upOptions) plan(cmd *cobra.Command, b box.Box) (box.Info, error) {
	if o.kubelet != "" && o.kubelet != "stub" && o.kubelet != "real" {
		return box.Info{}, usage(cmd, fmt.Errorf("kubelet %q does not exist: it is stub or real", o.kubelet))
	}

	old, err := b.ReadInfo()
	exists := err == nil

	tier, err := box.ParseTier(cmp.Or(o.tier, string(old.Tier), string(box.TierCluster)))
	if err != nil {
		return box.Info{}, usageError{err}
	}

	stub := !tier.Kubernetes() && o.kubelet != "real"
	info := box.Info{Name: b.Name, Tier: tier, Nodes: tier.Nodes(), Stub: stub, Schedule: o.schedule}

	if !exists {
		return info, nil
	}

	if old.Tier != tier || old.Stub != stub && o.kubelet != "" {
		return box.Info{}, fmt.Errorf("sandbox %q is there already, of tier %s\nhint: sandbox down --name %s first, or take another --name", b.Name, old.Tier, b.Name)
	}

	if !cmd.Flags().Changed("schedule") {
		info.Schedule = old.Schedule
	}

	if cmd.Flags().Changed("rustfs") && o.rustfs != parts.StoreAuto && o.rustfs != old.RustFS.Kind {
		return box.Info{}, fmt.Errorf("sandbox %q is there already, with a store that is %s\nhint: sandbox down --name %s first, or take another --name", b.Name, old.RustFS.Kind, b.Name)
	}

	if _, err = os.Stat(old.RustFS.Program); err == nil {
		info.RustFS = old.RustFS // a disk stays with the program that wrote it
	}

	info.Stub, info.Bootstrapped = old.Stub, old.Bootstrapped

	return info, nil
}

// makeDirs makes the sandbox's directories. The nodes run as another user, so the way to theirs is open; what is secret is closed file by file.
func makeDirs(b box.Box) error {
	for _, dir := range []string{b.Dir, b.Path("log"), b.Path("nodes"), b.Path("bin"), b.Disk()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}

	return os.Chown(b.Disk(), node.FirstID+node.StoreUser, node.FirstID+node.StoreUser)
}

// prepare makes what is missing of a sandbox's files and starts its supervisor.
func prepare(ctx context.Context, b box.Box, builder *parts.Builder, info *box.Info) error {
	if _, err := os.Stat(b.MachineConfig()); err != nil {
		if err = seed.Secrets(b); err != nil {
			return err
		}

		var addresses []string
		for _, n := range info.Nodes {
			addresses = append(addresses, n.Address)
		}

		setup := talos.Setup{Box: b, Addresses: addresses, Kubernetes: strings.TrimPrefix(parts.KubernetesVersion, "v"), Stub: info.Stub}
		if err = talos.Write(setup); err != nil {
			return err
		}
	}

	spec, err := supervisorSpec(b, builder, *info)
	if err != nil {
		return err
	}

	info.Programs = b.Path("bin")
	info.Versions = map[string]string{"talos": parts.TalosVersion, "etcd": parts.EtcdVersion}

	if spec.Images.Kenv != "" {
		info.Versions["kubernetes"] = parts.KubernetesVersion
	}

	if err = linkPrograms(b, builder, *info); err != nil {
		return err
	}

	if err = b.WriteInfo(*info); err != nil {
		return err
	}

	if supervise.PID(b) > 0 {
		return nil
	}

	if err = supervise.WriteSpec(b, spec); err != nil {
		return err
	}

	return supervise.Launch(ctx, b)
}

// supervisorSpec names the programs of which the sandbox is made.
func supervisorSpec(b box.Box, builder *parts.Builder, info box.Info) (supervise.Spec, error) {
	spec := supervise.Spec{
		Name: b.Name, Nodes: info.Nodes, Store: info.RustFS.Program, MountDisk: info.Tier.Kubernetes(),
		Notes: filepath.Join(builder.Cache.Root, "digests"),
		Names: oci.Names{
			Kubernetes: parts.KubernetesVersion, Etcd: "registry.k8s.io/etcd:" + talos.EtcdTag(), CoreDNS: "registry.k8s.io/coredns/coredns:" + parts.CoreDNSVersion,
			TalosBackup: backupImage, Store: info.RustFS.Image,
		},
	}

	files := []struct {
		to   *string
		part string
		name string
		skip bool
	}{
		{&spec.Rootfs, parts.Rootfs, "", false},
		{&spec.Images.Etcd, parts.Etcd, "etcd", false},
		{&spec.Images.Pause, parts.Guests, "pause", false},
		{&spec.Images.KubeletStub, parts.Guests, "kubeletstub", false},
		{&spec.Images.Kenv, parts.Kubernetes, "kenv", info.Stub},
		{&spec.Images.CoreDNS, parts.CoreDNS, "coredns", info.Stub},
		{&spec.Images.TalosBackup, parts.TalosBackup, "talosbackup", !info.Tier.Kubernetes()},
	}

	for _, f := range files {
		if f.skip {
			continue
		}

		path, err := builder.Dir(f.part, f.name)
		if err != nil {
			return spec, err
		}

		*f.to = path
	}

	if info.Tier.Kubernetes() {
		spec.Images.Store = info.RustFS.Program
	}

	return spec, nil
}

// linkPrograms puts kubectl and talosctl into the sandbox's own directory of programs.
func linkPrograms(b box.Box, builder *parts.Builder, info box.Info) error {
	links := map[string][2]string{"talosctl": {parts.Talosctl, "talosctl"}}
	if !info.Stub {
		links["kubectl"] = [2]string{parts.Kubernetes, "kenv"}
	}

	for name, from := range links {
		target, err := builder.Dir(from[0], from[1])
		if err != nil {
			return err
		}

		link := b.Path("bin", name)
		if old, err := os.Readlink(link); err == nil && old == target {
			continue
		}

		if err = os.RemoveAll(link); err != nil {
			return err
		}

		if err = os.Symlink(target, link); err != nil {
			return err
		}
	}

	return nil
}

// provisionInside runs the rest in the sandbox's network, where its addresses can be reached.
func provisionInside(ctx context.Context, b box.Box, bootstrap bool) error {
	args := []string{provisionCommand, "--name", b.Name}
	if bootstrap {
		args = append(args, "--bootstrap")
	}

	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Env = host.WithoutProxies(os.Environ())
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr

	if err := host.StartInNetwork(supervise.PID(b), cmd); err != nil {
		return err
	}

	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("the sandbox is not complete (%w)\nhint: the logs are in %s; run sandbox up again to go on", err, b.Path("log"))
	}

	return nil
}
