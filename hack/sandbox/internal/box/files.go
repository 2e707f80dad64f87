package box

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// WriteFile writes a file as a whole or not at all.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}

	defer os.Remove(tmp.Name()) //nolint:errcheck // gone after the rename

	if _, err = tmp.Write(data); err == nil {
		err = tmp.Chmod(mode)
	}

	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}

	return os.Rename(tmp.Name(), path)
}

// Secret writes a file that only its owner reads.
func Secret(path string, data []byte) error { return WriteFile(path, data, 0o600) }

// WriteEnv writes lines NAME=VALUE that a shell can source.
func WriteEnv(path string, pairs ...string) error {
	var b strings.Builder

	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&b, "%s=%s\n", pairs[i], Quote(pairs[i+1]))
	}

	return Secret(path, []byte(b.String()))
}

// ReadEnv reads what WriteEnv wrote.
func ReadEnv(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}

	env := map[string]string{}

	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			env[name] = unquote(value)
		}
	}

	return env, nil
}

// Quote makes a word that a POSIX shell reads back unchanged.
func Quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=,@+", r)
	}

	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}

	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func unquote(s string) string {
	if len(s) < 2 || s[0] != '\'' {
		return s
	}

	return strings.ReplaceAll(s[1:len(s)-1], `'\''`, "'")
}

// Info describes a sandbox to people and programs.
type Info struct {
	Name   string `json:"name"`
	Tier   Tier   `json:"tier"`
	Nodes  []Node `json:"nodes"`
	Stub   bool   `json:"stubKubelet"`
	RustFS Store  `json:"rustfs"`
	// Schedule is the backup CronJob's; empty means that it is suspended.
	Schedule string `json:"schedule,omitempty"`
	// Bootstrapped says whether etcd was started by the sandbox.
	Bootstrapped bool `json:"bootstrapped"`
	// Versions of what runs inside.
	Versions map[string]string `json:"versions"`
	// Programs is the directory with kubectl and talosctl.
	Programs string `json:"programs"`
	// Repository is the work tree that the sandbox was started from.
	Repository string `json:"repository"`
	// Timings are the seconds that the steps of the last start took.
	Timings []Timing `json:"timings,omitempty"`
}

// Store says which program is the store.
type Store struct {
	// Kind is real or fake.
	Kind    string `json:"kind"`
	Version string `json:"version"`
	Image   string `json:"image"`
	Program string `json:"program"`
}

// Timing is how long one step took.
type Timing struct {
	Step    string  `json:"step"`
	Seconds float64 `json:"seconds"`
}

// ReadInfo reads the description of an existing sandbox.
func (b Box) ReadInfo() (Info, error) {
	data, err := os.ReadFile(b.InfoFile())
	if errors.Is(err, fs.ErrNotExist) {
		return Info{}, fmt.Errorf("sandbox %q does not exist\nhint: sandbox up --name %s", b.Name, b.Name)
	}

	if err != nil {
		return Info{}, err
	}

	var info Info
	if err = json.Unmarshal(data, &info); err != nil {
		return Info{}, fmt.Errorf("read %s: %w", b.InfoFile(), err)
	}

	return info, nil
}

// WriteInfo replaces the description.
func (b Box) WriteInfo(info Info) error {
	data, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return err
	}

	return WriteFile(b.InfoFile(), append(data, '\n'), 0o644)
}

// Lock lets one command at a time change the sandbox; the lock ends with the process.
func (b Box) Lock() (release func(), err error) {
	return LockFile(b.LockFile(), func() {
		fmt.Fprintf(os.Stderr, "waiting for another command that changes sandbox %q\n", b.Name)
	})
}

// LockFile takes an exclusive lock on a file and calls waiting once if somebody else holds it.
func LockFile(path string, waiting func()) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}

	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		waiting()

		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
	}

	return func() { f.Close() }, nil //nolint:errcheck // the lock ends either way
}
