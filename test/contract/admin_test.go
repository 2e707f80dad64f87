package contract_test

import (
	"reflect"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/admintest"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

func TestAdminStandIn(t *testing.T) {
	t.Parallel()
	admintest.Run(t, target.StandIn(t))
}

func TestAdminReal(t *testing.T) {
	t.Parallel()
	admintest.Run(t, target.Real(t))
}

// TestAdminIsCovered fails for a method that the suite says nothing about.
func TestAdminIsCovered(t *testing.T) {
	t.Parallel()
	covered := admintest.Covered()
	for m := range reflect.TypeFor[*admin.Client]().Methods() {
		if !covered[m.Name] {
			t.Errorf("admin.Client.%s is in no case of admintest", m.Name)
		}
	}
}
