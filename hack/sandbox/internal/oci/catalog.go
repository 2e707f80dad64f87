package oci

import (
	"os/exec"
	"path/filepath"
)

// Programs are the files that the images of a sandbox are made of.
type Programs struct {
	Etcd, Pause, KubeletStub string
	// Kenv and CoreDNS are empty where a stub takes the kubelet's place.
	Kenv, CoreDNS string
	// TalosBackup and Store are empty where no pods use them.
	TalosBackup, Store string
}

// Names are the references under which the images are asked for.
type Names struct {
	Kubernetes, Etcd, CoreDNS, TalosBackup, Store string
}

// StubImage is the kubelet that is none.
const StubImage = "sandbox.local/siderolabs/kubelet-stub"

// Catalog lists the images of a sandbox.
func Catalog(p Programs, n Names) ([]Image, error) {
	images := []Image{
		{Name: n.Etcd, Layers: []Layer{{File("/usr/local/bin/etcd", p.Etcd)}}, Entrypoint: []string{"/usr/local/bin/etcd"}},
		{Name: StubImage + ":" + n.Kubernetes, Layers: []Layer{nodeDirs(), {File("/usr/local/bin/kubelet", p.KubeletStub)}}, Entrypoint: []string{"/usr/local/bin/kubelet"}},
	}

	for _, tag := range []string{"3.10", "3.10.1", "3.10.2"} {
		images = append(images, Image{Name: "registry.k8s.io/pause:" + tag, Layers: []Layer{{File("/pause", p.Pause)}}, Entrypoint: []string{"/pause"}, User: "65535:65535"})
	}

	if p.Kenv == "" {
		return images, nil
	}

	kubernetes, err := kubernetesImages(p.Kenv, n.Kubernetes)
	if err != nil {
		return nil, err
	}

	images = append(images, kubernetes...)
	images = append(images, Image{Name: n.CoreDNS, Layers: []Layer{{File("/coredns", p.CoreDNS)}}, Entrypoint: []string{"/coredns"}})

	if p.Store == "" {
		return images, nil
	}

	store, err := Program("/usr/bin/rustfs", p.Store)
	if err != nil {
		return nil, err
	}

	return append(images,
		Image{Name: n.TalosBackup, Layers: []Layer{{File("/talos-backup", p.TalosBackup), Dir("tmp")}}, Entrypoint: []string{"/talos-backup"}, User: "1000:1000"},
		Image{Name: n.Store, Layers: []Layer{store, {Dir("/data"), Dir("/logs"), Dir("tmp"), users()}}, Entrypoint: []string{"/usr/bin/rustfs"}, User: "10001:10001"},
	), nil
}

// nodeDirs are the directories that Talos mounts into the kubelet's image.
func nodeDirs() Layer { return Layer{Dir("tmp"), Dir("/run"), Dir("/etc"), Link("/var/run", "/run")} }

// users name the store's user, as its published image does.
func users() Entry {
	return Text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nrustfs:x:10001:10001:rustfs:/data:/bin/sh\n")
}

// kubernetesImages share one layer with the multi-call program, so a node fetches and unpacks it once.
func kubernetesImages(kenv, tag string) ([]Image, error) {
	const program = "/usr/local/bin/kenv"

	shared := Layer{File(program, kenv)}

	image := func(name, command string, more ...Layer) Image {
		path := "/usr/local/bin/" + command

		return Image{Name: name + ":" + tag, Layers: append([]Layer{shared, {Link(path, "kenv")}}, more...), Entrypoint: []string{path}}
	}

	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return nil, err
	}

	shell, err := Program("/bin/busybox", busybox)
	if err != nil {
		return nil, err
	}

	for _, applet := range []string{"sh", "mount", "umount", "ls", "cat", "mkdir"} {
		shell = append(shell, Link("/bin/"+applet, "busybox"))
	}

	nft, err := exec.LookPath("nft")
	if err != nil {
		return nil, err
	}

	if nft, err = filepath.EvalSymlinks(nft); err != nil {
		return nil, err
	}

	netfilter, err := Program("/usr/sbin/nft", nft)
	if err != nil {
		return nil, err
	}

	passwd := Layer{Text("/etc/passwd", "root:x:0:0:root:/:/bin/sh\n"), Text("/etc/group", "root:x:0:\n")}

	return []Image{
		image("ghcr.io/siderolabs/kubelet", "kubelet", shell, nodeDirs(), passwd),
		image("registry.k8s.io/kube-apiserver", "kube-apiserver"),
		image("registry.k8s.io/kube-controller-manager", "kube-controller-manager"),
		image("registry.k8s.io/kube-scheduler", "kube-scheduler"),
		image("registry.k8s.io/kube-proxy", "kube-proxy", netfilter),
	}, nil
}
