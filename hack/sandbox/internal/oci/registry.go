package oci

import (
	"fmt"
	"log"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Registry serves images over the distribution protocol. An image is made when it is first asked for.
type Registry struct {
	// Images are what can be asked for.
	Images []Image
	// Notes is a directory for what is worth remembering between runs.
	Notes string
	// Log tells who asked for what.
	Log *log.Logger

	mu        sync.Mutex
	manifests map[string]blob // by repository:tag
	blobs     map[string]blob // by digest
}

// ServeHTTP answers GET and HEAD of the protocol's four paths.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path, ok := strings.CutPrefix(req.URL.Path, "/v2/")
	if !ok || req.Method != http.MethodGet && req.Method != http.MethodHead {
		http.NotFound(w, req)

		return
	}

	if path == "" {
		fmt.Fprint(w, "{}")

		return
	}

	b, err := r.lookup(path)

	switch {
	case err != nil:
		r.Log.Printf("%s %s: %v", req.Method, req.URL.Path, err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case b.write == nil:
		r.Log.Printf("%s %s: not found", req.Method, req.URL.Path)
		http.NotFound(w, req)
	default:
		r.Log.Printf("%s %s", req.Method, req.URL.Path)
		serve(w, req, b)
	}
}

func serve(w http.ResponseWriter, req *http.Request, b blob) {
	w.Header().Set("Content-Type", b.MediaType)
	w.Header().Set("Content-Length", strconv.FormatInt(b.Size, 10))
	w.Header().Set("Docker-Content-Digest", b.Digest)

	if req.Method == http.MethodGet {
		_ = b.write(w) //nolint:errcheck // the client went away; it will ask again
	}
}

// lookup finds what a path below /v2/ names; a blob without content if there is none.
func (r *Registry) lookup(path string) (blob, error) {
	r.mu.Lock()
	defer r.mu.Unlock()

	if repository, reference, ok := strings.Cut(path, "/manifests/"); ok && !strings.HasPrefix(reference, "sha256:") {
		return r.manifest(repository + ":" + reference)
	}

	return r.blobs[path[strings.LastIndexByte(path, '/')+1:]], nil
}

// manifest makes an image on its first use.
func (r *Registry) manifest(name string) (blob, error) {
	if b, ok := r.manifests[name]; ok {
		return b, nil
	}

	for _, image := range r.Images {
		if image.repositoryTag() != name {
			continue
		}

		made, err := image.blobs(r.Notes)
		if err != nil {
			return blob{}, fmt.Errorf("make image %s: %w", image.Name, err)
		}

		if r.blobs == nil {
			r.blobs, r.manifests = map[string]blob{}, map[string]blob{}
		}

		for _, b := range made {
			r.blobs[b.Digest] = b
		}

		r.manifests[name] = made[len(made)-1]

		return r.manifests[name], nil
	}

	return blob{}, nil
}

// Warm makes every image, so that the first question is answered at once.
func (r *Registry) Warm() error {
	for _, image := range r.Images {
		r.mu.Lock()
		_, err := r.manifest(image.repositoryTag())
		r.mu.Unlock()

		if err != nil {
			return err
		}
	}

	return nil
}
