// Package test holds what is proven of the programs as their users see them,
// and of the shape of the repository.
package test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/plugins/etcdbackup"
	"github.com/talos-rustfs/kubectl-plugins/plugins/rustfs"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kubectl-rustfs":          func() { os.Exit(cli.Main(rustfs.Program())) },
		"kubectl_complete-rustfs": func() { os.Exit(cli.Main(rustfs.Program())) },
		"kubectl-etcdbackup":      func() { os.Exit(cli.Main(etcdbackup.Program())) },
		"talosctl-etcdbackup":     func() { os.Exit(cli.Main(etcdbackup.Companion())) },
	})
}

// TestScripts runs every script below script/, each against a cluster of its
// own with a RustFS in it. Folders are found, not listed.
func TestScripts(t *testing.T) {
	folders, err := filepath.Glob("script/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no scripts found: %v", err)
	}
	for _, dir := range folders {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, testscript.Params{
				Dir:                 dir,
				Setup:               setupWorld,
				Cmds:                worldCommands(),
				RequireExplicitExec: true,
				RequireUniqueNames:  true,
				UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
			})
		})
	}
}
