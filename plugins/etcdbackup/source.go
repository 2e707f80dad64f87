package etcdbackup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/backup"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/seal"
)

// source is one backup that can be read from its beginning as often as
// needed: an object of the archive, or a file. Every reading is of the same
// bytes: an object that was replaced meanwhile is refused.
type source struct {
	name string
	size int64 // bytes as stored
	open func(context.Context) (io.ReadCloser, error)
	head func(context.Context) ([]byte, error) // its first headBytes
}

// headBytes are more than any age header is long.
const headBytes = 64 << 10

// checkLength refuses an object whose length no age file can have: what was
// cut at its end shows before half a gigabyte is read in vain.
func (s source) checkLength(ctx context.Context) error {
	head, err := s.head(ctx)
	if err != nil {
		return err
	}
	var bad *seal.Bad
	if _, err := seal.PlainSize(head, s.size); errors.As(err, &bad) {
		return bad
	}
	return nil
}

func (a *archive) source(s backup.Snapshot) source {
	return source{name: s.Object, size: s.Size, open: func(ctx context.Context) (io.ReadCloser, error) {
		r, _, err := a.store.Get(ctx, a.bucket, s.Object, 0, s.ETag)
		return r, err
	}, head: func(ctx context.Context) ([]byte, error) {
		return a.store.GetRange(ctx, a.bucket, s.Object, 0, headBytes)
	}}
}

func fileSource(name string) (source, error) {
	first, err := os.Stat(name)
	if err != nil {
		return source{}, &cli.UsageError{Err: fmt.Errorf("--from-file: %w", err)}
	}
	if !first.Mode().IsRegular() {
		return source{}, cli.Usagef("--from-file %s: not a regular file; it is read twice", name)
	}
	open := func(context.Context) (io.ReadCloser, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		now, err := f.Stat()
		if err == nil && (!os.SameFile(first, now) || now.Size() != first.Size() || !now.ModTime().Equal(first.ModTime())) {
			err = fmt.Errorf("file %s was changed after it was verified", name)
		}
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
	return source{name: name, size: first.Size(), open: open, head: func(ctx context.Context) ([]byte, error) {
		f, err := open(ctx)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // it was only read
		return io.ReadAll(io.LimitReader(f, headBytes))
	}}, nil
}

// read opens a backup through all its layers and gives the plain snapshot to
// use. What use gets is proven whole when it sees io.EOF, and not before.
// label is what the progress line says.
func (p *plugin) read(ctx context.Context, s source, ids []seal.Identity, label string, use func(*seal.Stream) error) (seal.Report, error) {
	// A stream's buffers are few and short-lived: collecting them often costs
	// little, and keeps the program small on a machine that has other worries.
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	if err := s.checkLength(ctx); err != nil {
		return seal.Report{}, preferCancel(ctx, err)
	}
	raw, err := s.open(ctx)
	if err != nil {
		return seal.Report{}, err
	}
	defer raw.Close()                                      //nolint:errcheck // it was only read
	stop := context.AfterFunc(ctx, func() { raw.Close() }) //nolint:errcheck // reading reports it
	defer stop()
	progress := p.Progress(label, s.size)
	defer progress.Stop()
	stream, err := seal.Open(io.TeeReader(raw, progress), ids)
	if err != nil {
		return seal.Report{}, preferCancel(ctx, err)
	}
	defer stream.Close() //nolint:errcheck // reading has reported
	if err := use(stream); err != nil {
		return stream.Report(), preferCancel(ctx, err)
	}
	return stream.Report(), nil
}

// preferCancel says "interrupted" where the reader says that its connection
// was closed under it.
func preferCancel(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// prove reads a backup to its end and throws it away.
func (p *plugin) prove(ctx context.Context, s source, ids []seal.Identity) (seal.Report, error) {
	return p.read(ctx, s, ids, "verifying "+s.name, func(st *seal.Stream) error {
		_, err := io.Copy(struct{ io.Writer }{io.Discard}, st)
		return err
	})
}

// pick finds the backup that a person named.
func (p *plugin) pick(ctx context.Context, name string) (*archive, backup.Snapshot, error) {
	a, c, err := p.catalog(ctx)
	if err != nil {
		return nil, backup.Snapshot{}, err
	}
	s, err := c.Resolve(name, time.Now())
	if err != nil {
		return nil, backup.Snapshot{}, fmt.Errorf("%s: %w", a.place(), err)
	}
	return a, s, nil
}

// nameHelp is how backups are named, for the Long of every command.
const nameHelp = "A backup is named by its object key, the key's last part, latest, latest~1 (the one before), a day (2026-01-05: the newest\n" +
	"of that day, UTC), a time (2026-01-05T06:00:00Z) or how long ago (-6h: the newest that is at least that old)."
