// Package parts knows everything that a sandbox is built of, and builds what the cache does not hold.
package parts

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/cache"
)

// Versions of what is built; the go.mod files of the parts agree with them.
const (
	TalosVersion      = "v1.13.9"
	KubernetesVersion = "v1.36.3"
	EtcdVersion       = "v3.6.16"
	CoreDNSVersion    = "v1.14.6"
	RustFSVersion     = "1.0.1"
)

// Names of the parts.
const (
	Machined    = "machined"
	Etcd        = "etcd"
	Containerd  = "containerd"
	Runc        = "runc"
	Talosctl    = "talosctl"
	Guests      = "guests"
	Rootfs      = "rootfs"
	Kubernetes  = "kubernetes"
	CoreDNS     = "coredns"
	TalosBackup = "talos-backup"
	StandIn     = "stand-in"
	RustFS      = "rustfs"
)

// part is one thing to build.
type part struct {
	name string
	// about says what it is, for the help and the progress lines.
	about string
	// sources are hashed into the key; they lie below the repository's root.
	sources []string
	// recipe is hashed too: flags, and anything else that changes the result.
	recipe []string
	// version is the key of a part whose sources are not ours.
	version string
	// after names the parts whose results go into this one.
	after []string
	// tools are the programs of the host that the build calls.
	tools []tool
	build func(ctx context.Context, b *Builder, dir string) error
}

// Builder builds parts.
type Builder struct {
	Cache cache.Cache
	// Repository is the root of the work tree.
	Repository string

	parts []part
	keys  map[string]string
}

// NewBuilder finds the sources and opens the cache.
func NewBuilder() (*Builder, error) {
	repository, err := findRepository()
	if err != nil {
		return nil, err
	}

	c, err := cache.Open()
	if err != nil {
		return nil, err
	}

	return &Builder{Cache: c, Repository: repository, parts: recipes(), keys: map[string]string{}}, nil
}

// findRepository looks for the work tree around the program, then around the current directory.
func findRepository() (string, error) {
	var starts []string

	if self, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(self))
	}

	if cwd, err := os.Getwd(); err == nil {
		starts = append(starts, cwd)
	}

	for _, dir := range starts {
		for ; ; dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, "hack", "sandbox", "go.mod")); err == nil {
				return dir, nil
			}

			if dir == "/" {
				break
			}
		}
	}

	return "", fmt.Errorf("find the sandbox's sources: neither the program nor the current directory is in the work tree\nhint: keep the program in the work tree's bin, or run it from there")
}

// Source is a path below the sandbox's own sources.
func (b *Builder) Source(elem ...string) string {
	return filepath.Join(append([]string{b.Repository, "hack", "sandbox"}, elem...)...)
}

// find looks a part up.
func (b *Builder) find(name string) (part, error) {
	for _, p := range b.parts {
		if p.name == name {
			return p, nil
		}
	}

	return part{}, fmt.Errorf("part %q does not exist\nhint: sandbox build --help lists the parts", name)
}

// Names lists the parts with a word about each.
func Names() (names, abouts []string) {
	for _, p := range recipes() {
		names = append(names, p.name)
		abouts = append(abouts, p.about)
	}

	return names, abouts
}

// key names the state of a part's sources, its recipe and the parts it is made of.
func (b *Builder) key(name string) (string, error) {
	if k, ok := b.keys[name]; ok {
		return k, nil
	}

	p, err := b.find(name)
	if err != nil {
		return "", err
	}

	if p.version != "" {
		return p.version, nil
	}

	words := append([]string{toolchain()}, p.recipe...)

	for _, other := range p.after {
		k, err := b.key(other)
		if err != nil {
			return "", err
		}

		words = append(words, k)
	}

	k, err := cache.Key(b.Repository, p.sources, words...)
	if err != nil {
		return "", err
	}

	b.keys[name] = k

	return k, nil
}

// Dir is where a part is, once it is built.
func (b *Builder) Dir(name string, elem ...string) (string, error) {
	key, err := b.key(name)
	if err != nil {
		return "", err
	}

	return filepath.Join(append([]string{b.Cache.Dir(name, key)}, elem...)...), nil
}

// has says whether a part is built.
func (b *Builder) has(name string) (bool, error) {
	key, err := b.key(name)

	return err == nil && b.Cache.Has(name, key), err
}

// Missing lists which of the parts, and of what they are made of, have to be built, in order.
func (b *Builder) Missing(names ...string) ([]string, error) {
	wanted := map[string]bool{}

	var want func(name string) error

	want = func(name string) error {
		p, err := b.find(name)
		if err != nil {
			return err
		}

		built, err := b.has(name)
		if err != nil || built {
			return err
		}

		wanted[name] = true

		for _, other := range p.after {
			if err = want(other); err != nil {
				return err
			}
		}

		return nil
	}

	for _, name := range names {
		if err := want(name); err != nil {
			return nil, err
		}
	}

	var missing []string

	for _, p := range b.parts { // the list is in order
		if wanted[p.name] {
			missing = append(missing, p.name)
		}
	}

	return missing, nil
}

// Build builds what is missing of the parts.
func (b *Builder) Build(ctx context.Context, show *Progress, names ...string) error {
	missing, err := b.Missing(names...)
	if err != nil || len(missing) == 0 {
		return err
	}

	release, err := b.Cache.Lock()
	if err != nil {
		return err
	}
	defer release()

	if missing, err = b.Missing(names...); err != nil { // another run may have built them meanwhile
		return err
	}

	var tools []tool

	for _, name := range missing {
		p, err := b.find(name)
		if err != nil {
			return err
		}

		tools = append(tools, p.tools...)
	}

	if err = provide(ctx, show, tools); err != nil {
		return err
	}

	for i, name := range missing {
		if err = b.buildOne(ctx, show, name, i+1, len(missing)); err != nil {
			return err
		}
	}

	return nil
}

func (b *Builder) buildOne(ctx context.Context, show *Progress, name string, n, of int) error {
	p, err := b.find(name)
	if err != nil {
		return err
	}

	key, err := b.key(name)
	if err != nil {
		return err
	}

	done := show.Start(fmt.Sprintf("[%d/%d] build %s: %s", n, of, p.name, p.about), b.Cache.LastTime(p.name))

	err = b.Cache.Fill(ctx, p.name, key, func(ctx context.Context, dir string) error { return p.build(ctx, b, dir) })
	done(err)

	if err != nil {
		return fmt.Errorf("build %s: %w", p.name, err)
	}

	return nil
}
