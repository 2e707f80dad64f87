package parts

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

// pullStore takes the server's program out of a published image.
func (b *Builder) pullStore(ctx context.Context, show *Progress, reference string) (string, error) {
	explain := func(err error) error {
		return fmt.Errorf("take RustFS out of the image %s: %w\nhint: check RUSTFS_IMAGE, or give a program with RUSTFS_BIN=/path", reference, err)
	}

	ref, err := name.ParseReference(reference)
	if err != nil {
		return "", explain(err)
	}

	img, err := remote.Image(ref, remote.WithContext(ctx))
	if err != nil {
		return "", explain(err)
	}

	digest, err := img.Digest()
	if err != nil {
		return "", explain(err)
	}

	dir := filepath.Join(b.Cache.Root, RustFS, "image-"+digest.Hex[:16])
	program := filepath.Join(dir, "rustfs")

	if _, err = os.Stat(program); err == nil {
		return program, nil
	}

	done := show.Start("pull "+reference, 0)
	err = extractProgram(img, dir, program)
	done(err)

	if err != nil {
		return "", explain(err)
	}

	return program, nil
}

// extractProgram writes the file named rustfs of an image.
func extractProgram(img v1.Image, dir, to string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}

	files := mutate.Extract(img)
	defer files.Close() //nolint:errcheck // only read

	for r := tar.NewReader(files); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return errors.New("it holds no program named rustfs")
		}

		if err != nil {
			return err
		}

		if h.Typeflag != tar.TypeReg || path.Base(h.Name) != "rustfs" || h.Mode&0o111 == 0 {
			continue
		}

		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}

		return box.WriteFile(to, data, 0o755)
	}
}
