package test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/hack/readme/tables"
)

// The tables of the README are what the programs say of themselves.
func TestReadmeIsCurrent(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := tables.Fill(string(text), tables.All())
	if err != nil {
		t.Fatalf("README.md: %v", err)
	}
	if diff := cmp.Diff(string(text), want); diff != "" {
		t.Errorf("README.md is stale; run: go run ./hack/readme\n(-have +want)\n%s", diff)
	}
}
