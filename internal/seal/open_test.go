package seal

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/talos-rustfs/kubectl-plugins/internal/seal/sealtest"
)

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func armored(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := armor.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestOpenGood(t *testing.T) {
	key, ids := newKey(t)
	other, _ := newKey(t)
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	quantum := []Identity{{Name: "pq", key: hybrid}}
	plain := sealtest.Snapshot(70) // more than four age chunks and one buffer
	tests := []struct {
		name        string
		object      []byte
		ids         []Identity
		compression string
		stanzas     []string
		identity    string
	}{
		{"bare", plain, nil, "", nil, ""},
		{"zstd", sealtest.Seal(plain, true), nil, "zst", nil, ""},
		{"gzip", gzipped(t, plain), nil, "gz", nil, ""},
		{"age", sealtest.Seal(plain, false, key.Recipient()), ids, "", []string{"X25519"}, "test key"},
		{"zstd age", sealtest.Seal(plain, true, key.Recipient()), ids, "zst", []string{"X25519"}, "test key"},
		{"gzip age", sealtest.Seal(gzipped(t, plain), false, key.Recipient()), ids, "gz", []string{"X25519"}, "test key"},
		{"armored", armored(t, sealtest.Seal(plain, true, key.Recipient())), ids, "zst", []string{"X25519"}, "test key"},
		{"two recipients", sealtest.Seal(plain, false, other.Recipient(), key.Recipient()), ids, "", []string{"X25519", "X25519"}, "test key"},
		{"post-quantum", sealtest.Seal(plain, false, hybrid.Recipient()), append(slices.Clone(ids), quantum...), "", []string{"mlkem768x25519"}, "pq"},
		{"smallest", sealtest.Snapshot(4), nil, "", nil, ""},
	}
	readers := map[string]func(io.Reader) io.Reader{
		"whole":        func(r io.Reader) io.Reader { return r },
		"one byte":     iotest.OneByteReader,
		"half":         iotest.HalfReader,
		"data and EOF": iotest.DataErrReader,
	}
	for _, tt := range tests {
		want := plain
		if tt.name == "smallest" {
			want = sealtest.Snapshot(4)
		}
		for how, wrap := range readers {
			t.Run(tt.name+"/"+how, func(t *testing.T) {
				data, report, err := open(wrap(bytes.NewReader(tt.object)), tt.ids)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(data, want) {
					t.Fatalf("got %d other bytes, want %d", len(data), len(want))
				}
				sum := sha256.Sum256(want[:len(want)-32])
				if report.SHA256 != hex.EncodeToString(sum[:]) || report.PageSize != 4096 || report.PlainBytes != int64(len(want)) {
					t.Errorf("report %+v", report)
				}
				if report.Compression != tt.compression || report.Encrypted != (tt.stanzas != nil) || report.Identity != tt.identity {
					t.Errorf("report %+v", report)
				}
				if !slices.Equal(report.Stanzas, tt.stanzas) {
					t.Errorf("stanzas %q, want %q", report.Stanzas, tt.stanzas)
				}
			})
		}
	}
}

func TestOpenReadsNothingBesideErrors(t *testing.T) {
	plain := sealtest.Snapshot(20)
	for name, object := range map[string][]byte{"good": plain, "cut": plain[:50000], "bad": flip(plain, 60000)} {
		s, err := Open(bytes.NewReader(object), nil)
		if err != nil {
			t.Fatal(name, err)
		}
		if n, err := s.Read(nil); n != 0 || err != nil {
			t.Errorf("%s: Read(nil) = %d, %v", name, n, err)
		}
		var last error
		for p := make([]byte, 1000); last == nil; {
			var n int
			if n, last = s.Read(p); last != nil && n != 0 {
				t.Errorf("%s: %d bytes beside %v", name, n, last)
			}
		}
		if _, again := s.Read(make([]byte, 10)); again != last {
			t.Errorf("%s: first %v, then %v", name, last, again)
		}
		if (last == io.EOF) != (name == "good") {
			t.Errorf("%s: ends with %v", name, last)
		}
	}
}

func TestClosed(t *testing.T) {
	s, err := Open(bytes.NewReader(sealtest.Seal(sealtest.Snapshot(20), true)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Read(make([]byte, 10)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("Read after Close = %d, %v", n, err)
	}
}

func TestSourceErrorsPassThrough(t *testing.T) {
	key, ids := newKey(t)
	plain := sealtest.Snapshot(70)
	objects := map[string][]byte{
		"bare":     plain,
		"zstd":     sealtest.Seal(plain, true),
		"gzip":     gzipped(t, plain),
		"age":      sealtest.Seal(plain, false, key.Recipient()),
		"zstd age": sealtest.Seal(plain, true, key.Recipient()),
		"armored":  armored(t, sealtest.Seal(plain, false, key.Recipient())),
	}
	for name, object := range objects {
		for _, cause := range []error{errors.New("connection reset"), io.ErrUnexpectedEOF} {
			for _, at := range []int{0, 10, 100, 300, 65536, 65536 + 16 + 200, len(object) - 40, len(object) - 1, len(object)} {
				r := io.MultiReader(bytes.NewReader(object[:at]), iotest.ErrReader(cause))
				data, _, err := open(r, ids)
				if err != cause {
					t.Errorf("%s cut by %q at %d: got %v", name, cause, at, err)
				}
				if len(data) > len(plain)-32 {
					t.Errorf("%s cut by %q at %d: gave the trailer", name, cause, at)
				}
			}
		}
	}
}

func TestNoIdentity(t *testing.T) {
	key, _ := newKey(t)
	_, others := newKey(t)
	object := sealtest.Seal(sealtest.Snapshot(4), false, key.Recipient())
	for _, ids := range [][]Identity{nil, others, {{}}} {
		_, _, err := open(bytes.NewReader(object), ids)
		var none *NoIdentity
		if !errors.As(err, &none) {
			t.Fatalf("got %v", err)
		}
		if !slices.Equal(none.Stanzas, []string{"X25519"}) || len(none.Tried) != len(ids) || none.Hint() == "" {
			t.Errorf("got %+v", none)
		}
		if !strings.Contains(err.Error(), "1 recipient (X25519)") {
			t.Errorf("error %q", err)
		}
	}
	scrypt, err := age.NewScryptRecipient("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	scrypt.SetWorkFactor(10)
	_, _, err = open(bytes.NewReader(sealtest.Seal(sealtest.Snapshot(4), false, scrypt)), others)
	var none *NoIdentity
	if !errors.As(err, &none) || !strings.Contains(none.Hint(), "passphrase") {
		t.Errorf("got %v", err)
	}
}
