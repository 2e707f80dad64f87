package parts

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// rootfsRecipe changes whenever the layout below does.
const rootfsRecipe = "rootfs 2"

// podNetwork is the CNI configuration of a node. No masquerading, so no iptables program is needed; nothing leads out of a sandbox anyway.
const podNetwork = `{"cniVersion":"1.0.0","name":"sandbox","plugins":[{"type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":false,"hairpinMode":true,` +
	`"ipam":{"type":"host-local","ranges":[[{"subnet":"10.244.0.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}}]}` + "\n"

// layout is a directory tree to be made: directories, then links, empty files, texts and copies by their path in it.
type layout struct {
	dirs  []string
	links map[string]string
	empty []string
	texts map[string]string
	files map[string]string
}

// nodeLayout is the root filesystem of a Talos node that runs in container mode: no distribution, no firmware, no device manager.
func nodeLayout(talos, machinery string, program func(part, name string) string) layout {
	return layout{
		dirs: []string{
			"usr/bin", "usr/etc", "usr/lib/modules", "usr/lib/firmware", "usr/lib/udev/rules.d", "usr/libexec/kubernetes", "usr/share/zoneinfo/Etc", "usr/share/spdx",
			"usr/local/share", "usr/local/lib/kubelet/credentialproviders",
			"dev", "proc", "sys", "run", "tmp", "system", "var", "mnt", "root", "boot", ".extra", "opt/cni/bin", "opt/containerd/bin", "opt/containerd/lib",
			"etc/cri/conf.d/hosts", "etc/kubernetes/manifests", "etc/cni/net.d", "etc/ssl/certs", "etc/selinux/targeted/contexts/files", "etc/iscsi", "etc/nvme",
			"etc/containerd", "etc/lvm",
		},
		links: map[string]string{
			"bin": "usr/bin", "sbin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib", "usr/sbin": "bin",
			"etc/localtime": "/usr/share/zoneinfo/Etc/UTC", "etc/pki": "/etc/ssl", "etc/ca-certificates": "/etc/ssl",
			"usr/share/ca-certificates": "/etc/ssl", "usr/local/share/ca-certificates": "/etc/ssl", "etc/ssl/certs/ca-certificates": "ca-certificates.crt",
			"usr/bin/poweroff": "init", "usr/bin/shutdown": "init", "usr/bin/reboot": "init", "usr/bin/dashboard": "init",
		},
		// Talos mounts its own files over these.
		empty: []string{
			"etc/extensions.yaml", "etc/resolv.conf", "etc/hosts", "etc/hostname", "etc/machine-id", "etc/cri/conf.d/cri.toml",
			"etc/cri/conf.d/01-registries.part", "etc/cri/conf.d/20-customization.part", "etc/cri/conf.d/base-spec.json", "etc/ssl/certs/ca-certificates.crt",
			"etc/selinux/targeted/contexts/files/file_contexts", "etc/iscsi/initiatorname.iscsi", "etc/nvme/hostid", "etc/nvme/hostnqn",
		},
		texts: map[string]string{
			"usr/etc/in-container":              "true\n", // the mark of container mode
			"etc/cni/net.d/10-sandbox.conflist": podNetwork,
		},
		files: map[string]string{
			"etc/containerd/config.toml":      filepath.Join(talos, "hack/containerd.toml"),
			"etc/cri/containerd.toml":         filepath.Join(talos, "hack/cri-containerd.toml"),
			"etc/cri/conf.d/00-base.part":     filepath.Join(talos, "hack/cri-plugin.part"),
			"etc/nfsmount.conf":               filepath.Join(talos, "hack/nfsmount.conf"),
			"etc/lvm/lvm.conf":                filepath.Join(talos, "hack/lvm.conf"),
			"usr/share/zoneinfo/Etc/UTC":      filepath.Join(talos, "hack/zoneinfo/Etc/UTC"),
			"etc/os-release":                  filepath.Join(machinery, "version/os-release"),
			"usr/bin/init":                    program(Machined, "machined"),
			"usr/bin/containerd":              program(Guests, "containerdwrap"),
			"usr/bin/containerd.real":         program(Containerd, "containerd"),
			"usr/bin/containerd-shim-runc-v2": program(Containerd, "containerd-shim-runc-v2"),
			"opt/cni/bin/bridge":              program(Containerd, "bridge"),
			"opt/cni/bin/host-local":          program(Containerd, "host-local"),
			"opt/cni/bin/loopback":            program(Containerd, "loopback"),
			"usr/bin/runc.real":               program(Runc, "runc"),
			"usr/bin/runc":                    program(Guests, "runcwrap"),
		},
	}
}

// buildRootfs lays a node's root filesystem out.
func buildRootfs(ctx context.Context, b *Builder, dir string) error {
	module := b.Source("parts", "node")

	talos, err := moduleDir(ctx, module, "github.com/siderolabs/talos")
	if err != nil {
		return err
	}

	machinery, err := moduleDir(ctx, module, "github.com/siderolabs/talos/pkg/machinery")
	if err != nil {
		return err
	}

	var failed error

	l := nodeLayout(talos, machinery, func(part, name string) string {
		path, err := b.Dir(part, name)
		if err != nil {
			failed = err
		}

		return path
	})
	if failed != nil {
		return failed
	}

	return l.make(dir)
}

// make writes the layout below dir.
func (l layout) make(dir string) error {
	for _, name := range l.dirs {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return err
		}
	}

	for name, target := range l.links {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			return err
		}
	}

	for _, name := range l.empty {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			return err
		}
	}

	for name, text := range l.texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}

	for name, from := range l.files {
		put := copyFile
		if isProgram(name) {
			put = linkFile
		}

		if err := put(from, filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}

	return nil
}

// isProgram says whether a path of the layout holds a program of another part; those are linked instead of copied.
func isProgram(name string) bool {
	dir := filepath.Dir(name)

	return dir == "usr/bin" || dir == "opt/cni/bin"
}
