package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// signals listens for SIGINT and SIGTERM, for the whole run of a program.
type signals struct {
	got    chan os.Signal
	cancel context.CancelFunc

	mu   sync.Mutex
	lent chan os.Signal // who gets them while they are handed over
	seen bool           // one came that was meant for this program
}

type signalsKey struct{}

// signalContext is cancelled by the first SIGINT or SIGTERM; a second one ends
// the program at once.
func signalContext() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &signals{got: make(chan os.Signal, 2), cancel: cancel}
	signal.Notify(s.got, os.Interrupt, syscall.SIGTERM)
	go s.listen()
	return context.WithValue(ctx, signalsKey{}, s), func() { signal.Stop(s.got); cancel() }
}

func (s *signals) listen() {
	for sig := range s.got {
		s.mu.Lock()
		lent, again := s.lent, s.seen
		s.seen = s.seen || lent == nil
		s.mu.Unlock()
		switch {
		case lent != nil:
			select {
			case lent <- sig:
			default: // nobody can press faster than a program ends
			}
		case again:
			os.Exit(ExitInterrupted)
		default:
			s.cancel()
		}
	}
}

// HandOver gives the signals of this run to a program that is run in the
// foreground: until back is called they come out of the channel, and ctx
// outlives them. Where ctx is not of Main, no signals come.
func HandOver(ctx context.Context) (got <-chan os.Signal, back func()) {
	s, ok := ctx.Value(signalsKey{}).(*signals)
	if !ok {
		return nil, func() {}
	}
	lent := make(chan os.Signal, 8)
	lend := func(to chan os.Signal) {
		s.mu.Lock()
		s.lent = to
		s.mu.Unlock()
	}
	lend(lent)
	return lent, func() { lend(nil) }
}
