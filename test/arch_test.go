package test

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/talos-rustfs/kubectl-plugins/"

// pure are the folders that know no outside system and import the standard
// library only.
func pure() []string {
	return []string{
		"internal/archive", "internal/audit", "internal/backup", "internal/bucket", "internal/declared", "internal/diagnosis",
		"internal/exposition", "internal/finding", "internal/iam", "internal/object", "internal/secret", "internal/serverenv",
	}
}

// layers say what each folder may import of the repository itself. What is
// not named may import nothing of it.
func layers() map[string][]string {
	pure := pure()
	adapters := []string{"internal/cli", "internal/kube", "internal/s3", "internal/admin", "internal/talos", "internal/seal", "internal/transfer"}
	out := map[string][]string{
		"cmd":               append([]string{"internal/cli"}, "plugins/rustfs", "plugins/etcdbackup"),
		"plugins":           slices.Concat(adapters, pure),
		"internal/cli":      pure,
		"internal/kube":     pure,
		"internal/s3":       pure,
		"internal/admin":    pure,
		"internal/talos":    pure,
		"internal/seal":     pure,
		"internal/transfer": pure,
	}
	for _, p := range pure {
		out[p] = nil
	}
	// A declared state is made of buckets' settings and of policies, and an
	// archive holds policies and secrets: the values themselves.
	out["internal/declared"] = []string{"internal/bucket", "internal/finding", "internal/iam"}
	out["internal/archive"] = []string{"internal/iam", "internal/secret"}
	out["internal/bucket"] = []string{"internal/iam", "internal/finding"} // a bucket's policy is one with a Principal
	out["internal/audit"] = []string{"internal/finding", "internal/iam"}
	out["internal/diagnosis"] = []string{"internal/audit", "internal/bucket", "internal/finding", "internal/iam"}
	return out
}

// owners say which folders alone may import an outside system's SDK.
func owners() map[string][]string {
	return map[string][]string{
		"github.com/minio/minio-go/v7/pkg/signer":      {"internal/admin", "internal/s3"},
		"github.com/minio/minio-go/v7":                 {"internal/s3"},
		"k8s.io/client-go/kubernetes":                  {"internal/kube"},
		"k8s.io/client-go/tools/portforward":           {"internal/kube"},
		"github.com/siderolabs/talos/pkg/machinery":    {"internal/talos"},
		"filippo.io/age":                               {"internal/seal"},
		"go.yaml.in/yaml/v3":                           {"internal/declared"}, // a language, not a system
		"github.com/klauspost/compress":                {"internal/seal"},
		"github.com/spf13/cobra":                       {"internal/cli", "plugins"},
		"k8s.io/cli-runtime/pkg/genericclioptions":     {"internal/cli", "plugins"},
		"github.com/talos-rustfs/kubectl-plugins/test": {},
	}
}

// ownersOf finds the most special rule for an import.
func ownersOf(path string) (sdk string, may []string) {
	for s, m := range owners() {
		if under(path, s) && len(s) > len(sdk) {
			sdk, may = s, m
		}
	}
	return sdk, may
}

type pkg struct {
	ImportPath string
	Imports    []string
}

// programPackages are the packages that the programs are made of; tests and
// tools may import what they like.
func programPackages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./cmd/...", "./plugins/...", "./internal/...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(p.ImportPath, "/sealtest") {
			all = append(all, p)
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %d packages found", len(all))
	}
	return all
}

// under reports whether path is folder or lies below it.
func under(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

func anyUnder(path string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return under(path, f) })
}

func TestImportDirection(t *testing.T) {
	t.Parallel()
	for _, p := range programPackages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		var allowed []string
		found := false
		for folder, may := range layers() {
			if under(from, folder) {
				allowed, found = may, true
			}
		}
		if !found {
			t.Errorf("%s is in no layer: say in layers() what it may import", from)
		}
		for _, to := range p.Imports {
			if own, ok := strings.CutPrefix(to, module); ok && !anyUnder(own, allowed) {
				t.Errorf("%s imports %s", from, own)
			}
			if sdk, may := ownersOf(to); sdk != "" && !anyUnder(from, may) {
				t.Errorf("%s imports %s, which only %v may know", from, to, may)
			}
		}
		if anyUnder(from, pure()) {
			for _, to := range p.Imports {
				if first, _, _ := strings.Cut(to, "/"); strings.Contains(first, ".") && !strings.HasPrefix(to, module) && !strings.HasPrefix(to, "go.yaml.in/") {
					t.Errorf("%s is pure and imports %s", from, to)
				}
			}
		}
	}
}

// TestRustfsKnowsNoTalos keeps 20 MiB and a protocol out of kubectl-rustfs.
func TestRustfsKnowsNoTalos(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/kubectl-rustfs")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		if strings.HasPrefix(dep, "github.com/siderolabs/") || strings.HasPrefix(dep, "google.golang.org/grpc") {
			t.Errorf("kubectl-rustfs contains %s", dep)
		}
	}
}
