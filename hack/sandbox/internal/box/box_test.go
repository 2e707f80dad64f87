package box

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{"a", "sandbox", "demo-2"} {
		if err := CheckName(name); err != nil {
			t.Error(err)
		}
	}

	for _, name := range []string{"", "-a", "a-", "A", "a/b", "..", "9", strings.Repeat("a", 25)} {
		if CheckName(name) == nil {
			t.Errorf("%q is accepted", name)
		}
	}
}

func TestTiers(t *testing.T) {
	if n := len(TierThree.Nodes()); n != 3 {
		t.Errorf("three has %d nodes", n)
	}

	if n, err := TierCluster.FindNode(""); err != nil || n.Address != FirstNodeAddress {
		t.Errorf("%v, %v", n, err)
	}

	if _, err := TierNode.FindNode("cp2"); err == nil {
		t.Error("node has a second one")
	}

	if _, err := ParseTier("huge"); err == nil {
		t.Error("an unknown tier is accepted")
	}
}

func TestEnvRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "env")
	want := map[string]string{"A": "plain", "B": "it's a $secret", "C": ""}

	if err := WriteEnv(path, "A", want["A"], "B", want["B"], "C", want["C"]); err != nil {
		t.Fatal(err)
	}

	got, err := ReadEnv(path)
	if err != nil {
		t.Fatal(err)
	}

	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s: got %q, want %q", name, got[name], value)
		}
	}

	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestStateRootTooLong(t *testing.T) {
	t.Setenv("SANDBOX_STATE", "/"+strings.Repeat("x", 100))

	if _, err := Open("demo"); err == nil || !strings.Contains(err.Error(), "SANDBOX_STATE") {
		t.Errorf("%v", err)
	}
}
