package seal

import (
	"bytes"
	"errors"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/seal/sealtest"
)

func TestPlainSize(t *testing.T) {
	key, _ := newKey(t)
	for _, n := range []int{0, 1, 15, 16, 17, 65535, 65536, 65537, 2 * 65536, 2*65536 + 1, 200_000} {
		object := sealtest.Seal(make([]byte, n), false, key.Recipient())
		got, err := PlainSize(object[:min(len(object), 500)], int64(len(object)))
		if err != nil || got != int64(n) {
			t.Errorf("plain %d: got %d, %v", n, got, err)
		}
	}
}

func TestPlainSizeErrors(t *testing.T) {
	key, _ := newKey(t)
	object := sealtest.Seal(make([]byte, 100_000), false, key.Recipient())
	for _, objectSize := range []int64{0, 100, 168 + 16 + 15, 168 + 16 + ageChunk + 1, 168 + 16 + ageChunk + 16} {
		_, err := PlainSize(object[:300], objectSize)
		var bad *Bad
		if !errors.As(err, &bad) {
			t.Errorf("object of %d bytes: %v", objectSize, err)
		}
	}
	if _, err := PlainSize(object[:100], int64(len(object))); err == nil {
		t.Error("a cut header passes")
	}
	if _, err := PlainSize(armored(t, object)[:300], 1000); err == nil {
		t.Error("an armored file passes")
	}
	if got, err := PlainSize(sealtest.Snapshot(4)[:300], 4*4096+32); err != nil || got != 4*4096+32 {
		t.Errorf("bare snapshot: %d, %v", got, err)
	}
}

func TestLayoutPageSizes(t *testing.T) {
	head := bytes.Clone(sealtest.Snapshot(20)[:proofBytes])
	m, ok := layout(head)
	if !ok || m.pages != 20 || m.pageSize != 4096 || m.txid != 2 {
		t.Errorf("got %+v, %v", m, ok)
	}
	m, ok = layout(flip(head, 16+40))
	if !ok || m.pages != 20 || m.txid != 1 {
		t.Errorf("with a broken first meta: %+v, %v", m, ok)
	}
	if _, ok = layout(head[:50]); ok {
		t.Error("50 bytes pass")
	}
}
