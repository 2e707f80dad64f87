package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
)

// Progress is one line on stderr that says how far a transfer is. It is silent
// unless stderr is a terminal.
type Progress struct {
	u     *UI
	label string
	mu    sync.Mutex
	total int64 // bytes; 0 when unknown
	sent  int64
	start time.Time
	once  sync.Once
	stop  chan struct{}
	done  sync.WaitGroup
}

// Progress starts a progress line; total is in bytes, 0 when unknown. Call
// Stop when the transfer ends, also when it fails.
func (u *UI) Progress(label string, total int64) *Progress {
	p := &Progress{u: u, label: label, total: total, start: time.Now(), stop: make(chan struct{})}
	if u.quiet || !u.stderrIsTerminal() {
		return p
	}
	p.done.Add(1)
	go p.draw()
	return p
}

// Set says how many bytes have passed.
func (p *Progress) Set(sent int64) {
	p.mu.Lock()
	p.sent = sent
	p.mu.Unlock()
}

// Add says that more bytes have passed, or fewer: some pass again.
func (p *Progress) Add(n int64) {
	p.mu.Lock()
	p.sent += n
	p.mu.Unlock()
}

// Expect says that more bytes are going to pass.
func (p *Progress) Expect(n int64) {
	p.mu.Lock()
	p.total += n
	p.mu.Unlock()
}

// Write counts bytes, so that a Progress can sit in an io.TeeReader.
func (p *Progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	p.sent += int64(len(b))
	p.mu.Unlock()
	return len(b), nil
}

// Stop ends the line and removes it from the terminal.
func (p *Progress) Stop() {
	p.once.Do(func() { close(p.stop) })
	p.done.Wait()
}

func (p *Progress) draw() {
	defer p.done.Done()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			fmt.Fprint(p.u.ErrOut, "\r\x1b[K") //nolint:errcheck // decoration
			return
		case now := <-tick.C:
			fmt.Fprint(p.u.ErrOut, "\r\x1b[K"+p.line(now)) //nolint:errcheck // decoration
		}
	}
}

func (p *Progress) line(now time.Time) string {
	p.mu.Lock()
	sent, total := p.sent, p.total
	p.mu.Unlock()
	elapsed := now.Sub(p.start)
	rate := float64(sent) / max(elapsed.Seconds(), 0.001)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", p.label, humanize.IBytes(uint64(max(sent, 0))))
	if total > 0 {
		fmt.Fprintf(&b, " of %s (%d %%)", humanize.IBytes(uint64(total)), sent*100/total)
	}
	fmt.Fprintf(&b, ", %s/s", humanize.IBytes(uint64(rate)))
	if total > sent && rate > 1 {
		fmt.Fprintf(&b, ", %s left", (time.Duration(float64(total-sent)/rate) * time.Second).Round(time.Second))
	}
	return b.String()
}
