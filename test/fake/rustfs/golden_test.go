package rustfs_test

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

const (
	rootKey    = "rustfstest"
	rootSecret = "rustfstest-secret"
)

// start runs a stand-in for the length of a test.
func start(t *testing.T, dir string) (*rustfs.Server, *httptest.Server) {
	t.Helper()
	server, err := rustfs.New(rustfs.Options{Dir: dir, AccessKey: rootKey, SecretKey: rootSecret})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		web.Close()
		server.Close()
	})
	return server, web
}

// player signs requests for a running stand-in.
func player(t *testing.T, web *httptest.Server) *scenario.Player {
	t.Helper()
	p, err := scenario.NewPlayer(web.URL, rootKey, rootSecret, web.Client())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestGolden replays recorded answers of RustFS 1.0.1 in their order: status,
// content type, error code and message, and the values of JSON and XML have
// to be the same.
func TestGolden(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/golden-1.0.1.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := scenario.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if lines[0].Server != rustfs.DefaultVersion {
		t.Fatalf("recorded from version %q, the stand-in is %q", lines[0].Server, rustfs.DefaultVersion)
	}
	_, web := start(t, t.TempDir())
	p := player(t, web)
	for _, l := range lines[1:] {
		got, err := p.Play(t.Context(), l)
		if err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		if l.Define != nil {
			continue
		}
		want := *l.Answer
		got.Body = scenario.Canonical(got.Body)
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("%s: answer differs (-recorded +stand-in):\n%s", l, diff)
		}
	}
}

// TestScenarioMatchesGolden keeps the scenario and its recording together.
func TestScenarioMatchesGolden(t *testing.T) {
	t.Parallel()
	read := func(name string) []scenario.Line {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		lines, err := scenario.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range lines {
			lines[i].Answer = nil
		}
		return lines
	}
	if diff := cmp.Diff(read("testdata/scenario.jsonl"), read("testdata/golden-1.0.1.jsonl")[1:]); diff != "" {
		t.Errorf("scenario and golden requests differ (-scenario +golden):\n%s", diff)
	}
}
