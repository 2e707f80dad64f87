package contract_test

import (
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/test/contract/candiff"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

// reported is how many disagreements are shown in full.
const reported = 5

// TestCanStandIn decides and tries generated cases on the stand-in;
// CANDIFF_SEED and CANDIFF_CASES make others.
func TestCanStandIn(t *testing.T) {
	t.Parallel()
	agree(t, candiff.Run(t, target.StandIn(t), candiff.FromEnv(t, candiff.Options{Seed: 1, Cases: 1500})))
}

// TestCanReal does the same on the real server, with more cases.
func TestCanReal(t *testing.T) {
	t.Parallel()
	agree(t, candiff.Run(t, target.Real(t), candiff.FromEnv(t, candiff.Options{Seed: 1, Cases: 4000, Wide: true})))
}

func agree(t *testing.T, r candiff.Result) {
	t.Helper()
	t.Logf("%d cases, %d of them allowed, %d disagreements", r.Cases, r.Allowed, len(r.Disagreements))
	for _, d := range r.Disagreements {
		t.Log(d.Short())
	}
	for i, d := range r.Disagreements {
		if i == reported {
			t.Errorf("and %d more", len(r.Disagreements)-reported)
			break
		}
		t.Errorf("can and the server disagree:\n%s", d)
	}
}

func TestHarmlessStandIn(t *testing.T) {
	t.Parallel()
	candiff.Harmless(t, target.StandIn(t))
}

func TestHarmlessReal(t *testing.T) {
	t.Parallel()
	candiff.Harmless(t, target.Real(t))
}
