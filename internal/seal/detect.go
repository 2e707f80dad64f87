package seal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"filippo.io/age/armor"
)

// kind is what a stream is by its first bytes; names are never trusted.
type kind int

const (
	kindUnknown kind = iota
	kindAge
	kindArmor
	kindZstd
	kindGzip
	kindBolt
)

// headBytes are enough to tell every kind.
const headBytes = 128

func kindOf(head []byte) kind {
	switch {
	case bytes.HasPrefix(head, []byte(ageIntro)):
		return kindAge
	case bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte(armor.Header)):
		return kindArmor
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return kindZstd
	case len(head) > 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}):
		return kindZstd // a skippable frame comes first
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 0x08}):
		return kindGzip
	case len(head) >= 20 && binary.LittleEndian.Uint32(head[16:]) == boltMagic:
		return kindBolt
	}
	return kindUnknown
}

// look says what r holds without taking it. where names the layer in faults.
func (f *faults) look(r *bufio.Reader, where string) (kind, error) {
	head, err := r.Peek(headBytes)
	if err != nil && err != io.EOF {
		return kindUnknown, f.resolve(err, func(err error) *Bad {
			return &Bad{Kind: Damaged, Reason: fmt.Sprintf("damaged: %s cannot be read: %v", where, err)}
		})
	}
	k := kindOf(head)
	switch {
	case k != kindUnknown:
		return k, nil
	case len(head) == 0:
		return k, &Bad{Kind: Cut, Reason: where + " is empty"}
	case err == io.EOF:
		return k, &Bad{Kind: Cut, Reason: fmt.Sprintf("%s has only %d bytes, no snapshot is that short", where, len(head))}
	}
	return k, &Bad{Kind: Foreign, Reason: where + " is no etcd snapshot: neither age, zstd, gzip nor a bbolt database"}
}
