//go:build sandbox

// Package e2e tries the programs on the sandbox: a real Talos, Kubernetes,
// etcd and RustFS (or its stand-in: SANDBOX_RUSTFS=fake). Everything is typed
// as a person types it, through a real kubectl.
package e2e

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// box is one sandbox.
type box struct {
	name, tier string
	args       []string

	once sync.Once
	err  error
	dir  string
}

// The two sandboxes that the tests share; each is raised by the first test
// that needs it.
var (
	cluster = &box{name: prefix() + "-cluster", tier: "cluster"}                          //nolint:gochecknoglobals // shared by all tests
	node    = &box{name: prefix() + "-node", tier: "node", args: []string{"--bootstrap"}} //nolint:gochecknoglobals // shared by all tests
)

// prefix of the sandboxes' names: E2E_NAME lets two runs stand side by side.
func prefix() string { return cmp.Or(os.Getenv("E2E_NAME"), "e2e") }

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "measure" {
		os.Exit(measure(os.Args[2:]))
	}
	fmt.Printf("RustFS in the sandbox: %s\n", rustfsKind())
	code := m.Run()
	if os.Getenv("KEEP") == "" {
		for _, b := range []*box{cluster, node} {
			if b.dir != "" {
				exec.Command(sandboxProgram(), "down", "--name", b.name).Run() //nolint:errcheck // the tests are over
			}
		}
	}
	fmt.Printf("RustFS in the sandbox: %s\n", rustfsKind())
	os.Exit(code)
}

func rustfsKind() string {
	if k := os.Getenv("SANDBOX_RUSTFS"); k != "" {
		return k
	}
	return "auto"
}

func sandboxProgram() string {
	p, err := filepath.Abs("../../bin/sandbox")
	if err != nil {
		panic(err)
	}
	return p
}

// up raises the sandbox and returns it; a test that cannot have it fails.
func (b *box) up(t testing.TB) *box {
	t.Helper()
	b.once.Do(func() {
		// what a killed run left behind is not what this one asks for
		if out, err := exec.Command(sandboxProgram(), "down", "--name", b.name).CombinedOutput(); err != nil {
			b.err = fmt.Errorf("sandbox down: %w\n%s", err, out)
			return
		}
		args := append([]string{"up", "--name", b.name, "--tier", b.tier, "--rustfs", rustfsKind()}, b.args...)
		if out, err := exec.Command(sandboxProgram(), args...).CombinedOutput(); err != nil {
			b.err = fmt.Errorf("sandbox up: %w\n%s", err, out)
			return
		}
		out, err := exec.Command(sandboxProgram(), "exec", "--name", b.name, "--", "sh", "-c", "echo $SANDBOX_DIR").Output()
		b.dir, b.err = strings.TrimSpace(string(out)), err
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b
}

// file is a file that the sandbox left for its clients.
func (b *box) file(name string) string { return filepath.Join(b.dir, name) }

// sandbox runs a command of the sandbox program itself.
func (b *box) sandbox(t *testing.T, args ...string) {
	t.Helper()
	args = append(args[:len(args):len(args)], "--name", b.name)
	if out, err := exec.Command(sandboxProgram(), args...).CombinedOutput(); err != nil {
		t.Fatalf("sandbox %v: %v\n%s", args, err, out)
	}
}

// result is how a command ended.
type result struct {
	line           string
	code           int
	stdout, stderr string
}

// command prepares a command line for the sandbox's network; env is added to
// the environment.
func (b *box) command(ctx context.Context, line string, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, sandboxProgram(), "exec", "--name", b.name, "--", "sh", "-c", "exec "+line)
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

// try runs a command line to its end, which five minutes are enough for.
func (b *box) try(t testing.TB, line string, env ...string) result {
	t.Helper()
	return b.tryFor(t, 5*time.Minute, line, env...)
}

// tryFor runs a command line to its end, or ends it after limit.
func (b *box) tryFor(t testing.TB, limit time.Duration, line string, env ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := b.command(ctx, line, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	r := result{line: line, stdout: stdout.String(), stderr: stderr.String()}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		r.code = exit.ExitCode()
	case err != nil:
		t.Fatalf("%s: %v", line, err)
	}
	return r
}

// must runs a command line that has to succeed.
func (b *box) must(t testing.TB, line string, env ...string) result {
	t.Helper()
	return b.try(t, line, env...).exits(t, 0)
}

func (r result) exits(t testing.TB, code int) result {
	t.Helper()
	if r.code != code {
		t.Fatalf("%s: exit code %d, want %d\n%s%s", r.line, r.code, code, r.stdout, r.stderr)
	}
	return r
}

// says requires words on stdout or stderr.
func (r result) says(t testing.TB, words ...string) result {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(r.stdout+r.stderr, w) {
			t.Errorf("%s: says nothing about %q\n%s%s", r.line, w, r.stdout, r.stderr)
		}
	}
	return r
}

// never requires that words are not said.
func (r result) never(t testing.TB, words ...string) result {
	t.Helper()
	for _, w := range words {
		if strings.Contains(r.stdout+r.stderr, w) {
			t.Errorf("%s: says %q", r.line, w)
		}
	}
	return r
}

// eventually asks until the answer is the wanted one; the deadline is generous
// because it only bounds a failure.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// measure runs a command and says on stderr how much memory it held at most.
// It is a process of its own, because a child's figure begins with that of the
// process that made it, and the tests hold much.
func measure(args []string) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go func() {
		for s := range interrupts {
			cmd.Process.Signal(s) //nolint:errcheck // it may be over
		}
	}()
	cmd.Wait() //nolint:errcheck // its exit code says it
	u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if ok {
		fmt.Fprintf(os.Stderr, "%s%d\n", rssMark, u.Maxrss)
	}
	return cmd.ProcessState.ExitCode()
}

