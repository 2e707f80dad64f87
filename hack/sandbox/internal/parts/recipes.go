package parts

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

const (
	sandboxModule = "hack/sandbox"
	nodeModule    = "hack/sandbox/parts/node"
	dnsModule     = "hack/sandbox/parts/coredns"
	standInDir    = "test/fake/rustfs"
	small         = "-s -w"
)

// recipes lists the parts in the order in which they are built.
func recipes() []part {
	nodeSums := []string{nodeModule + "/go.mod", nodeModule + "/go.sum"}
	ownSums := []string{sandboxModule + "/go.mod", sandboxModule + "/go.sum"}

	with := func(some []string, more ...string) []string { return append(append([]string{}, some...), more...) }

	return []part{
		compiled(Machined, "Talos' machined, apid and trustd", nodeSums, goBuild{
			module: nodeModule, packages: []string{"github.com/siderolabs/talos/internal/app/machined"}, tags: "tcell_minimal,grpcnotrace",
			ldflags: small + " -X golang.zx2c4.com/wireguard/ipc.socketDirectory=/system/wireguard-sock",
		}),
		compiled(Containerd, "containerd, its shim and the network plugins", nodeSums, goBuild{
			module: nodeModule, ldflags: small,
			packages: []string{
				"github.com/containerd/containerd/v2/cmd/containerd",
				"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
				"github.com/containernetworking/plugins/plugins/ipam/host-local",
				"github.com/containernetworking/plugins/plugins/main/bridge",
				"github.com/containernetworking/plugins/plugins/main/loopback",
			},
		}),
		compiled(Runc, "runc, static", nodeSums, goBuild{
			module: nodeModule, packages: []string{"github.com/opencontainers/runc"}, tags: "netgo,osusergo", ldflags: small + " -extldflags -static", cgo: true,
		}, gcc),
		compiled(Talosctl, "talosctl", nodeSums, goBuild{
			module: nodeModule, packages: []string{"github.com/siderolabs/talos/cmd/talosctl"}, tags: "grpcnotrace", ldflags: small,
		}),
		compiled(Guests, "the wrappers of runc and containerd, pause and the kubelet's stub", with(ownSums, sandboxModule+"/guest"), goBuild{
			module: sandboxModule, packages: []string{"./guest/pause", "./guest/kubeletstub", "./guest/runcwrap", "./guest/containerdwrap"}, ldflags: small,
		}),
		compiledAs("etcd", Etcd, "etcd", nodeSums, goBuild{module: nodeModule, packages: []string{"go.etcd.io/etcd/server/v3"}, ldflags: small}),
		{
			name: Rootfs, about: "the root filesystem of a node", after: []string{Machined, Containerd, Runc, Guests},
			sources: nodeSums, recipe: []string{rootfsRecipe}, build: buildRootfs,
		},
		compiled(TalosBackup, "talos-backup", with(ownSums, sandboxModule+"/talosbackup"), goBuild{
			module: sandboxModule, packages: []string{"./talosbackup"}, ldflags: small,
		}),
		compiled(CoreDNS, "CoreDNS", []string{dnsModule}, goBuild{module: dnsModule, packages: []string{"."}, ldflags: small}),
		compiledAs("kenv", Kubernetes, "kube-apiserver, kubelet and the other programs of Kubernetes as one", with(nodeSums, nodeModule+"/kenv"), goBuild{
			module: nodeModule, packages: []string{"./kenv"}, ldflags: kubernetesFlags(),
		}),
		compiledAs("rustfs", StandIn, "the store's stand-in", []string{"go.mod", "go.sum", standInDir, "internal"}, goBuild{
			module: ".", packages: []string{"./" + standInDir + "/cmd/rustfs"}, ldflags: small,
		}),
		{
			name: RustFS, about: "RustFS " + RustFSVersion + " (an hour; only when asked for)", version: RustFSVersion, build: buildRustFS, tools: rustTools(),
		},
	}
}

// compiled is a part that is one go build into a directory.
func compiled(name, about string, sources []string, g goBuild, tools ...tool) part {
	return part{
		name: name, about: about, sources: sources, recipe: g.words(), tools: tools,
		build: func(ctx context.Context, b *Builder, dir string) error { return g.run(ctx, b.Repository, dir+"/") },
	}
}

// compiledAs is a part that is one go build of one program under a name of ours.
func compiledAs(program, name, about string, sources []string, g goBuild, tools ...tool) part {
	p := compiled(name, about, sources, g, tools...)
	p.recipe = append(p.recipe, program)
	p.build = func(ctx context.Context, b *Builder, dir string) error {
		return g.run(ctx, b.Repository, filepath.Join(dir, program))
	}

	return p
}

// kubernetesFlags give the programs their version: without them they are v0.0.0, and the API server refuses newer clients' features.
func kubernetesFlags() string {
	numbers := strings.Split(strings.TrimPrefix(KubernetesVersion, "v"), ".")
	flags := small

	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for _, pair := range [][2]string{
			{"gitVersion", KubernetesVersion},
			{"gitMajor", numbers[0]},
			{"gitMinor", numbers[1]},
			{"gitTreeState", "clean"},
			{"gitCommit", "module"},
			{"buildDate", "1970-01-01T00:00:00Z"},
		} {
			flags += fmt.Sprintf(" -X %s.%s=%s", pkg, pair[0], pair[1])
		}
	}

	return flags
}

// Needed lists the parts of a sandbox, the store's program apart.
func Needed(kubernetes, stub bool) []string {
	parts := []string{Machined, Containerd, Runc, Guests, Etcd, Rootfs, Talosctl}

	if !stub {
		parts = append(parts, CoreDNS, Kubernetes)
	}

	if kubernetes {
		parts = append(parts, TalosBackup)
	}

	return parts
}

// Default lists what `sandbox build` builds without arguments: everything but RustFS.
func Default() []string {
	var names []string

	for _, p := range recipes() {
		if p.name != RustFS {
			names = append(names, p.name)
		}
	}

	return names
}
