package archive

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"
)

// Format is the version of the bundle that this program writes.
const Format = 1

// The members of a bundle.
const (
	ManifestName = "manifest.json"
	IAMName      = "iam.zip"      // as the server exports it, with secrets
	BucketsName  = "buckets.yaml" // a document of the declared state, buckets only
)

// Manifest says what a bundle is and what is in it. It is the first member.
type Manifest struct {
	Format  int       `json:"format"`
	Created time.Time `json:"created"`
	Server  string    `json:"server"`            // how the server was called
	Version string    `json:"version,omitempty"` // of RustFS
	Root    string    `json:"root,omitempty"`    // the name of its root key
	Members []Member  `json:"members"`
}

// Member is one file of a bundle.
type Member struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// File is a file to be put into a bundle.
type File struct {
	Name    string
	Content []byte
}

// Write writes a bundle as tar: the manifest, then the files.
func Write(w io.Writer, m Manifest, files ...File) error {
	m.Format, m.Members = Format, nil
	for _, f := range files {
		sum := sha256.Sum256(f.Content)
		m.Members = append(m.Members, Member{f.Name, int64(len(f.Content)), hex.EncodeToString(sum[:])})
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	t := tar.NewWriter(w)
	for _, f := range append([]File{{ManifestName, append(text, '\n')}}, files...) {
		h := &tar.Header{Name: f.Name, Mode: 0o600, Size: int64(len(f.Content)), ModTime: m.Created.Truncate(time.Second), Format: tar.FormatPAX}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := t.Write(f.Content); err != nil {
			return err
		}
	}
	return t.Close()
}

// maxManifest is more than any manifest is long, in bytes.
const maxManifest = 1 << 20

// Read reads a bundle and holds each member against the manifest. An error of
// r itself is returned as it is.
func Read(r io.Reader) (Manifest, map[string][]byte, error) {
	src := &remembers{r: r}
	t := tar.NewReader(src)
	m, err := readManifest(t)
	if err != nil {
		return m, nil, src.or(err)
	}
	out := map[string][]byte{}
	left := int64(maxExpanded)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, nil, src.or(bad("the backup is cut short or damaged: %v", err))
		}
		content, err := member(t, h, m, out, left)
		if err != nil {
			return m, nil, src.or(err)
		}
		left -= int64(len(content))
		out[h.Name] = content
	}
	if _, err := io.Copy(io.Discard, src); err != nil { // to the end, where encryption proves it
		return m, nil, src.or(err)
	}
	for _, want := range m.Members {
		if _, ok := out[want.Name]; !ok {
			return m, nil, bad("the backup is cut short: %s is missing", want.Name)
		}
	}
	return m, out, nil
}

func readManifest(t *tar.Reader) (Manifest, error) {
	var m Manifest
	h, err := t.Next()
	switch {
	case errors.Is(err, io.EOF):
		return m, bad("the file is empty")
	case err != nil:
		return m, bad("no backup of a RustFS server: %v", err)
	case h.Name != ManifestName || h.Typeflag != tar.TypeReg:
		return m, bad("no backup of a RustFS server: it does not begin with its manifest")
	}
	text, err := io.ReadAll(io.LimitReader(t, maxManifest+1))
	if err != nil || len(text) > maxManifest {
		return m, bad("the manifest cannot be read")
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, bad("the manifest cannot be read: %v", err)
	}
	if m.Format != Format {
		return m, bad("the backup has format %d, and this program reads format %d", m.Format, Format)
	}
	for i, x := range m.Members {
		if slices.ContainsFunc(m.Members[:i], func(o Member) bool { return o.Name == x.Name }) {
			return m, bad("the manifest has %s twice", x.Name)
		}
	}
	return m, nil
}

func member(t *tar.Reader, h *tar.Header, m Manifest, seen map[string][]byte, left int64) ([]byte, error) {
	if err := safe(h.Name); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(m.Members, func(x Member) bool { return x.Name == h.Name })
	_, twice := seen[h.Name]
	switch {
	case h.Typeflag != tar.TypeReg:
		return nil, bad("%s is no file", h.Name)
	case i < 0:
		return nil, bad("%s is not in the manifest", h.Name)
	case twice:
		return nil, bad("the backup has %s twice", h.Name)
	case h.Size > left:
		return nil, bad("the backup is larger than %d MiB", maxExpanded>>20)
	}
	content, err := io.ReadAll(io.LimitReader(t, left+1))
	if err != nil {
		return nil, bad("the backup is cut short or damaged in %s: %v", h.Name, err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != m.Members[i].SHA256 {
		return nil, bad("%s is damaged: its sha256 is not the manifest's", h.Name)
	}
	return content, nil
}

// remembers keeps the error of a reader, which tar would rephrase.
type remembers struct {
	r   io.Reader
	err error
}

func (s *remembers) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func (s *remembers) or(err error) error {
	if s.err != nil {
		return s.err
	}
	return err
}
