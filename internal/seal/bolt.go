package seal

import (
	"encoding/binary"
	"hash/fnv"
)

const (
	boltMagic    = 0xED0CDAED // bbolt: common.Magic
	boltVersion  = 2          // bbolt: common.Version
	metaOffset   = 16         // a page begins with a header of 16 bytes
	metaBytes    = metaOffset + 64
	largestPage  = 64 << 10
	smallestPage = 512
)

// meta is what a bbolt meta page says of the file.
type meta struct {
	pageSize int64  // bytes
	pages    int64  // the high-water mark: pages of the file
	txid     uint64 // the larger of two valid metas counts
}

// parseMeta reads a meta page: magic @0, version @4, page size @8, high-water
// page @40, transaction @48, FNV-1a of all before it @56.
func parseMeta(page []byte) (meta, bool) {
	if len(page) < metaBytes {
		return meta{}, false
	}
	m := page[metaOffset:metaBytes]
	le := binary.LittleEndian
	sum := fnv.New64a()
	sum.Write(m[:56])
	got := meta{
		pageSize: int64(le.Uint32(m[8:])),
		pages:    int64(min(le.Uint64(m[40:]), 1<<40)),
		txid:     le.Uint64(m[48:]),
	}
	ok := le.Uint32(m) == boltMagic && le.Uint32(m[4:]) == boltVersion &&
		sum.Sum64() == le.Uint64(m[56:]) &&
		got.pageSize >= smallestPage && got.pageSize <= largestPage &&
		got.pageSize&(got.pageSize-1) == 0
	return got, ok
}

// layout is the newer of the two meta pages at the beginning of a database.
// Page 1 begins where page 0's size says; without a valid page 0 every size
// is tried, as bbolt does. Page sizes are those of the server: 64 KiB on some
// arm64 machines.
func layout(head []byte) (meta, bool) {
	first, ok := parseMeta(head)
	for size := int64(smallestPage); size <= largestPage && size < int64(len(head)); size *= 2 {
		if ok && size != first.pageSize {
			continue
		}
		second, valid := parseMeta(head[size:])
		if valid && second.pageSize == size && (!ok || second.txid > first.txid) {
			return second, true
		}
	}
	return first, ok
}
