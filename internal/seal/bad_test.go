package seal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/talos-rustfs/kubectl-plugins/internal/seal/sealtest"
)

// mustBeBad opens object and wants a fault of the object, of one of the kinds
// if any are named, and no trailer.
func mustBeBad(t *testing.T, name string, object []byte, ids []Identity, plainSize int, kinds ...Kind) {
	t.Helper()
	for _, wrap := range []func(io.Reader) io.Reader{iotest.HalfReader, iotest.DataErrReader} {
		data, _, err := open(wrap(bytes.NewReader(object)), ids)
		var bad *Bad
		if !errors.As(err, &bad) {
			t.Errorf("%s: got %T %v, want *Bad", name, err, err)
			return
		}
		if bad.Reason == "" || bad.Hint() == "" {
			t.Errorf("%s: %+v without words", name, bad)
		}
		right := len(kinds) == 0
		for _, k := range kinds {
			right = right || bad.Kind == k
		}
		if !right {
			t.Errorf("%s: %q (%s), want one of %q", name, bad.Reason, bad.Kind, kinds)
		}
		if len(data) > plainSize-trailerBytes {
			t.Errorf("%s: gave %d bytes of %d", name, len(data), plainSize)
		}
	}
}

func TestBadPlain(t *testing.T) {
	plain := sealtest.Snapshot(40)
	db := plain[:len(plain)-trailerBytes]
	flippedMetas := flip(flip(plain, 16+48), sealtest.PageSize+16+48)
	tests := []struct {
		name   string
		object []byte
		kind   Kind
	}{
		{"empty", nil, Cut},
		{"one byte", plain[:1], Cut},
		{"first page", plain[:sealtest.PageSize], Cut},
		{"some pages", plain[:10*sealtest.PageSize], Cut},
		{"half a page", plain[:10*sealtest.PageSize+100], Cut},
		{"no trailer", db, NoTrailer},
		{"half a trailer", plain[:len(plain)-16], Cut},
		{"one byte short", plain[:len(plain)-1], Cut},
		{"one byte more", append(bytes.Clone(plain), 0), Trailing},
		{"a page more", append(bytes.Clone(plain), make([]byte, 4096)...), Trailing},
		{"flipped data", flip(plain, 100_000), Damaged},
		{"flipped trailer", flip(plain, len(plain)-5), Damaged},
		{"flipped first meta", flip(plain, 16+48), Damaged},
		{"flipped both metas", flippedMetas, Damaged},
		{"flipped magic", flip(plain, 16), Foreign},
		{"text", bytes.Repeat([]byte("hello "), 1000), Foreign},
		{"zeros", make([]byte, 8192), Foreign},
	}
	for _, tt := range tests {
		mustBeBad(t, tt.name, tt.object, nil, len(plain), tt.kind)
	}
}

