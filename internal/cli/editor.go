package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrNotEdited is returned by Edit when the text is as it was.
var ErrNotEdited = errors.New(notEdited)

const notEdited = "edit cancelled, nothing changed"

// Edit lets the person change a text in $KUBE_EDITOR, $EDITOR or vi, as
// kubectl edit does. check refuses a text; the person sees why above the text
// and may go on. A refused text that is left as it is ends with the reason, and
// stays in a file that the hint names. name gives the file its
// ending: "policy.json". Lines beginning with "#" at the top are the
// program's own and are cut off.
func (u *UI) Edit(ctx context.Context, name, text string, check func(string) error) (string, error) {
	dir, err := os.MkdirTemp("", "kubectl-edit-")
	if err != nil {
		return "", err
	}
	keep := false
	defer func() {
		if !keep {
			os.RemoveAll(dir) //nolint:errcheck // what is left lies in the directory for temporary files
		}
	}()
	file := filepath.Join(dir, name)
	before, head := text, "# Change what is below and save; leave it as it is to cancel.\n"
	var refused error
	for {
		if err := os.WriteFile(file, []byte(head+before), 0o600); err != nil {
			return "", err
		}
		if err := u.runEditor(ctx, file); err != nil {
			return "", err
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		after := withoutHead(string(b))
		switch {
		case strings.TrimSpace(after) == "" || after == before && refused == nil:
			return "", ErrNotEdited
		case after == before:
			keep = os.WriteFile(file, []byte(after), 0o600) == nil
			return "", Hintf(fmt.Errorf(notEdited+": %w", refused), "what you wrote is in %s", file)
		}
		if refused = check(after); refused == nil {
			return after, nil
		}
		before = after
		head = "# This cannot be taken:\n# " + strings.ReplaceAll(refused.Error(), "\n", "\n# ") + "\n# Mend it and save, or leave it as it is to cancel.\n"
	}
}

func withoutHead(text string) string {
	for strings.HasPrefix(text, "#") {
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}

// runEditor runs the person's editor; the variable may hold arguments.
func (u *UI) runEditor(ctx context.Context, file string) error {
	editor := "vi"
	if runtime.GOOS == "windows" {
		editor = "notepad"
	}
	for _, v := range []string{"EDITOR", "KUBE_EDITOR"} {
		if e := os.Getenv(v); e != "" {
			editor = e
		}
	}
	words := strings.Fields(editor)
	cmd := exec.CommandContext(ctx, words[0], append(words[1:], file)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = u.In, u.Out, u.ErrOut
	if err := cmd.Run(); err != nil {
		return Hintf(fmt.Errorf("editor %s: %w", editor, err), "name another one in the variable EDITOR")
	}
	return nil
}
