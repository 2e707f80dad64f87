package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/krew/pkg/index"
	"sigs.k8s.io/yaml"

	"github.com/talos-rustfs/kubectl-plugins/hack/dist/release"
)

// templates are the manifests of this repository, found and not listed.
func templates(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../../krew-manifests/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates found: %v", err)
	}
	return files
}

// The templates name exactly the archives that hack/dist makes.
func TestTemplatesFitTheArchives(t *testing.T) {
	for _, file := range templates(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			program, dist := "kubectl-"+name, t.TempDir()
			want := map[string]string{} // file → selector and program
			for _, p := range release.Platforms() {
				archive := release.ArchiveName(program, p)
				if err := os.WriteFile(filepath.Join(dist, archive), []byte(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				bin := program
				if p.OS == "windows" {
					bin += ".exe"
				}
				want["https://github.com/talos-rustfs/kubectl-plugins/releases/download/v1.2.3/"+archive] = p.String() + " " + bin
			}

			text, err := Render(file, Options{Tag: "v1.2.3", Dist: dist})
			if err != nil {
				t.Fatal(err)
			}
			var plugin index.Plugin
			if err := yaml.UnmarshalStrict(text, &plugin); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if plugin.Name != name || plugin.Spec.Version != "v1.2.3" {
				t.Errorf("got %s %s", plugin.Name, plugin.Spec.Version)
			}
			got := map[string]string{}
			for _, p := range plugin.Spec.Platforms {
				labels := p.Selector.MatchLabels
				got[p.URI] = labels["os"] + "/" + labels["arch"] + " " + p.Bin
				sum := sha256.Sum256([]byte(filepath.Base(p.URI)))
				if p.Sha256 != hex.EncodeToString(sum[:]) {
					t.Errorf("%s: the sum is not the archive's", p.URI)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if !strings.Contains(plugin.Spec.Caveats, "kubectl "+name+" completion kubectl") {
				t.Error("the caveats do not tell how completion is set up")
			}
		})
	}
}

func TestBaseURL(t *testing.T) {
	dist := t.TempDir()
	if err := os.WriteFile(filepath.Join(dist, "a.zip"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Tag: "v1", Dist: dist, BaseURL: "http://127.0.0.1:8080/"}
	got, err := o.addURIAndSha("https://example.com/{{ .TagName }}/a.zip", "v1")
	want := "uri: http://127.0.0.1:8080/a.zip\n    sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestMissingArchiveSaysHowToBuildIt(t *testing.T) {
	_, err := Render(templates(t)[0], Options{Tag: "v1.2.3", Dist: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "go run ./hack/dist -version v1.2.3") {
		t.Errorf("got %v", err)
	}
}
