package oci

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar"
)

// Image is a name, the layers behind it and the program that it starts.
type Image struct {
	// Name is the reference as a cluster writes it, with its host and tag.
	Name       string
	Layers     []Layer
	Entrypoint []string
	User       string
}

// repositoryTag is the name without the host part: the mirror is asked for the rest only.
func (i Image) repositoryTag() string {
	host, rest, ok := strings.Cut(i.Name, "/")
	if ok && (strings.ContainsAny(host, ".:") || host == "localhost") {
		return rest
	}

	return i.Name
}

// descriptor points at a blob.
type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

// blob is a blob's content, made anew whenever it is asked for.
type blob struct {
	descriptor
	write func(io.Writer) error
}

// bytesBlob is a blob that is at hand.
func bytesBlob(mediaType string, data []byte) blob {
	return blob{
		descriptor: descriptor{MediaType: mediaType, Digest: fmt.Sprintf("sha256:%x", sha256.Sum256(data)), Size: int64(len(data))},
		write: func(w io.Writer) error {
			_, err := io.Copy(w, bytes.NewReader(data))

			return err
		},
	}
}

// layerBlob is a layer as a blob. Its digest is remembered below notes, because reading a hundred megabytes takes a second.
func layerBlob(notes string, l Layer) (blob, error) {
	identity, err := l.identity()
	if err != nil {
		return blob{}, err
	}

	b := blob{write: l.writeTo}
	note := filepath.Join(notes, identity+".json")

	data, err := os.ReadFile(note)
	if err == nil && json.Unmarshal(data, &b.descriptor) == nil {
		return b, nil
	}

	sum := sha256.New()
	count := &counter{}

	if err = l.writeTo(io.MultiWriter(sum, count)); err != nil {
		return blob{}, err
	}

	b.descriptor = descriptor{MediaType: layerType, Digest: fmt.Sprintf("sha256:%x", sum.Sum(nil)), Size: count.n}

	if data, err = json.Marshal(b.descriptor); err != nil {
		return blob{}, err
	}

	return b, errors.Join(os.MkdirAll(notes, 0o755), box.WriteFile(note, data, 0o644))
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))

	return len(p), nil
}

// blobs turns the image into its layers, its configuration and, last, its manifest.
func (i Image) blobs(notes string) ([]blob, error) {
	var (
		all     []blob
		layers  []descriptor
		digests []string
	)

	for _, l := range i.Layers {
		b, err := layerBlob(notes, l)
		if err != nil {
			return nil, err
		}

		all = append(all, b)
		layers = append(layers, b.descriptor)
		digests = append(digests, b.Digest)
	}

	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config": map[string]any{
			"Entrypoint": i.Entrypoint,
			"User":       i.User,
			"Env":        []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		},
		"rootfs": map[string]any{"type": "layers", "diff_ids": digests},
	})
	if err != nil {
		return nil, err
	}

	configBlob := bytesBlob(configType, config)

	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "config": configBlob.descriptor, "layers": layers,
	})
	if err != nil {
		return nil, err
	}

	return append(all, configBlob, bytesBlob(manifestType, manifest)), nil
}
