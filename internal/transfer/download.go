package transfer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
)

// Target is a file to be made: a path with slashes in a folder that it cannot
// lead out of, not by links either.
type Target struct {
	Root      *os.Root
	Path      string
	NoClobber bool
	// Preserve gives the file the time and the mode that the object's metadata
	// tell; without metadata, the object's time.
	Preserve bool
}

func (t Target) name() string { return filepath.FromSlash(t.Path) }

// temp is where content lies until it is whole: beside the file.
func (t Target) temp(suffix string) string {
	dir, name := path.Split(t.Path)
	const longest = 200 // bytes; file systems take 255
	if len(name) > longest {
		name = name[:longest]
	}
	return filepath.FromSlash(dir + "." + name + suffix)
}

// The endings of files that are not whole, and of the list of what is there.
const (
	partSuffix = ".rustfs-part"
	doneSuffix = ".rustfs-done"
)

// Download makes a file of an object. It gets its name when it is whole and is
// what the server has; a large one goes on where an earlier download of the
// same object stopped.
func (e *Engine) Download(ctx context.Context, from object.Ref, size int64, t Target) (object.Info, error) {
	if err := t.prepare(); err != nil {
		return object.Info{}, err
	}
	var info object.Info
	var err error
	if size <= object.PartSize {
		info, err = e.downloadWhole(ctx, from, size, t)
	} else {
		info, err = e.downloadParts(ctx, from, t)
	}
	if err != nil {
		return info, err
	}
	return info, local(t.preserve(info))
}

func (t Target) prepare() error {
	fi, err := t.Root.Lstat(t.name())
	switch {
	case err == nil && fi.IsDir():
		return local(fmt.Errorf("%s is a folder", t.name()))
	case err == nil && t.NoClobber:
		return &ExistsError{To: t.name()}
	}
	if dir := filepath.Dir(t.name()); dir != "." {
		return local(t.Root.MkdirAll(dir, 0o777))
	}
	return nil
}

// downloadWhole reads a small object in one request.
func (e *Engine) downloadWhole(ctx context.Context, from object.Ref, size int64, t Target) (info object.Info, err error) {
	temp := t.temp(partSuffix)
	err = e.fetch(ctx, size, func() error {
		body, i, err := e.Store.Open(ctx, from, object.Read{})
		if err != nil {
			return err
		}
		defer body.Close() //nolint:errcheck // the copy has reported
		info = i
		return e.receive(ctx, body, i, t, temp)
	})
	if err != nil {
		return info, errors.Join(err, ignoreMissing(t.Root.Remove(temp)))
	}
	return info, t.finish(temp)
}

func (e *Engine) receive(ctx context.Context, body io.Reader, i object.Info, t Target, temp string) error {
	f, err := t.Root.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o666)
	if err != nil {
		return local(err)
	}
	check := object.NewCheck(i)
	w := &sink{f: f, ctx: ctx, moved: e.Moved}
	if check != nil {
		w.check = check
	}
	n, err := io.Copy(w, body)
	if err == nil && n != i.Size {
		err = io.ErrUnexpectedEOF
	}
	err = brokeOff(err)
	if err == nil && check != nil && check.Certain() {
		err = check.Err()
	}
	if closed := f.Close(); err == nil {
		err = local(closed)
	}
	if err != nil {
		e.Moved(-n)
	}
	return err
}

// sink writes to a file and to a checksum.
type sink struct {
	f     *os.File
	check io.Writer
	ctx   context.Context
	moved func(int64)
}

func (s *sink) Write(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.f.Write(b)
	if err != nil {
		return n, local(err)
	}
	if s.check != nil {
		s.check.Write(b) //nolint:errcheck // a hash takes everything
	}
	s.moved(int64(n))
	return n, nil
}

func (t Target) finish(temp string) error {
	if t.NoClobber {
		if _, err := t.Root.Lstat(t.name()); err == nil {
			return errors.Join(&ExistsError{To: t.name()}, ignoreMissing(t.Root.Remove(temp)))
		}
	}
	return local(t.Root.Rename(temp, t.name()))
}

func (t Target) preserve(i object.Info) error {
	if !t.Preserve {
		return nil
	}
	if mode, err := strconv.ParseUint(i.Metadata[object.MetaMode], 8, 32); err == nil {
		if err := t.Root.Chmod(t.name(), os.FileMode(mode).Perm()); err != nil {
			return err
		}
	}
	modified := object.ModifiedOf(i.Metadata)
	if modified.IsZero() {
		modified = i.Modified
	}
	if modified.IsZero() {
		return nil
	}
	return t.Root.Chtimes(t.name(), time.Now(), modified)
}

// journal is the list of pieces that lie in an unfinished file. Its first line
// says of what object.
type journal struct {
	mu   sync.Mutex
	f    *os.File
	done map[int]bool
}

// journalHead says which object a file is being made of.
type journalHead struct {
	ETag, Version string
	Size, Piece   int64
}

func openJournal(t Target, head journalHead) (*journal, error) {
	name := t.temp(doneSuffix)
	line, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	j := &journal{done: map[int]bool{}}
	_, tempErr := t.Root.Lstat(t.temp(partSuffix))
	if f, err := t.Root.Open(name); err == nil {
		in := bufio.NewScanner(f)
		same := in.Scan() && in.Text() == string(line) && tempErr == nil
		for same && in.Scan() {
			if n, err := strconv.Atoi(in.Text()); err == nil {
				j.done[n] = true
			}
		}
		f.Close() //nolint:errcheck // it was only read
		if same {
			j.f, err = t.Root.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0o600)
			return j, err
		}
	}
	if j.f, err = t.Root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(j.f, "%s\n", line)
	return j, err
}

