// Package sealtest makes snapshots and sealed backups for tests.
package sealtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// PageSize is the page size of every snapshot made here, in bytes.
const PageSize = 4096

// Snapshot makes the smallest thing that looks like an etcd snapshot: an
// empty bbolt database of the given number of pages (at least 4), with two
// valid meta pages, an empty freelist and an empty root, followed by its
// sha256. The other pages hold bytes that do not compress, the same every
// time. Its length is pages*4096+32 bytes.
func Snapshot(pages int) []byte {
	pages = max(pages, 4)
	db := make([]byte, pages*PageSize)
	fill := rand.New(rand.NewPCG(1, uint64(pages)))
	for i := 4 * PageSize; i+8 <= len(db); i += 8 {
		binary.LittleEndian.PutUint64(db[i:], fill.Uint64())
	}
	for id := range 2 {
		page := db[id*PageSize:]
		header(page, id, 0x04)
		meta(page[16:], uint64(pages), uint64(2-id))
	}
	header(db[2*PageSize:], 2, 0x10)
	header(db[3*PageSize:], 3, 0x02)
	return Trailer(db)
}

// Trailer appends the sha256 of db, as etcd does when it makes a snapshot.
func Trailer(db []byte) []byte {
	sum := sha256.Sum256(db)
	return append(bytes.Clone(db), sum[:]...)
}

// header is bbolt's page header: id, flags, count, overflow.
func header(page []byte, id int, flags uint16) {
	binary.LittleEndian.PutUint64(page, uint64(id))
	binary.LittleEndian.PutUint16(page[8:], flags)
}

// meta is bbolt's meta: root on page 3, freelist on page 2.
func meta(m []byte, pages, txid uint64) {
	le := binary.LittleEndian
	le.PutUint32(m, 0xED0CDAED)
	le.PutUint32(m[4:], 2)
	le.PutUint32(m[8:], PageSize)
	le.PutUint64(m[16:], 3)
	le.PutUint64(m[32:], 2)
	le.PutUint64(m[40:], pages)
	le.PutUint64(m[48:], txid)
	sum := fnv.New64a()
	sum.Write(m[:56])
	le.PutUint64(m[56:], sum.Sum64())
}

// Seal stores plain as talos-backup does: zstd if compress, then age if there
// are recipients.
func Seal(plain []byte, compress bool, recipients ...age.Recipient) []byte {
	data := plain
	if compress {
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		must(err)
		var out bytes.Buffer
		enc.Reset(&out)
		_, err = enc.Write(plain)
		must(err)
		must(enc.Close())
		data = out.Bytes()
	}
	if len(recipients) == 0 {
		return bytes.Clone(data)
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, recipients...)
	must(err)
	_, err = w.Write(data)
	must(err)
	must(w.Close())
	return out.Bytes()
}

func must(err error) {
	if err != nil {
		panic("sealtest: " + err.Error())
	}
}
