package seal

import (
	"bufio"
	"crypto/sha256"
	"io"
)

// bufferBytes is how much is read from a layer at once.
const bufferBytes = 64 << 10

// Report says what a stream turned out to be. PlainBytes, SHA256 and
// PageSize are set once [Stream.Read] returned io.EOF, the rest at once.
type Report struct {
	// Encrypted is true for an age file.
	Encrypted bool
	// Compression is "", "zst" or "gz", by content.
	Compression string
	// Identity is the name of the identity that opened the file.
	Identity string
	// Stanzas are the types of all recipients in the age header.
	Stanzas []string
	// PlainBytes is the size of the snapshot with its trailer, in bytes.
	PlainBytes int64
	// SHA256 is the proven digest of the database in hex, without the trailer.
	SHA256 string
	// PageSize is the database's page size in bytes, 4096 on most machines.
	PageSize int
}

// Open finds out by content what r is – an age file (plain or armored), zstd,
// gzip or a bare snapshot – and opens all layers. r is read from its beginning
// and not closed. ids may be empty for objects that are not encrypted.
//
// Errors are [*NoIdentity] (no key fits), [*IdentityError] (a key cannot be
// used, such as for a wrong passphrase), [*Bad] (the object is no usable
// snapshot), or the error of r as it was.
func Open(r io.Reader, ids []Identity) (*Stream, error) {
	f := &faults{src: &source{r: r}}
	s := &Stream{faults: f, sum: sha256.New(), close: func() {}}
	in := bufio.NewReaderSize(f.src, bufferBytes)
	what, err := f.look(in, "the object")
	if err != nil {
		return nil, err
	}
	if what == kindArmor {
		in = bufio.NewReaderSize(f.dearmor(in), bufferBytes)
		if what, err = f.look(in, "the armored file"); err != nil {
			return nil, err
		}
		if what != kindAge {
			return nil, &Bad{Kind: Foreign, Reason: "the armored file holds no age file"}
		}
	}
	if what == kindAge {
		plain, err := f.decrypt(in, ids, &s.report)
		if err != nil {
			return nil, err
		}
		in = bufio.NewReaderSize(plain, bufferBytes)
		if what, err = f.look(in, "what the age file holds"); err != nil {
			return nil, err
		}
	}
	if what == kindZstd || what == kindGzip {
		if in, err = s.decompress(in, what); err != nil {
			s.close()
			return nil, err
		}
		if what, err = f.look(in, "the decompressed object"); err != nil {
			s.close()
			return nil, err
		}
	}
	if what != kindBolt {
		s.close()
		return nil, &Bad{Kind: Foreign, Reason: "the object is wrapped more often than talos-backup does"}
	}
	s.in, s.buf = in, make([]byte, 2*bufferBytes)
	return s, nil
}

func (s *Stream) decompress(in *bufio.Reader, what kind) (*bufio.Reader, error) {
	var plain io.Reader
	var err error
	if what == kindZstd {
		s.report.Compression = "zst"
		var free func()
		if plain, free, err = s.faults.unzstd(in); err == nil {
			s.close = free
		}
	} else {
		s.report.Compression = "gz"
		plain, err = s.faults.gunzip(in)
	}
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(plain, bufferBytes), nil
}
