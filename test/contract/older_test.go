package contract_test

import (
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/test/contract/admintest"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/older"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/s3test"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

// TestOlderStandIn holds the clients against older versions of RustFS, made of
// the stand-in.
func TestOlderStandIn(t *testing.T) {
	t.Parallel()
	olderVersions(t, func(t *testing.T) *target.Target { return target.StandIn(t) })
}

// TestOlderReal does so with versions that are made of the real server.
func TestOlderReal(t *testing.T) {
	t.Parallel()
	olderVersions(t, func(t *testing.T) *target.Target { return target.Real(t) })
}

func olderVersions(t *testing.T, base func(*testing.T) *target.Target) {
	for _, v := range older.Versions() {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			s := target.Older(t, v, base(t))
			t.Run("admin", func(t *testing.T) { admintest.Run(t, s) })
			t.Run("s3", func(t *testing.T) { s3test.Run(t, s) })
		})
	}
}
