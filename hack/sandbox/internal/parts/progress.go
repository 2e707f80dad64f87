package parts

import (
	"fmt"
	"io"
	"time"
)

// Progress tells somebody who waits what is being done.
type Progress struct {
	Out io.Writer
	// Live says that Out is a terminal, where a line can be written over.
	Live bool
}

// Start announces a step and returns what ends it.
func (p *Progress) Start(what string, last time.Duration) (done func(error)) {
	if last > 0 {
		what += fmt.Sprintf(" (last time %s)", last.Round(time.Second))
	}

	start := time.Now()
	every := 30 * time.Second

	if p.Live {
		every = time.Second
	}

	p.show(what, "…", start)

	stop, stopped := make(chan struct{}), make(chan struct{})

	go func() {
		defer close(stopped)

		tick := time.NewTicker(every)
		defer tick.Stop()

		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				p.show(what, "…", start)
			}
		}
	}()

	return func(err error) {
		close(stop)
		<-stopped

		end := "done"
		if err != nil {
			end = "failed"
		}

		p.show(what, end, start)

		if p.Live {
			fmt.Fprintln(p.Out)
		}
	}
}

func (p *Progress) show(what, state string, start time.Time) {
	line := fmt.Sprintf("%s %s %s", what, state, time.Since(start).Round(100*time.Millisecond))

	if p.Live {
		fmt.Fprintf(p.Out, "\r\033[K%s", line)
	} else {
		fmt.Fprintln(p.Out, line)
	}
}

// Say prints a line between steps.
func (p *Progress) Say(format string, args ...any) {
	fmt.Fprintf(p.Out, format+"\n", args...)
}
