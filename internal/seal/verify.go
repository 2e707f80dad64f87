package seal

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
)

const (
	trailerBytes = 32                      // etcd appends the sha256 of the database
	proofBytes   = largestPage + metaBytes // how far the second meta page may reach
)

// Stream is the plain etcd snapshot, database and trailer, as the node wants
// it. It keeps back the last 32 bytes until everything before them is proven
// right: the length against the database's own meta page, the sha256 against
// the trailer. Without its trailer a node refuses a snapshot, so what was
// read from a bad one is harmless.
type Stream struct {
	faults *faults
	in     io.Reader
	close  func()
	sum    hash.Hash
	report Report

	buf    []byte // buf[r:w] is read and not yet given out
	r, w   int
	total  int64  // bytes of the plain stream so far
	head   []byte // its beginning, up to the second meta page
	meta   meta   // what the beginning says, once enough of it is there
	known  bool   // meta is set
	end    error  // why no more comes; io.EOF at the end
	proven bool
}

// Read gives the snapshot. io.EOF means that all of it is proven; any other
// error means that the trailer was not given out. Errors are [*Bad] or the
// error of the source as it was. Bytes and an error never come together.
func (s *Stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		ready := s.w - s.r
		if !s.proven {
			ready -= trailerBytes
		}
		switch {
		case s.end != nil && s.end != io.EOF:
			return 0, s.end
		case s.known && ready > 0:
			n := copy(p, s.buf[s.r:s.r+ready])
			if !s.proven {
				s.sum.Write(s.buf[s.r : s.r+n])
			}
			s.r += n
			return n, nil
		case s.proven:
			return 0, io.EOF
		case s.end == io.EOF:
			if err := s.prove(); err != nil {
				s.end = err
			} else {
				s.proven = true
			}
		default:
			s.fill()
		}
	}
}

// fill takes the next bytes. Nothing is given out before the database has
// said how long it is, so that no byte after its end can be taken for it.
func (s *Stream) fill() {
	s.w = copy(s.buf, s.buf[s.r:s.w])
	s.r = 0
	n, err := s.in.Read(s.buf[s.w:])
	s.head = append(s.head, s.buf[s.w:s.w+min(n, proofBytes-len(s.head))]...)
	s.w += n
	s.total += int64(n)
	if err != nil {
		s.end = err
		if fault := s.faults.seen(); fault != nil {
			s.end = fault
			return
		}
	}
	if !s.known && (len(s.head) == proofBytes || s.end == io.EOF) {
		s.meta, s.known = layout(s.head)
		switch {
		case s.known:
		case s.total < 2*smallestPage+trailerBytes:
			s.end = &Bad{Kind: Cut, Reason: fmt.Sprintf("cut short: the snapshot has only %d bytes", s.total)}
		default:
			s.end = &Bad{Kind: Damaged, Reason: "damaged: neither of the database's two meta pages is valid"}
		}
	}
	if s.known && s.total > s.size()+trailerBytes {
		s.end = &Bad{Kind: Trailing, Reason: fmt.Sprintf("the database ends after %s (%d bytes) and its sha256, but more bytes follow", size(s.size()), s.size())}
	}
}

// size is the size of the database in bytes, as it says itself.
func (s *Stream) size() int64 { return s.meta.pages * s.meta.pageSize }

// prove judges the whole stream at its end; the last bytes are in buf.
func (s *Stream) prove() error {
	sum := s.sum.Sum(nil)
	tail := s.buf[s.r:s.w]
	switch {
	case s.total == s.size():
		return &Bad{Kind: NoTrailer, Reason: "the database is there, the sha256 that etcd appends to a snapshot is not"}
	case s.total < s.size()+trailerBytes:
		return &Bad{Kind: Cut, Reason: fmt.Sprintf("cut short: the database alone has %s (%d bytes), %d bytes are there", size(s.size()), s.size(), s.total)}
	case len(tail) != trailerBytes || s.total%smallestPage != trailerBytes:
		return &Bad{Kind: Damaged, Reason: fmt.Sprintf("damaged: no snapshot is %d bytes long", s.total)}
	case !bytes.Equal(sum, tail):
		return &Bad{Kind: Damaged, Reason: fmt.Sprintf("damaged: sha256 is %x, the snapshot says it was %x", sum, tail)}
	}
	s.report.PlainBytes = s.total
	s.report.SHA256 = hex.EncodeToString(sum)
	s.report.PageSize = int(s.meta.pageSize)
	return nil
}

// Report is what is known of the stream so far; it is complete after io.EOF.
func (s *Stream) Report() Report {
	r := s.report
	r.Stanzas = slices.Clone(r.Stanzas)
	return r
}

// Close frees what the layers hold. It does not close the source. Reading
// after it is an error.
func (s *Stream) Close() error {
	s.close()
	s.close = func() {}
	s.r, s.w = 0, 0
	s.end = errClosed
	return nil
}

var errClosed = errors.New("read a snapshot: it is closed")
