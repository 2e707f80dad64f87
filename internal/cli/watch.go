package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"
)

// WatchRound is one look of a watch.
type WatchRound struct {
	Time time.Time

	u        *UI
	repaints bool
}

// Repaints reports that each look replaces the one before on a terminal;
// elsewhere looks follow each other.
func (w WatchRound) Repaints() bool { return w.repaints }

// Line prints one line. Control characters are made harmless.
func (w WatchRound) Line(format string, args ...any) error {
	_, err := fmt.Fprintln(w.u.Out, Escape(fmt.Sprintf(format, args...)))
	return err
}

// Watch lets round look and print, again and again with a pause between, until
// ctx ends or round fails. On a terminal each look is painted over the one
// before, in one piece, so that it does not flicker.
func (u *UI) Watch(ctx context.Context, interval time.Duration, round func(context.Context, WatchRound) error) error {
	out := u.Out
	defer func() { u.Out = out }()
	paint := u.StdoutIsTerminal() && u.output.table()
	if paint {
		fmt.Fprint(out, "\x1b[H\x1b[2J") //nolint:errcheck // the first look reports it
	}
	for {
		var frame bytes.Buffer
		if paint {
			u.Out = &frame
		}
		err := round(ctx, WatchRound{Time: time.Now(), u: u, repaints: paint})
		u.Out = out
		if err != nil {
			return err
		}
		if paint {
			if err := repaint(out, frame.Bytes()); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(interval):
		}
		if err := ctx.Err(); err != nil { // both may have come
			return err
		}
	}
}

// repaint writes a frame over the last one: each line to its end, and nothing
// below.
func repaint(w io.Writer, frame []byte) error {
	frame = bytes.ReplaceAll(frame, []byte("\n"), []byte("\x1b[K\n"))
	_, err := w.Write(append(append([]byte("\x1b[H"), frame...), "\x1b[J"...))
	return err
}
