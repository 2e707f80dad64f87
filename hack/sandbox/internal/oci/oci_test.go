package oci

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func registry(t *testing.T) *httptest.Server {
	t.Helper()

	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}

	server := httptest.NewServer(&Registry{
		Notes: t.TempDir(),
		Log:   log.New(io.Discard, "", 0),
		Images: []Image{{
			Name: "registry.example.test/tools/program:v1", Entrypoint: []string{"/bin/program"},
			Layers: []Layer{{File("/bin/program", program), Link("/bin/p", "program"), Dir("/run")}},
		}},
	})
	t.Cleanup(server.Close)

	return server
}

func get(t *testing.T, url string) (int, []byte) {
	t.Helper()

	resp, err := http.Get(url) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // a test

	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}

	return resp.StatusCode, data
}

func TestRegistryServesAnImage(t *testing.T) {
	server := registry(t)

	status, data := get(t, server.URL+"/v2/tools/program/manifests/v1")
	if status != http.StatusOK {
		t.Fatalf("manifest: %d %s", status, data)
	}

	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}

	for _, d := range append(manifest.Layers, manifest.Config) {
		status, data := get(t, server.URL+"/v2/tools/program/blobs/"+d.Digest)
		if got := bytesBlob(d.MediaType, data); status != http.StatusOK || got.Digest != d.Digest || got.Size != d.Size {
			t.Errorf("blob %s: %d, %d bytes with digest %s", d.Digest, status, got.Size, got.Digest)
		}
	}
}

func TestRegistryDoesNotFind(t *testing.T) {
	server := registry(t)

	for _, path := range []string{"/v2/tools/program/manifests/v2", "/v2/tools/program/blobs/sha256:00", "/elsewhere"} {
		if status, _ := get(t, server.URL+path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestParseLdd(t *testing.T) {
	out := `	linux-vdso.so.1 (0x00007f004ce65000)
	libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f004cd72000)
	/lib64/ld-linux-x86-64.so.2 (0x00007f004ce67000)
`

	files, err := parseLdd(out)
	if err != nil {
		t.Fatal(err)
	}

	if want := []string{"/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"}; !slices.Equal(files, want) {
		t.Errorf("got %v", files)
	}

	if _, err := parseLdd("\tlibx.so => not found\n"); err == nil {
		t.Error("a missing library is no error")
	}
}