func (j *journal) note(number int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err := fmt.Fprintf(j.f, "%d\n", number)
	return err
}

// downloadParts reads a large object in pieces, several at once.
func (e *Engine) downloadParts(ctx context.Context, from object.Ref, t Target) (object.Info, error) {
	info, err := e.Store.Head(ctx, from)
	if err != nil {
		return info, err
	}
	check := object.NewCheck(info)
	if err := e.fetchPieces(ctx, info, t, check); err != nil {
		return info, err
	}
	if err := e.verdict(check, info); err != nil {
		return info, errors.Join(err, ignoreMissing(t.Root.Remove(t.temp(partSuffix))), ignoreMissing(t.Root.Remove(t.temp(doneSuffix))))
	}
	return info, errors.Join(t.finish(t.temp(partSuffix)), local(ignoreMissing(t.Root.Remove(t.temp(doneSuffix)))))
}

// fetchPieces fetches what is not there yet, and lets check have all of it.
func (e *Engine) fetchPieces(ctx context.Context, info object.Info, t Target, check *object.Check) error {
	pieces := object.Pieces(info.Size, object.PartSize)
	j, err := openJournal(t, journalHead{ETag: info.ETag, Version: info.Version, Size: info.Size, Piece: object.PartSize})
	if err != nil {
		return local(err)
	}
	defer j.f.Close() //nolint:errcheck // each line was written
	f, err := t.Root.OpenFile(t.temp(partSuffix), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return local(err)
	}
	err = local(f.Truncate(info.Size))
	behind := follow(ctx, f, pieces, check)
	var missing []object.Piece
	for _, p := range pieces {
		if j.done[p.Number] {
			e.Moved(p.Length)
			behind.whole <- p.Number
			continue
		}
		missing = append(missing, p)
	}
	if len(missing) < len(pieces) {
		e.Remark("%s: going on, %d of %d parts are there", info.Ref, len(pieces)-len(missing), len(pieces))
	}
	if err == nil {
		err = All(ctx, cap(e.slots), missing, func(ctx context.Context, p object.Piece) error {
			if err := e.fetchPiece(ctx, info, f, p); err != nil {
				return err
			}
			behind.whole <- p.Number
			return local(j.note(p.Number))
		})
	}
	if read := behind.end(err != nil); err == nil {
		err = read
	}
	if closed := f.Close(); err == nil {
		err = local(closed)
	}
	return err
}

func (e *Engine) fetchPiece(ctx context.Context, info object.Info, f *os.File, p object.Piece) error {
	return e.fetch(ctx, p.Length, func() error {
		body, _, err := e.Store.Open(ctx, info.Ref, object.Read{Offset: p.Offset, Length: p.Length, ETag: info.ETag})
		if err != nil {
			return err
		}
		defer body.Close() //nolint:errcheck // the copy has reported
		w := &pieceWriter{OffsetWriter: io.NewOffsetWriter(f, p.Offset), ctx: ctx, moved: e.Moved}
		n, err := io.Copy(w, io.LimitReader(body, p.Length+1))
		if err == nil && n != p.Length {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			e.Moved(-n)
		}
		return brokeOff(err)
	})
}

type pieceWriter struct {
	*io.OffsetWriter
	ctx   context.Context
	moved func(int64)
}

func (w *pieceWriter) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.OffsetWriter.Write(b)
	w.moved(int64(n))
	return n, local(err)
}

// verdict says whether content that went through a check is what the server
// says of the object.
func (e *Engine) verdict(check *object.Check, info object.Info) error {
	switch {
	case check == nil:
		e.Remark("%s: the server tells no checksum of it to compare", info.Ref)
		return nil
	case !check.OK() && !check.Certain():
		e.Remark("%s: the size of its parts is unknown, so that its checksum says nothing", info.Ref)
		return nil
	}
	return check.Err()
}

// follower reads a file that arrives in pieces, from its beginning on and right
// behind them: a checksum is done soon after the last piece.
type follower struct {
	whole  chan int // numbers of pieces
	ended  chan error
	cancel context.CancelFunc
}

// follow lets to have what arrives; nothing does where to is nil.
func follow(ctx context.Context, f io.ReaderAt, pieces []object.Piece, to *object.Check) *follower {
	ctx, cancel := context.WithCancel(ctx)
	w := &follower{whole: make(chan int, len(pieces)), ended: make(chan error, 1), cancel: cancel}
	if to == nil {
		w.ended <- nil
		return w
	}
	go func() { w.ended <- w.read(ctx, f, pieces, to) }()
	return w
}

func (w *follower) read(ctx context.Context, f io.ReaderAt, pieces []object.Piece, to io.Writer) error {
	there := make(map[int]bool, len(pieces))
	for _, p := range pieces {
		for !there[p.Number] {
			n, ok := <-w.whole
			if !ok {
				return nil // it does not come any more
			}
			there[n] = true
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.Copy(to, io.NewSectionReader(f, p.Offset, p.Length)); err != nil {
			return local(err)
		}
	}
	return nil
}

// end waits until everything was read, or for the end of a reading that is in
// vain.
func (w *follower) end(vain bool) error {
	if vain {
		w.cancel()
	}
	close(w.whole)
	err := <-w.ended
	w.cancel()
	return err
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
