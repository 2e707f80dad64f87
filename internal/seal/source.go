package seal

import (
	"errors"
	"io"
)

// errSource stands for an error of the source while it travels up through
// age and zstd, which would otherwise take a network's io.ErrUnexpectedEOF
// for the end of a file. The caller gets the original.
var errSource = errors.New("the source failed")

// faults keeps the first fault of the layers, because a layer above may
// rephrase it or take it for the end.
type faults struct {
	src *source
	bad *Bad
}

// resolve is the error to give to the caller for err, which a layer returned.
func (f *faults) resolve(err error, explain func(error) *Bad) error {
	if f.src.err != nil {
		return f.src.err
	}
	if f.bad == nil {
		if !errors.As(err, &f.bad) {
			f.bad = explain(err)
		}
	}
	return f.bad
}

// seen is the fault noted so far, or nil.
func (f *faults) seen() error {
	switch {
	case f.src.err != nil:
		return f.src.err
	case f.bad != nil:
		return f.bad
	}
	return nil
}

// source reads what the caller gave, counts it and remembers its error. It
// returns either bytes or an error, never both.
type source struct {
	r    io.Reader
	n    int64 // bytes so far
	eof  bool  // the end was seen
	err  error // the error of r, if it was not the end
	next error // what r returned beside its last bytes
}

func (s *source) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for range 100 {
		if s.next != nil {
			return 0, s.stop()
		}
		n, err := s.r.Read(p)
		s.next = err
		if n > 0 {
			s.n += int64(n)
			return n, nil
		}
	}
	s.next = io.ErrNoProgress
	return 0, s.stop()
}

func (s *source) stop() error {
	if s.next == io.EOF {
		s.eof = true
		return io.EOF
	}
	s.err = s.next
	return errSource
}

// guard turns the errors of one layer into faults, so that the layer above
// gets nothing that looks like the end of a file but the end itself.
type guard struct {
	r       io.Reader
	faults  *faults
	explain func(error) *Bad
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	if g.faults.src.err != nil {
		return n, errSource
	}
	return n, g.faults.resolve(err, g.explain)
}
