package seed

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

func TestClusterManifests(t *testing.T) {
	b := box.Box{Name: "test", Dir: t.TempDir()}
	if err := Secrets(b); err != nil {
		t.Fatal(err)
	}

	manifests, err := Cluster(b, box.Info{RustFS: box.Store{Image: "docker.io/rustfs/rustfs:1"}}, "example.test/talos-backup:1")
	if err != nil {
		t.Fatal(err)
	}

	kinds := map[string]int{}

	for document := range strings.SplitSeq(string(manifests), "\n---") {
		var o struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}

		kinds[o.Kind]++
	}

	for kind, want := range map[string]int{"StatefulSet": 1, "CronJob": 1, "Namespace": 4, "ConfigMap": 51, "Secret": 26, "Deployment": 12, "Service": 15} {
		if kinds[kind] != want {
			t.Errorf("%d objects of kind %s instead of %d", kinds[kind], kind, want)
		}
	}
}

func TestSecretsAreTheOwnersOnly(t *testing.T) {
	b := box.Box{Name: "test", Dir: t.TempDir()}
	if err := Secrets(b); err != nil {
		t.Fatal(err)
	}

	for _, path := range []string{b.StoreEnv(), b.BackupEnv(), b.AgeIdentity(), b.WrongIdentity()} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}

		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
	}
}
