package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"
)

// testUI is a UI whose terminal, if there is one, is tty.
func testUI(tty io.ReadWriteCloser) (u *UI, out, errOut *bytes.Buffer) {
	streams, _, out, errOut := genericiooptions.NewTestIOStreams()
	u = NewTestUI(streams)
	if tty != nil {
		u.openTTY = func() (io.ReadWriteCloser, error) { return tty, nil }
	}
	return u, out, errOut
}

// terminal is what a person types, and what the program writes.
type terminal struct {
	io.Reader
	bytes.Buffer
}

func (t *terminal) Read(b []byte) (int, error) { return t.Reader.Read(b) }
func (*terminal) Close() error                 { return nil }

func TestConfirm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, err string }{
		{"photos\n", ""},
		{"photos\r\n", ""},
		{"photos", ""}, // ^D behind the word
		{"Photos\n", `"Photos" was typed`},
		{" photos\n", `" photos" was typed`},
		{"\n", `"" was typed`},
		{"", "the input ended"},
	} {
		tty := &terminal{Reader: strings.NewReader(c.typed)}
		u, out, errOut := testUI(tty)
		err := u.Confirm(t.Context(), "bucket \x1b[2J is lost", "photos")
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%q: %v, want %q", c.typed, err, c.err)
		}
		if asked := tty.String(); strings.Contains(asked, "\x1b") || !strings.Contains(asked, "type photos to go on: ") {
			t.Errorf("asked %q", asked)
		}
		if out.Len()+errOut.Len() != 0 {
			t.Errorf("%q: the question went to %q and %q", c.typed, out, errOut)
		}
	}
}

func TestConfirmWithoutTerminal(t *testing.T) {
	t.Parallel()
	u, _, _ := testUI(nil)
	var usage *UsageError
	err := u.Confirm(t.Context(), "all is lost", "yes")
	if !errors.As(err, &usage) || !strings.Contains(usage.Hint(), "--yes") || !strings.HasPrefix(err.Error(), "all is lost: ") {
		t.Errorf("got %v", err)
	}
	u.yes = true
	if err := u.Confirm(t.Context(), "all is lost", "yes"); err != nil {
		t.Errorf("with --yes: %v", err)
	}
	u.yes, u.dryRun = false, DryRunClient
	if err := u.Confirm(t.Context(), "all is lost", "yes"); err != nil {
		t.Errorf("rehearsing: %v", err)
	}
}

func TestConfirmInterrupted(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe() // nobody types
	defer w.Close()
	tty := &terminal{Reader: r}
	u, _, _ := testUI(tty)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := u.Confirm(ctx, "all is lost", "yes"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestPassphrase(t *testing.T) {
	t.Parallel()
	u, _, _ := testUI(&terminal{Reader: strings.NewReader("of several words\n")})
	if got, err := u.Passphrase(t.Context(), "passphrase"); err != nil || got != "of several words" {
		t.Errorf("%q, %v", got, err)
	}
	u, _, _ = testUI(nil)
	if _, err := u.Passphrase(t.Context(), "passphrase"); err == nil || !strings.Contains(err.Error(), "no terminal") {
		t.Errorf("without a terminal: %v", err)
	}
}

func TestProgressLine(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	start := time.Unix(1_000_000, 0)
	for _, c := range []struct {
		total, sent int64
		after       time.Duration
		want        string
	}{
		{0, 0, 0, "sent 0 B, 0 B/s"},
		{0, 4 * mib, 2 * time.Second, "sent 4.0 MiB, 2.0 MiB/s"},
		{8 * mib, 0, time.Second, "sent 0 B of 8.0 MiB (0 %), 0 B/s"},
		{8 * mib, 2 * mib, 2 * time.Second, "sent 2.0 MiB of 8.0 MiB (25 %), 1.0 MiB/s, 6s left"},
		{8 * mib, 8 * mib, 2 * time.Second, "sent 8.0 MiB of 8.0 MiB (100 %), 4.0 MiB/s"},
		{8 * mib, 9 * mib, time.Second, "sent 9.0 MiB of 8.0 MiB (112 %), 9.0 MiB/s"},
		{0, -1, time.Second, "sent 0 B"},
		{1 << 40, 1 << 30, time.Second, "sent 1.0 GiB of 1.0 TiB (0 %), 1.0 GiB/s, 17m3s left"},
	} {
		p := &Progress{label: "sent", total: c.total, sent: c.sent, start: start}
		if got := p.line(start.Add(c.after)); c.sent < 0 && !strings.HasPrefix(got, c.want) || c.sent >= 0 && got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestProgressIsSilentWithoutTerminal(t *testing.T) {
	t.Parallel()
	u, out, errOut := testUI(nil)
	p := u.Progress("sent", 10)
	if n, err := io.Copy(p, strings.NewReader("12345")); n != 5 || err != nil || p.sent != 5 {
		t.Errorf("%d counted, %d, %v", p.sent, n, err)
	}
	p.Set(7)
	p.Stop()
	p.Stop() // a second end is none
	if p.sent != 7 || out.Len()+errOut.Len() != 0 {
		t.Errorf("%d; printed %q %q", p.sent, out, errOut)
	}
}

// klog's level is the process': no t.Parallel here.
func TestVerbosityIsCapped(t *testing.T) {
	cmd := &cobra.Command{Use: "x"}
	addVerbosity(cmd.Flags())
	t.Cleanup(func() {
		if err := cmd.Flags().Set("v", "0"); err != nil {
			t.Error(err)
		}
	})
	for _, level := range []string{"6", "7", "8", "99999"} {
		if err := cmd.Flags().Set("v", level); err != nil {
			t.Fatal(err)
		}
		if !klog.V(6).Enabled() || klog.V(maxVerbosity+1).Enabled() {
			t.Errorf("-v %s: level 6 %v, level %d %v", level, klog.V(6).Enabled(), maxVerbosity+1, klog.V(maxVerbosity+1).Enabled())
		}
	}
	for _, bad := range []string{"", "x", "-1", "3abc"} {
		if err := cmd.Flags().Set("v", bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestDryRunFlag(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		server bool
		args   []string
		want   DryRun
		err    string
		suffix string
	}{
		{false, nil, DryRunNone, "", ""},
		{false, []string{"--dry-run"}, DryRunClient, "", " (dry run)"},
		{false, []string{"--dry-run=none"}, DryRunNone, "", ""},
		{false, []string{"--dry-run=client"}, DryRunClient, "", " (dry run)"},
		{false, []string{"--dry-run=server"}, DryRunNone, "RustFS cannot rehearse", ""},
		{true, []string{"--dry-run=server"}, DryRunServer, "", " (server dry run)"},
		{true, []string{"--dry-run=true"}, DryRunNone, "must be none, client or server", ""},
	} {
		u, _, _ := testUI(nil)
		cmd := &cobra.Command{Use: "x", RunE: func(*cobra.Command, []string) error { return nil }, SilenceErrors: true, SilenceUsage: true}
		u.AddDryRunFlag(cmd, c.server)
		cmd.SetArgs(c.args)
		err := cmd.Execute()
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%v: %v, want %q", c.args, err, c.err)
		}
		if got := u.Rehearsing(); got != c.want || got.suffix() != c.suffix {
			t.Errorf("%v: %q with %q", c.args, got, got.suffix())
		}
	}
}
