package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

func execute(t *testing.T, args ...string) (string, error) {
	t.Helper()

	var out bytes.Buffer

	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)

	err := root.Execute()

	return out.String(), err
}

func TestWrongUsage(t *testing.T) {
	t.Setenv("SANDBOX_STATE", t.TempDir())

	for _, line := range []string{"frob", "store frob", "node frob", "list x", "up x", "exec", "status --frob", "status -o yaml", "status --name UPPER"} {
		_, err := execute(t, strings.Fields(line)...)

		var usage usageError
		if !errors.As(err, &usage) {
			t.Errorf("%s: %v is no wrong usage", line, err)
		}
	}
}

func TestMissingSandbox(t *testing.T) {
	t.Setenv("SANDBOX_STATE", t.TempDir())

	_, err := execute(t, "status", "--name", "none")

	var usage usageError
	if err == nil || errors.As(err, &usage) || !strings.Contains(err.Error(), "hint:") {
		t.Errorf("%v", err)
	}
}

func TestEveryCommandIsExplained(t *testing.T) {
	var walk func(cmd *cobra.Command)

	walk = func(cmd *cobra.Command) {
		if !cmd.Hidden && (cmd.Short == "" || cmd.Long == "" || cmd.Example == "") {
			t.Errorf("%s lacks a short text, a long text or an example", cmd.CommandPath())
		}

		for _, c := range cmd.Commands() {
			if c.Name() != "help" && c.Name() != "completion" {
				walk(c)
			}
		}
	}

	walk(newRoot())
}

func TestEnvironment(t *testing.T) {
	b := box.Box{Name: "demo", Dir: "/state/demo"}
	info := box.Info{Repository: "/repo", Programs: "/state/demo/bin", RustFS: box.Store{Kind: "fake"}}

	got := environment(b, info, "/usr/bin:/repo/bin")
	for _, want := range []string{
		"KUBECONFIG=/state/demo/kubeconfig", "TALOSCONFIG=/state/demo/talosconfig", "SANDBOX_NAME=demo", "SANDBOX_DIR=/state/demo", "SANDBOX_RUSTFS=fake",
		"PATH=/repo/bin:/state/demo/bin:/usr/bin",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not in %q", want, got)
		}
	}
}
