package transfer

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
)

// abortLimit is how long it may take to give an upload up.
const abortLimit = 15 * time.Second

// ErrNotJoined says that an object is not what its parts were.
var ErrNotJoined = errors.New("the server made something else of the parts than was sent")

// ErrFileChanged says that a file changed while it was read.
var ErrFileChanged = errors.New("the file changed while it was read")

// ContentType is what a file holds, by its name or its beginning.
func ContentType(name string, head []byte) string {
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	if len(head) == 0 {
		return "application/octet-stream"
	}
	return http.DetectContentType(head)
}

// Upload sends a file. Its content is compared by the server with a checksum
// that was computed here. A large one goes in parts, and goes on where an
// earlier upload of the same, unchanged file stopped.
func (e *Engine) Upload(ctx context.Context, file *os.File, to object.Ref, w object.Write) (object.Info, error) {
	before, err := file.Stat()
	if err != nil {
		return object.Info{}, local(err)
	}
	if w.ContentType == "" {
		head := make([]byte, 512)
		n, err := file.ReadAt(head, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return object.Info{}, local(err)
		}
		w.ContentType = ContentType(to.Key, head[:n])
	}
	var info object.Info
	if before.Size() <= object.PartSize {
		info, err = e.uploadWhole(ctx, file, before.Size(), to, w)
	} else {
		info, err = e.uploadParts(ctx, file, before, to, w)
	}
	if err != nil {
		return info, err
	}
	after, err := file.Stat()
	if err != nil {
		return info, local(err)
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return info, local(ErrFileChanged)
	}
	info.Size = before.Size()
	return info, nil
}

// checksum is the CRC32C of a piece of a file.
func checksum(r io.ReaderAt, offset, length int64) (string, error) {
	h := object.CRC32C()
	n, err := io.Copy(h, io.NewSectionReader(r, offset, length))
	if err == nil && n != length {
		err = ErrFileChanged
	}
	return object.Encode(h), local(err)
}

func (e *Engine) uploadWhole(ctx context.Context, r io.ReaderAt, size int64, to object.Ref, w object.Write) (info object.Info, err error) {
	piece := func() io.Reader { return io.NewSectionReader(r, 0, size) }
	err = e.send(ctx, piece, func(content io.Reader) (err error) {
		if w.CRC32C, err = checksum(r, 0, size); err != nil {
			return err
		}
		info, err = e.Store.PutObject(ctx, to, content, size, w)
		return err
	})
	return info, err
}

func (e *Engine) uploadParts(ctx context.Context, file *os.File, fi os.FileInfo, to object.Ref, w object.Write) (object.Info, error) {
	if w.NoClobber {
		// The server is asked again at the end; this saves sending for nothing.
		if _, err := e.Store.Head(ctx, to); err == nil {
			return object.Info{}, &ExistsError{To: to.String()}
		}
	}
	pieces := object.Pieces(fi.Size(), object.UploadPartSize(fi.Size()))
	note := e.note(file, fi, to, w)
	id, kept := e.unfinished(ctx, file, note, to, pieces)
	missing, kept := object.Missing(pieces, kept)
	if id == "" {
		var err error
		if id, err = e.Store.StartUpload(ctx, to, w); err != nil {
			return object.Info{}, err
		}
		note.save(id)
	} else {
		for _, p := range kept {
			e.Moved(p.Size)
		}
		e.Remark("%s: going on, %d of %d parts are there", to, len(kept), len(pieces))
	}
	info, err := e.sendParts(ctx, file, to, w, id, missing, kept)
	switch {
	case err == nil, e.IsAnswer(err):
		note.forget()
	}
	if err != nil && (e.IsAnswer(err) || !note.kept()) {
		return info, errors.Join(err, e.abort(ctx, to, id))
	}
	return info, err
}

func (e *Engine) sendParts(ctx context.Context, file io.ReaderAt, to object.Ref, w object.Write, id string, missing []object.Piece, parts []object.Part) (object.Info, error) {
	var mu sync.Mutex
	err := All(ctx, cap(e.slots), missing, func(ctx context.Context, p object.Piece) error {
		part, err := e.sendPart(ctx, file, to, id, p)
		if err != nil {
			return err
		}
		mu.Lock()
		parts = append(parts, part)
		mu.Unlock()
		return nil
	})
	if err != nil {
		return object.Info{}, err
	}
	return e.complete(ctx, to, id, parts, w.NoClobber)
}

func (e *Engine) sendPart(ctx context.Context, file io.ReaderAt, to object.Ref, id string, p object.Piece) (part object.Part, err error) {
	piece := func() io.Reader { return io.NewSectionReader(file, p.Offset, p.Length) }
	err = e.send(ctx, piece, func(content io.Reader) error {
		crc, err := checksum(file, p.Offset, p.Length)
		if err != nil {
			return err
		}
		part, err = e.Store.PutPart(ctx, to, id, p.Number, content, p.Length, crc)
		return err
	})
	return part, err
}

