package test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/hack/dist/release"
	"github.com/talos-rustfs/kubectl-plugins/hack/krew/manifest"
	"github.com/talos-rustfs/kubectl-plugins/test/thorough"
)

// krewVersion is the version of the release that the test makes.
const krewVersion = "v0.1.0"

// TestKrew makes a release for this platform and installs it as a user does,
// with krew, but without a network.
func TestKrew(t *testing.T) {
	thorough.Only(t, "building the archives of both plugins")
	host := release.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}
	if host.OS == "windows" || !slices.Contains(release.Platforms(), host) {
		t.Skipf("SKIPPED: the test does not know how to install on %s", host)
	}
	k := newKrew(t)
	for _, name := range []string{"rustfs", "etcdbackup"} {
		t.Run(name, func(t *testing.T) {
			archive := k.release(t, name, host)
			file := k.render(t, name)
			t.Run("manifest is valid", func(t *testing.T) {
				k.run(t, filepath.Join(k.tools, "validate-krew-manifest"), "-skip-install", "-manifest", file)
			})
			k.run(t, filepath.Join(k.tools, "krew"), "install", "--manifest="+file, "--archive="+archive)
			t.Run("through kubectl", func(t *testing.T) { k.tryThroughKubectl(t, name) })
		})
	}
}

// krew is a place to install plugins to.
type krew struct {
	tools string   // folder with krew and its validator
	dist  string   // folder with the archives
	bin   string   // folder where krew links plugins
	env   []string // of every program that is run
}

// newKrew builds krew and its validator.
func newKrew(t *testing.T) *krew {
	t.Helper()
	k := &krew{tools: t.TempDir(), dist: t.TempDir()}
	root := t.TempDir()
	k.bin = filepath.Join(root, "bin")
	k.env = []string{
		"PATH=" + k.bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + t.TempDir(),
		"KUBECONFIG=" + filepath.Join(root, "none"),
		"KREW_ROOT=" + root,
		"KREW_NO_UPGRADE_CHECK=1",
		"HTTPS_PROXY=http://127.0.0.1:1", // nobody listens there: a download fails at once
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", k.tools+string(filepath.Separator),
		"sigs.k8s.io/krew/cmd/krew", "sigs.k8s.io/krew/cmd/validate-krew-manifest")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build krew: %v\n%s", err, said)
	}
	return k
}

// release makes the plugin's archive for the host and returns its path. For the
// other platforms there are files that stand for the archives, so that the
// manifest can be rendered whole.
func (k *krew) release(t *testing.T, name string, host release.Platform) string {
	t.Helper()
	program := "kubectl-" + name
	for _, p := range release.Platforms() {
		if p == host {
			continue
		}
		path := filepath.Join(k.dist, release.ArchiveName(program, p))
		if err := os.WriteFile(path, []byte("stands for the archive of "+p.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := release.Make(t.Context(), release.Options{
		Root: "..", Out: k.dist, Version: krewVersion, Time: time.Unix(1_700_000_000, 0),
		Programs: []string{program}, Platforms: []release.Platform{host}, Log: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	return made[0].Path
}

// render makes the plugin's manifest and returns its path.
func (k *krew) render(t *testing.T, name string) string {
	t.Helper()
	text, err := manifest.Render(filepath.Join("../krew-manifests", name+".yaml"), manifest.Options{Tag: krewVersion, Dist: k.dist})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name+".yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tryThroughKubectl calls the installed plugin, and then does what the caveats
// of its manifest say.
func (k *krew) tryThroughKubectl(t *testing.T, name string) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("SKIPPED: there is no kubectl on PATH; the plugin is installed, but nobody called it")
	}
	t.Run("version", func(t *testing.T) {
		if got, want := k.run(t, kubectl, name, "version"), "kubectl-"+name+" "+krewVersion+" ("; !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q…", got, want)
		}
	})
	t.Run("completion", func(t *testing.T) {
		k.run(t, kubectl, name, "completion", "kubectl")
		if got := k.run(t, kubectl, "__complete", name, "vers"); !strings.HasPrefix(got, "version\t") {
			t.Errorf("kubectl %s vers<TAB> offers %q\n%s holds %v", name, got, k.bin, list(t, k.bin))
		}
	})
}

// run runs a program and returns what it writes to stdout.
func (k *krew) run(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = k.env
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(program), strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String()
}

// list names the files of a folder.
func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
