package rustfs

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
)

// checksumNames are the algorithms of x-amz-checksum-*.
var checksumNames = []string{"crc32", "crc32c", "crc64nvme", "sha1", "sha256"}

// nvmePolynomial is CRC-64/NVME in the reversed form hash/crc64 wants.
const nvmePolynomial = 0x9a6c9329ac4bc9b5

// checksums computes all digests of a body that its headers ask for.
type checksums struct{ sums map[string]hash.Hash }

// newChecksums prepares the algorithms named in headers or x-amz-trailer.
func newChecksums(h http.Header) checksums {
	c := checksums{sums: map[string]hash.Hash{}}
	for _, name := range checksumNames {
		header := "x-amz-checksum-" + name
		if h.Get(header) == "" && !hasToken(h.Values("X-Amz-Trailer"), header) {
			continue
		}
		switch name {
		case "crc32":
			c.sums[name] = crc32.NewIEEE()
		case "crc32c":
			c.sums[name] = crc32.New(crc32.MakeTable(crc32.Castagnoli))
		case "crc64nvme":
			c.sums[name] = crc64.New(crc64.MakeTable(nvmePolynomial))
		case "sha1":
			c.sums[name] = sha1.New()
		case "sha256":
			c.sums[name] = sha256.New()
		}
	}
	return c
}

func (c checksums) Write(b []byte) (int, error) {
	for _, h := range c.sums {
		h.Write(b)
	}
	return len(b), nil
}

// verify compares the digests with headers and trailer and returns them.
func (c checksums) verify(h, trailer http.Header) (map[string]string, bool) {
	if len(c.sums) == 0 {
		return nil, true
	}
	out := map[string]string{}
	for name, sum := range c.sums {
		header := "x-amz-checksum-" + name
		want := h.Get(header)
		if want == "" {
			want = trailer.Get(header)
		}
		got := base64.StdEncoding.EncodeToString(sum.Sum(nil))
		if want != "" && want != got {
			return nil, false
		}
		out[name] = got
	}
	return out, true
}
