// Package test holds what is proven of the programs as their users see them,
// and of the shape of the repository.
package test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/plugins/etcdbackup"
	"github.com/talos-rustfs/kubectl-plugins/plugins/rustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/realrustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/peers"
	"github.com/talos-rustfs/kubectl-plugins/test/thorough"
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
			testscript.Run(t, scripts(dir, setupWorld))
		})
	}
}

// TestPeersReal runs the scripts of other programs against the real RustFS.
func TestPeersReal(t *testing.T) {
	t.Parallel()
	server := realrustfs.Start(t, "RUSTFS_ACCESS_KEY="+worldKeyName, "RUSTFS_SECRET_KEY="+worldSecret)
	testscript.Run(t, scripts("script/peers", func(env *testscript.Env) error { return (&world{}).around(env, server) }))
}

func scripts(dir string, setup func(*testscript.Env) error) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		Setup:               setup,
		Cmds:                worldCommands(),
		Condition:           condition,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
	}
}

// condition knows [peer:NAME]: the program was built by hack/peers.sh.
func condition(c string) (bool, error) {
	name, ok := strings.CutPrefix(c, "peer:")
	if !ok || !slices.Contains(peers.Names(), name) {
		return false, fmt.Errorf("unknown condition %q", c)
	}
	if !thorough.Wanted() {
		return false, nil
	}
	_, reason := peers.Path(name)
	return reason == "", nil
}
