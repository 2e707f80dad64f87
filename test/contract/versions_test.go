package contract_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/talos-rustfs/kubectl-plugins/test/contract/older"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/versions"
)

// TestVersionsAreWhatProbesFind: the table of the README is what
// admin.Capabilities finds on each version. UPDATE_GOLDEN=1 writes it anew.
func TestVersionsAreWhatProbesFind(t *testing.T) {
	t.Parallel()
	got := found(t, func(t *testing.T) *target.Target { return target.StandIn(t) })
	if os.Getenv("UPDATE_GOLDEN") != "" {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetIndent("", "  ")
		if err := e.Encode(got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("versions/versions.json", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	same(t, got)
}

// TestVersionsOfTheRealServer finds the same with the real server behind.
func TestVersionsOfTheRealServer(t *testing.T) {
	t.Parallel()
	same(t, found(t, func(t *testing.T) *target.Target { return target.Real(t) }))
}

func same(t *testing.T, got versions.Table) {
	t.Helper()
	want, err := versions.Read()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the table of versions is stale: UPDATE_GOLDEN=1 go test ./test/contract -run TestVersions, then go run ./hack/readme (-table +found)\n%s", diff)
	}
}

// found probes every version that is made of a server, and the server itself.
func found(t *testing.T, start func(*testing.T) *target.Target) versions.Table {
	t.Helper()
	base := start(t)
	var out versions.Table
	var targets []*target.Target
	for _, v := range older.Versions() {
		targets = append(targets, target.Older(t, v, base))
	}
	for _, s := range append(targets, base) {
		all, err := s.Admin(t, s.Root).Capabilities(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		delete(s.Lacks, "the root key has all capabilities") // the table itself says which
		v := versions.Version{Name: s.Version, Lacks: s.Lacks}
		for _, c := range all {
			v.Capabilities = append(v.Capabilities, versions.Capability{Name: c.Name, Route: c.Route, State: string(c.State)})
		}
		out = append(out, v)
	}
	return out
}
