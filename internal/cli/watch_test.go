package cli

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	u := NewTestUI(streams)
	ctx, cancel := context.WithCancel(t.Context())
	rounds := 0
	err := u.Watch(ctx, time.Nanosecond, func(_ context.Context, w WatchRound) error {
		rounds++
		if rounds == 3 {
			cancel()
		}
		if w.Repaints() {
			t.Error("a buffer is no terminal")
		}
		return w.Line("round %d\x1b[2J", rounds)
	})
	if !errors.Is(err, context.Canceled) || rounds != 3 {
		t.Errorf("%v after %d rounds", err, rounds)
	}
	if text := out.String(); strings.Count(text, "\n") != 3 || strings.Contains(text, "\x1b") {
		t.Errorf("%q", text)
	}
	stop := errors.New("stop")
	if err := u.Watch(t.Context(), time.Hour, func(context.Context, WatchRound) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func TestRepaint(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := repaint(&b, []byte("a\nb\n")); err != nil || b.String() != "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J" {
		t.Errorf("%q, %v", b.String(), err)
	}
}
