// Package contract_test holds the clients and the stand-in against the real
// RustFS, where there is one: RUSTFS_BIN, or what "make rustfs" built.
package contract_test

import (
	"bytes"
	"net/http"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/test/contract/realrustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

const testdata = "../fake/rustfs/testdata/"

// TestGoldenIsTheRealServer plays the scenario against the real server: the
// recording that the stand-in is held against must still be what the server
// says. UPDATE_GOLDEN=1 writes it anew.
func TestGoldenIsTheRealServer(t *testing.T) {
	t.Parallel()
	p, err := scenario.NewPlayer(realrustfs.Start(t), realrustfs.AccessKey, realrustfs.SecretKey, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Record(t.Context(), read(t, testdata+"scenario.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	golden := testdata + "golden-" + realrustfs.Version + ".jsonl"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		var b bytes.Buffer
		if err := scenario.Write(&b, got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := read(t, golden)
	if len(got) != len(want) {
		t.Fatalf("%d lines played, %d recorded: record again with UPDATE_GOLDEN=1", len(got), len(want))
	}
	for i := range want {
		if diff := cmp.Diff(want[i], got[i]); diff != "" {
			t.Errorf("line %d, %s: the server says something else (-recorded +server):\n%s", i+1, want[i], diff)
		}
	}
}

func read(t *testing.T, name string) []scenario.Line {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := scenario.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
