package seal

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/seal/sealtest"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/ratio"
)

// BenchmarkOpen proves a sealed snapshot of 64 MiB; the baseline is the
// checksum of the same snapshot, which no proof can do without.
func BenchmarkOpen(b *testing.B) {
	plain := sealtest.Snapshot(64 << 20 / sealtest.PageSize)
	key, ids := newKey(b)
	for _, c := range []struct {
		name     string
		sealed   []byte
		identity []Identity
	}{
		{"bare", plain, nil},
		{"zstd", sealtest.Seal(plain, true), nil},
		{"age", sealtest.Seal(plain, false, key.Recipient()), ids},
		{"zstd+age", sealtest.Seal(plain, true, key.Recipient()), ids},
	} {
		b.Run(c.name, func(b *testing.B) {
			sum := func() error {
				_, err := io.Copy(sha256.New(), onlyReader{bytes.NewReader(plain)})
				return err
			}
			open := func() error {
				s, err := Open(onlyReader{bytes.NewReader(c.sealed)}, c.identity)
				if err != nil {
					return err
				}
				n, err := io.Copy(io.Discard, s)
				if err == nil && n != int64(len(plain)) {
					err = fmt.Errorf("%d bytes of %d", n, len(plain))
				}
				return err
			}
			ratio.Report(b, sum, open)
		})
	}
}

// onlyReader hides everything else a reader can do.
type onlyReader struct{ io.Reader }
