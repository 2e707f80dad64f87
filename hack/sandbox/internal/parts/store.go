package parts

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

// Kinds of store.
const (
	StoreAuto = "auto"
	StoreReal = "real"
	StoreFake = "fake"
)

// storeRepository is the image's name without its tag.
const storeRepository = "docker.io/rustfs/rustfs"

// Store chooses the store's program and makes sure that it is there. The real one is never built on the way: that takes an hour.
func (b *Builder) Store(ctx context.Context, show *Progress, kind string) (box.Store, error) {
	if kind != StoreAuto && kind != StoreReal && kind != StoreFake {
		return box.Store{}, fmt.Errorf("store %q does not exist\nhint: --rustfs auto, --rustfs real or --rustfs fake", kind)
	}

	if kind != StoreFake {
		program, err := b.realStore(ctx, show)
		if err != nil {
			return box.Store{}, err
		}

		if program != "" {
			return box.Store{Kind: StoreReal, Version: RustFSVersion, Image: storeRepository + ":" + RustFSVersion, Program: program}, nil
		}

		if kind == StoreReal {
			return box.Store{}, fmt.Errorf("there is no RustFS program in the cache\nhint: sandbox build rustfs (about an hour), or RUSTFS_BIN=/path, or RUSTFS_IMAGE=reference, or --rustfs fake")
		}
	}

	if err := b.Build(ctx, show, StandIn); err != nil {
		return box.Store{}, err
	}

	program, err := b.Dir(StandIn, "rustfs")
	version := RustFSVersion + "-standin"

	return box.Store{Kind: StoreFake, Version: version, Image: storeRepository + ":" + version, Program: program}, err
}

// realStore finds the real server's program: named by the caller, taken out of an image, or built before.
func (b *Builder) realStore(ctx context.Context, show *Progress) (string, error) {
	if path := os.Getenv("RUSTFS_BIN"); path != "" {
		return b.importStore(path)
	}

	if reference := os.Getenv("RUSTFS_IMAGE"); reference != "" {
		return b.pullStore(ctx, show, reference)
	}

	if _, err := os.Stat(b.RustFSFile()); err == nil {
		return b.RustFSFile(), nil
	}

	return "", nil
}

// importStore copies a program into the cache, because the nodes and the store's user may not be able to read it where it is.
func (b *Builder) importStore(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", storeProgramError(path, err)
	}

	if !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		return "", storeProgramError(path, fmt.Errorf("it is not a program"))
	}

	dir := filepath.Join(b.Cache.Root, RustFS, fmt.Sprintf("given-%x-%x", info.Size(), info.ModTime().UnixNano()))
	program := filepath.Join(dir, "rustfs")

	if _, err = os.Stat(program); err == nil {
		return program, nil
	}

	if err = os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}

	tmp := filepath.Join(dir, fmt.Sprintf(".rustfs-%d", os.Getpid()))
	if err = copyFile(path, tmp); err != nil {
		return "", storeProgramError(path, err)
	}

	return program, os.Rename(tmp, program)
}