// complete joins parts, and compares what the server made of them.
func (e *Engine) complete(ctx context.Context, to object.Ref, id string, parts []object.Part, noClobber bool) (object.Info, error) {
	if noClobber { // not every server looks at the condition
		if _, err := e.Store.Head(ctx, to); err == nil {
			return object.Info{}, &ExistsError{To: to.String()}
		}
	}
	slices.SortFunc(parts, func(a, b object.Part) int { return cmp.Compare(a.Number, b.Number) })
	info, err := e.Store.CompleteUpload(ctx, to, id, parts, noClobber)
	if err != nil {
		return info, err
	}
	if want := object.JoinedETag(parts); want != "" && info.ETag != "" && info.ETag != want && object.NewETagCheck(info.ETag, info.Size) != nil {
		return info, fmt.Errorf("%w: its ETag is %s, that of the parts %s", ErrNotJoined, info.ETag, want)
	}
	return info, nil
}

// abort gives an upload up, also when the person has interrupted the program.
func (e *Engine) abort(ctx context.Context, to object.Ref, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortLimit)
	defer cancel()
	if err := e.Store.AbortUpload(ctx, to, id); err != nil && !e.IsAnswer(err) {
		return fmt.Errorf("and what was sent so far is still there: %w", err)
	}
	return nil
}

// UploadStream sends what comes from a reader, of unknown length. At most two
// parts are held in memory. A broken one leaves nothing.
func (e *Engine) UploadStream(ctx context.Context, r io.Reader, to object.Ref, w object.Write) (object.Info, error) {
	first, err := readPart(r, make([]byte, object.PartSize))
	if err != nil {
		return object.Info{}, local(err)
	}
	if w.ContentType == "" {
		w.ContentType = ContentType(to.Key, first[:min(len(first), 512)])
	}
	if len(first) < object.PartSize {
		return e.uploadWhole(ctx, bytes.NewReader(first), int64(len(first)), to, w)
	}
	id, err := e.Store.StartUpload(ctx, to, w)
	if err != nil {
		return object.Info{}, err
	}
	info, err := e.stream(ctx, r, first, to, id, w)
	if err != nil {
		return info, errors.Join(err, e.abort(ctx, to, id))
	}
	return info, nil
}

func (e *Engine) stream(ctx context.Context, r io.Reader, content []byte, to object.Ref, id string, w object.Write) (object.Info, error) {
	var parts []object.Part
	spare := make([]byte, object.PartSize)
	for number := 1; len(content) > 0; number++ {
		// The next part is read while this one is sent.
		type read struct {
			content []byte
			err     error
		}
		next := make(chan read, 1)
		go func() {
			b, err := readPart(r, spare[:object.PartSize])
			next <- read{b, err}
		}()
		part, err := e.sendPart(ctx, offsetReader{bytes.NewReader(content)}, to, id, object.Piece{Number: number, Length: int64(len(content))})
		if err != nil {
			return object.Info{}, err
		}
		parts = append(parts, part)
		var n read
		select {
		case n = <-next:
		case <-ctx.Done():
			return object.Info{}, ctx.Err()
		}
		if n.err != nil {
			return object.Info{}, local(n.err)
		}
		content, spare = n.content, content
	}
	return e.complete(ctx, to, id, parts, w.NoClobber)
}

type offsetReader struct{ io.ReaderAt }

func readPart(r io.Reader, b []byte) ([]byte, error) {
	n, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return b[:n], err
}

// unfinished finds the upload that an earlier run noted, and those of its
// parts whose content the file still has.
func (e *Engine) unfinished(ctx context.Context, file io.ReaderAt, n *note, to object.Ref, pieces []object.Piece) (id string, kept []object.Part) {
	if id = n.load(); id == "" {
		return "", nil
	}
	parts, err := e.Store.Parts(ctx, to, id)
	if err != nil {
		return "", nil // it is gone
	}
	for _, p := range parts {
		if p.Number > len(pieces) {
			continue
		}
		piece := pieces[p.Number-1]
		h := md5.New()
		if _, err := io.Copy(h, io.NewSectionReader(file, piece.Offset, piece.Length)); err != nil {
			continue
		}
		if p.Size == piece.Length && hex.EncodeToString(h.Sum(nil)) == p.ETag {
			kept = append(kept, p)
		}
	}
	return id, kept
}

// ExistsError says that something is there already that is not to be replaced.
type ExistsError struct{ To string }

func (e *ExistsError) Error() string { return e.To + " exists" }
