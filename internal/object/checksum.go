package object

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"regexp"
	"strconv"
	"strings"
)

var md5Pattern = regexp.MustCompile(`^[0-9a-f]{32}$`)

// nvme is CRC-64/NVME in the reversed form that hash/crc64 wants.
const nvme = 0x9a6c9329ac4bc9b5

// CRC32C makes the hash that is sent along with what is written.
func CRC32C() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

// Encode writes a hash as headers hold it.
func Encode(h hash.Hash) string { return base64.StdEncoding.EncodeToString(h.Sum(nil)) }

// Check compares content with what a server says of it.
type Check struct {
	By   string // what is compared: "CRC32C", "MD5", "MD5 of 4 parts"
	want string
	got  func() string
	w    io.Writer
}

// NewCheck takes the best checksum that is known of an object; nil when there
// is none. The ETag of encrypted objects is no checksum.
func NewCheck(i Info) *Check {
	for _, c := range []struct {
		name string
		make func() hash.Hash
	}{
		{"crc32c", func() hash.Hash { return CRC32C() }},
		{"crc32", func() hash.Hash { return crc32.NewIEEE() }},
		{"sha256", sha256.New},
		{"crc64nvme", func() hash.Hash { return crc64.New(crc64.MakeTable(nvme)) }},
		{"sha1", sha1.New},
	} {
		want := i.Checksums[c.name]
		if want == "" || strings.Contains(want, "-") {
			continue // of parts
		}
		h := c.make()
		return &Check{By: strings.ToUpper(c.name), want: want, w: h, got: func() string { return Encode(h) }}
	}
	if i.Encryption != "" && i.Encryption != "AES256" {
		return nil
	}
	return NewETagCheck(i.ETag, i.Size)
}

// NewETagCheck compares with an ETag: the MD5 of the content, or of the MD5s
// of its parts, where their size can be told. nil when it is neither.
func NewETagCheck(etag string, size int64) *Check {
	sum, count, parts := strings.Cut(etag, "-")
	if !md5Pattern.MatchString(sum) {
		return nil
	}
	if !parts {
		h := md5.New()
		return &Check{By: "MD5", want: etag, w: h, got: func() string { return hex.EncodeToString(h.Sum(nil)) }}
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		return nil
	}
	length := partSizeOf(size, n)
	if length == 0 {
		return nil
	}
	p := &partsMD5{size: length, part: md5.New(), all: md5.New()}
	return &Check{By: fmt.Sprintf("MD5 of %d parts", n), want: etag, w: p, got: p.etag}
}

// Write implements io.Writer.
func (c *Check) Write(b []byte) (int, error) { return c.w.Write(b) }

// OK reports whether what was written is what the server has.
func (c *Check) OK() bool { return c.got() == c.want }

// Certain reports whether content that does not fit is certainly other
// content: the size of an ETag's parts is a guess.
func (c *Check) Certain() bool { return !strings.HasPrefix(c.By, "MD5 of") }

// Err says that the content is not what the server has.
func (c *Check) Err() error {
	if c.OK() {
		return nil
	}
	return &MismatchError{By: c.By, Want: c.want, Got: c.got()}
}

// MismatchError says that content did not arrive as it is stored.
type MismatchError struct{ By, Want, Got string }

func (e *MismatchError) Error() string {
	return fmt.Sprintf("the content is damaged: %s is %s, the server says %s", e.By, e.Got, e.Want)
}

// partsMD5 is the ETag of an object in parts.
type partsMD5 struct {
	size, n   int64
	count     int
	part, all hash.Hash
}

func (p *partsMD5) Write(b []byte) (int, error) {
	total := len(b)
	for len(b) > 0 {
		m := min(int64(len(b)), p.size-p.n)
		p.part.Write(b[:m])
		p.n += m
		b = b[m:]
		if p.n == p.size {
			p.flush()
		}
	}
	return total, nil
}

func (p *partsMD5) flush() {
	p.all.Write(p.part.Sum(nil))
	p.part.Reset()
	p.n = 0
	p.count++
}

func (p *partsMD5) etag() string {
	if p.n > 0 {
		p.flush()
	}
	return fmt.Sprintf("%x-%d", p.all.Sum(nil), p.count)
}

// JoinedETag is the ETag of an object that was made of parts with these ETags;
// empty when they are no MD5s.
func JoinedETag(parts []Part) string {
	all := md5.New()
	for _, p := range parts {
		raw, err := hex.DecodeString(p.ETag)
		if err != nil || len(raw) != md5.Size {
			return ""
		}
		all.Write(raw)
	}
	return fmt.Sprintf("%x-%d", all.Sum(nil), len(parts))
}
