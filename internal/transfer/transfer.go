// Package transfer moves the content of objects: up, down and from object to
// object, in parts, several at once, checked at both ends, and going on where
// it stopped. What a server is, it knows by a small interface.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
)

// Store is what the package needs of a server.
type Store interface {
	Head(context.Context, object.Ref) (object.Info, error)
	Open(context.Context, object.Ref, object.Read) (io.ReadCloser, object.Info, error)
	PutObject(context.Context, object.Ref, io.Reader, int64, object.Write) (object.Info, error)
	StartUpload(context.Context, object.Ref, object.Write) (string, error)
	Parts(ctx context.Context, r object.Ref, id string) ([]object.Part, error)
	PutPart(ctx context.Context, r object.Ref, id string, number int, content io.Reader, size int64, crc string) (object.Part, error)
	CopyPart(ctx context.Context, from object.Info, to object.Ref, id string, piece object.Piece) (object.Part, error)
	CompleteUpload(ctx context.Context, r object.Ref, id string, parts []object.Part, noClobber bool) (object.Info, error)
	AbortUpload(ctx context.Context, r object.Ref, id string) error
	Copy(ctx context.Context, from object.Info, to object.Ref, replace *object.Attributes) (object.Info, error)
	ObjectTags(context.Context, object.Ref) (map[string]string, error)
}

// Engine moves objects. It is safe for concurrent use.
type Engine struct {
	Store    Store
	Server   string               // its name, to tell unfinished uploads apart
	StateDir string               // where unfinished uploads are noted; empty: they are not
	Moved    func(bytes int64)    // told of every piece that passes; less than 0 when it passes again
	IsAnswer func(error) bool     // the server said no, and would again
	Remark   func(string, ...any) // what a person may want to know
	// CopyLimit is how many bytes the server copies in one request.
	CopyLimit int64
	// Pause is how long it waits before content is sent again for the first
	// time; the next pauses double, up to five of it.
	Pause time.Duration

	slots   chan struct{} // of requests with content
	fetches chan struct{} // of those whose answer has the content: two of three slots
	large   chan struct{} // of fetches of muchToFetch and more: one of four slots
}

// muchToFetch is what a few connections fetch as fast as many, in bytes. A
// tunnel to a pod holds up to 2 MiB that arrived and was not read yet (the frame
// queue of spdystream), beside the MiB that every tunnel needs.
const muchToFetch = 1 << 20

// New makes an Engine that has at most parallel requests with content under
// way.
func New(store Store, parallel int) *Engine {
	return &Engine{
		Store: store, CopyLimit: object.CopyLimit, Pause: 200 * time.Millisecond,
		slots: make(chan struct{}, max(parallel, 1)), fetches: make(chan struct{}, max(parallel*2/3, 1)), large: make(chan struct{}, max(parallel/4, 1)),
		Moved: func(int64) {}, IsAnswer: func(error) bool { return false }, Remark: func(string, ...any) {},
	}
}

// attempts is how often an answer is asked for that breaks off.
const attempts = 3

// request makes a request with content when there is room for one, and again
// when its answer breaks off. Requests without content that get no answer at
// all are the Store's to repeat; send repeats those with content.
func (e *Engine) request(ctx context.Context, do func() error) error {
	if err := enter(ctx, e.slots); err != nil {
		return err
	}
	defer func() { <-e.slots }()
	var err error
	for range attempts {
		if err = do(); !errors.Is(err, errBrokeOff) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// fetch is request for an answer of a size.
func (e *Engine) fetch(ctx context.Context, size int64, do func() error) error {
	if size >= muchToFetch {
		if err := enter(ctx, e.large); err != nil {
			return err
		}
		defer func() { <-e.large }()
	}
	if err := enter(ctx, e.fetches); err != nil {
		return err
	}
	defer func() { <-e.fetches }()
	return e.request(ctx, do)
}

// enter takes a place when there is one.
func enter(ctx context.Context, places chan<- struct{}) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case places <- struct{}{}:
		return nil
	}
}

// errBrokeOff marks an answer that broke off.
var errBrokeOff = errors.New("the answer broke off")

// brokeOff marks what went wrong with an answer that had begun.
func brokeOff(err error) error {
	if err == nil || isLocal(err) {
		return err
	}
	return fmt.Errorf("%w: %w", errBrokeOff, err)
}

// localError is one of this machine: nothing is gained by trying again.
type localError struct{ error }

func (e localError) Unwrap() error { return e.error }

func isLocal(err error) bool {
	var l localError
	return errors.As(err, &l)
}

// local marks an error as one of this machine.
func local(err error) error {
	if err == nil || isLocal(err) {
		return err
	}
	return localError{err}
}

// IsLocal reports that this machine failed and not the server.
func IsLocal(err error) bool { return isLocal(err) }

// Each does something to every item, n at once. An item's error goes to
// failed, which says whether to go on; the error of the list ends it.
func Each[T any](ctx context.Context, n int, items iter.Seq2[T, error], do func(context.Context, T) error, failed func(T, error) bool) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan T)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range max(n, 1) {
		workers.Go(func() {
			for item := range work {
				if err := do(ctx, item); err != nil {
					mu.Lock()
					if ctx.Err() == nil && !failed(item, err) {
						stop(errEnough)
					}
					mu.Unlock()
				}
			}
		})
	}
	var listErr error
feed:
	for item, err := range items {
		if err != nil {
			listErr = err
			break
		}
		select {
		case <-ctx.Done():
			break feed
		case work <- item:
		}
	}
	close(work)
	workers.Wait()
	if listErr != nil {
		return listErr
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errEnough) {
		return cause
	}
	return nil
}

// errEnough ends Each after a failure.
var errEnough = errors.New("enough")

// All is Each for a slice, ending at the first error.
func All[T any](ctx context.Context, n int, items []T, do func(context.Context, T) error) error {
	var first error
	err := Each(ctx, n, func(yield func(T, error) bool) {
		for _, i := range items {
			if !yield(i, nil) {
				return
			}
		}
	}, do, func(_ T, err error) bool {
		if first == nil {
			first = err
		}
		return false
	})
	if first != nil {
		return first
	}
	return err
}

// counted is the content of one try of a request, and tells how much of it was
// read. It cannot be read again: the store's library would begin anew while a
// request that was answered early still reads.
type counted struct {
	moved func(int64)

	mu    sync.Mutex
	r     io.Reader
	n     int64 // bytes read
	ended bool  // the try failed
}

var errEnded = errors.New("the request has ended")

func (c *counted) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return 0, errEnded
	}
	n, err := c.r.Read(b)
	c.n += int64(n)
	c.moved(int64(n))
	return n, err
}

// takeBack ends a try that failed: nothing of it counts, and nothing more of
// it is read.
func (c *counted) takeBack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.moved(-c.n)
}

// sends is how often content is sent that gets no answer, or one of a server
// that is not well.
const sends = 10

// send makes a request that carries a piece of content, and again, a little
// later each time, while it gets no answer.
func (e *Engine) send(ctx context.Context, piece func() io.Reader, do func(io.Reader) error) error {
	return e.request(ctx, func() error {
		wait := e.Pause
		for try := 1; ; try++ {
			content := &counted{r: piece(), moved: e.Moved}
			err := do(content)
			if err == nil {
				return nil
			}
			content.takeBack()
			if try == sends || e.IsAnswer(err) || isLocal(err) {
				return err
			}
			select {
			case <-ctx.Done():
				return err
			case <-time.After(wait):
			}
			wait = min(2*wait, 5*e.Pause)
		}
	})
}
