package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/printers"
)

// Confirm asks before something that cannot be undone: the person must type
// want (a name, or "yes"). question says what is going to happen, in lower
// case and without a full stop. --yes answers beforehand, a dry run needs no answer,
// and without a terminal it is an error, never a guess.
func (u *UI) Confirm(ctx context.Context, question, want string) error {
	if u.yes || u.Rehearsing() != DryRunNone {
		return nil
	}
	in, out, done, err := u.terminal()
	if err != nil {
		return &UsageError{
			Err:      fmt.Errorf("%s: this must be confirmed, and there is no terminal to ask on", question),
			HintText: "add --yes if you are sure",
		}
	}
	defer done()
	if _, err := fmt.Fprintf(out, "%s\ntype %s to go on: ", EscapeLines(question), want); err != nil {
		return err
	}
	line, err := readLine(ctx, in)
	if err != nil {
		fmt.Fprintln(out) //nolint:errcheck // the answer is what counts
		return err
	}
	if line != want {
		return fmt.Errorf("not confirmed: %q was typed, not %q; nothing was changed", line, want)
	}
	return nil
}

// Sure reports that nothing is going to be asked, because --yes has answered:
// what only serves the question can be left out.
func (u *UI) Sure() bool { return u.yes && u.Rehearsing() == DryRunNone }

// Passphrase asks for a secret on the terminal, without showing it.
func (u *UI) Passphrase(ctx context.Context, prompt string) (string, error) {
	tty, err := u.openTTY()
	if err != nil {
		return "", errors.New("a passphrase is needed, and there is no terminal to ask on")
	}
	f, ok := tty.(*os.File)
	if !ok {
		defer tty.Close() //nolint:errcheck // read side
		return readLine(ctx, tty)
	}
	defer f.Close()                          //nolint:errcheck // read side
	fmt.Fprintf(f, "%s: ", prompt)           //nolint:errcheck // the terminal shows it or not
	state, err := term.GetState(int(f.Fd())) // to give the echo back when interrupted
	if err != nil {
		return "", err
	}
	type answer struct {
		b   []byte
		err error
	}
	got := make(chan answer, 1)
	go func() {
		b, err := term.ReadPassword(int(f.Fd()))
		got <- answer{b, err}
	}()
	select {
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(int(f.Fd()), state))
	case a := <-got:
		fmt.Fprintln(f) //nolint:errcheck // the terminal shows it or not
		return string(a.b), a.err
	}
}

// terminal finds where to ask: stdin when it is a terminal, else the
// controlling terminal, so that data may come through stdin.
func (u *UI) terminal() (io.Reader, io.Writer, func(), error) {
	if printers.IsTerminal(u.In) {
		return u.In, u.ErrOut, func() {}, nil
	}
	tty, err := u.openTTY()
	if err != nil {
		return nil, nil, nil, err
	}
	return tty, tty, func() { tty.Close() }, nil //nolint:errcheck // read side
}

func openTTY() (io.ReadWriteCloser, error) {
	if runtime.GOOS == "windows" {
		return os.OpenFile("CONIN$", os.O_RDWR, 0)
	}
	return os.OpenFile("/dev/tty", os.O_RDWR, 0)
}

// readLine reads one line and gives up when ctx ends: a read from a terminal
// cannot be cancelled, so it is left behind.
func readLine(ctx context.Context, r io.Reader) (string, error) {
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(r).ReadString('\n')
		if errors.Is(err, io.EOF) && line != "" {
			err = nil
		}
		got <- answer{strings.TrimRight(line, "\r\n"), err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case a := <-got:
		if errors.Is(a.err, io.EOF) {
			return "", errors.New("not confirmed: the input ended; nothing was changed")
		}
		return a.line, a.err
	}
}