func TestBadSealed(t *testing.T) {
	key, ids := newKey(t)
	plain := sealtest.Snapshot(70)
	bare := sealtest.Seal(plain, false, key.Recipient())
	squeezed := sealtest.Seal(plain, true, key.Recipient())
	zst := sealtest.Seal(plain, true)
	const header, chunk = 168 + ageNonce, ageChunk // of one X25519 recipient
	tests := []struct {
		name   string
		object []byte
		kinds  []Kind
	}{
		{"cut in the header", bare[:100], []Kind{Cut}},
		{"cut after the header", bare[:168], []Kind{Cut}},
		{"cut after the nonce", bare[:header], []Kind{Cut}},
		{"cut at a chunk", bare[:header+2*chunk], []Kind{Cut}},
		{"cut in a chunk", bare[:header+2*chunk+1000], []Kind{Cut}},
		{"cut in a tag", bare[:header+2*chunk-3], []Kind{Cut}},
		{"one byte short", bare[:len(bare)-1], []Kind{Cut}},
		{"flipped in the middle", flip(bare, header+chunk+7), []Kind{Damaged}},
		{"flipped in the MAC", flip(bare, 160), nil},
		{"garbage after", append(bytes.Clone(bare), "garbage"...), nil},
		{"zstd age cut at a chunk", squeezed[:header+2*chunk], []Kind{Cut}},
		{"zstd age cut in a chunk", squeezed[:header+chunk+5], []Kind{Cut}},
		{"zstd age flipped", flip(squeezed, header+9), []Kind{Damaged}},
		{"zstd cut in the middle", zst[:len(zst)/2], []Kind{Cut}},
		{"zstd cut in its checksum", zst[:len(zst)-2], []Kind{Cut}},
		{"zstd without its checksum", zst[:len(zst)-4], []Kind{Cut}},
		{"zstd flipped checksum", flip(zst, len(zst)-1), []Kind{Damaged}},
		{"garbage after zstd", append(bytes.Clone(zst), "garbage"...), []Kind{Trailing}},
		{"a second zstd frame", append(bytes.Clone(zst), zst...), []Kind{Trailing}},
		{"gzip cut", gzipped(t, plain)[:5000], []Kind{Cut}},
		{"gzip cut in its header", gzipped(t, plain)[:5], []Kind{Cut}},
		{"garbage after gzip", append(gzipped(t, plain), "garbage garbage"...), []Kind{Trailing}},
		{"armored cut", armored(t, bare)[:10_000], []Kind{Cut}},
		{"armored garbage", append(armored(t, bare)[:10_000], "!!!!\n"...), []Kind{Damaged, Cut}},
		{"age of text", sealtest.Seal(bytes.Repeat([]byte("text "), 100), false, key.Recipient()), []Kind{Foreign}},
		{"age of nothing", sealtest.Seal(nil, false, key.Recipient()), []Kind{Cut}},
		{"age of age", sealtest.Seal(bare, false, key.Recipient()), []Kind{Foreign}},
		{"zstd of zstd", sealtest.Seal(zst, true), []Kind{Foreign}},
		{"sealed without trailer", sealtest.Seal(plain[:len(plain)-32], true, key.Recipient()), []Kind{NoTrailer}},
		{"sealed flipped", sealtest.Seal(flip(plain, 99_999), true, key.Recipient()), []Kind{Damaged}},
	}
	for _, tt := range tests {
		mustBeBad(t, tt.name, tt.object, ids, len(plain), tt.kinds...)
	}
}

// TestEveryFlip flips one bit of each region of a sealed backup. A flip in
// the age header may also look like a file for somebody else.
func TestEveryFlip(t *testing.T) {
	key, ids := newKey(t)
	plain := sealtest.Snapshot(8)
	for name, object := range map[string][]byte{
		"bare": plain, "zstd": sealtest.Seal(plain, true),
		"age": sealtest.Seal(plain, false, key.Recipient()), "zstd age": sealtest.Seal(plain, true, key.Recipient()),
	} {
		for at := 0; at < len(object); at += 1 + at/64 {
			changed := flip(object, at)
			data, _, err := open(bytes.NewReader(changed), ids)
			if err == nil && bytes.Equal(data, plain) {
				continue // a bit that means nothing, such as a hint of the zstd frame
			}
			var bad *Bad
			var none *NoIdentity
			if !errors.As(err, &bad) && !errors.As(err, &none) {
				t.Errorf("%s flipped at %d: %v", name, at, err)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	key, ids := newKey(f)
	plain := sealtest.Snapshot(5)
	f.Add(plain)
	f.Add(plain[:5000])
	f.Add(sealtest.Seal(plain, true))
	f.Add(sealtest.Seal(plain, true, key.Recipient()))
	f.Add(gzipped(f, plain))
	f.Add(armored(f, sealtest.Seal(plain, false, key.Recipient())))
	f.Add([]byte("age-encryption.org/v1\n-> X25519 abc\n\n--- \n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, object []byte) {
		data, _, err := open(bytes.NewReader(object), ids)
		if err != nil {
			return
		}
		sum := sha256.Sum256(data[:len(data)-trailerBytes])
		if !bytes.Equal(sum[:], data[len(data)-trailerBytes:]) {
			t.Fatalf("%d bytes passed that do not fit their trailer", len(data))
		}
	})
}
