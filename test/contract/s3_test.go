package contract_test

import (
	"reflect"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/s3test"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

func TestS3StandIn(t *testing.T) {
	t.Parallel()
	s3test.Run(t, target.StandIn(t))
}

func TestS3Real(t *testing.T) {
	t.Parallel()
	s3test.Run(t, target.Real(t))
}

// TestS3IsCovered fails for a method that the suite says nothing about.
func TestS3IsCovered(t *testing.T) {
	t.Parallel()
	covered := s3test.Covered()
	for m := range reflect.TypeFor[*s3.Store]().Methods() {
		if !covered[m.Name] {
			t.Errorf("s3.Store.%s is in no case of s3test", m.Name)
		}
	}
}

// TestS3MinIO holds the S3 half against a store that is not RustFS.
func TestS3MinIO(t *testing.T) {
	t.Parallel()
	s3test.Run(t, target.MinIO(t))
}