const rssMark = "measured RSS KiB: "

// measured makes a command line tell its memory; rss reads it.
func measured(t testing.TB, line string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self + " measure " + line
}

// rss is the most memory that a measured command held, in bytes.
func (r result) rss(t testing.TB) int64 {
	t.Helper()
	_, text, ok := strings.Cut(r.stderr, rssMark)
	if !ok {
		t.Fatalf("no measurement in: %s", r.stderr)
	}
	n, err := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// storeEnv is the address and root key of the store for commands that do
// without Kubernetes.
func (b *box) storeEnv(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(b.file("store.env"))
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for _, l := range strings.Split(string(text), "\n") {
		l = strings.TrimPrefix(strings.TrimSpace(l), "export ")
		if k, v, ok := strings.Cut(l, "="); ok {
			env = append(env, k+"="+strings.Trim(v, `"'`))
		}
	}
	return env
}

// background is a command that goes on while the test looks at it.
type background struct {
	t      testing.TB
	cmd    *exec.Cmd
	stdout *os.File // what it writes; unread, it fills up and the command waits
	stderr *lockedBuffer
	done   chan error
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (b *box) start(t testing.TB, line string, env ...string) *background {
	t.Helper()
	g := &background{t: t, cmd: b.command(t.Context(), line, env...), stderr: &lockedBuffer{}, done: make(chan error, 1)}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	g.stdout, g.cmd.Stdout, g.cmd.Stderr = r, w, g.stderr
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { r.Close() })
	go func() { g.done <- g.cmd.Wait() }()
	return g
}

// await waits until the command has said something on stderr.
func (g *background) await(words string) *background {
	g.t.Helper()
	eventually(g.t, "stderr says "+words+", it says: "+g.stderr.String(), func() bool { return strings.Contains(g.stderr.String(), words) })
	return g
}

// interrupt presses ctrl-C and requires exit code 130.
func (g *background) interrupt() *background {
	g.t.Helper()
	if err := g.cmd.Process.Signal(os.Interrupt); err != nil {
		g.t.Fatal(err)
	}
	select {
	case err := <-g.done:
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 130 {
			g.t.Errorf("ended with %v, want exit code 130\n%s", err, g.stderr.String())
		}
	case <-time.After(time.Minute):
		g.t.Fatalf("it does not end after ctrl-C\n%s", g.stderr.String())
	}
	return g
}

// down is a command of a clean-up: the test's own context is over by then.
func (b *box) down(t testing.TB, line string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	defer cancel()
	if out, err := b.command(ctx, line).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
}
