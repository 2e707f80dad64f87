package contract_test

import (
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/test/contract/profiletest"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

func TestProfilesStandIn(t *testing.T) {
	t.Parallel()
	profiletest.Run(t, target.StandIn(t))
}

func TestProfilesReal(t *testing.T) {
	t.Parallel()
	profiletest.Run(t, target.Real(t))
}
