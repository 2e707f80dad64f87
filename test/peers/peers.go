// Package peers finds the programs that "kubectl rustfs exec" is proven with
// and that results are compared with. hack/peers.sh builds them.
package peers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// defaultDir is where hack/peers.sh puts them.
const defaultDir = "/var/cache/talos-rustfs-peers"

// Dir is the folder of the programs: $PEERS, else hack/peers.sh's own.
func Dir() string {
	dir := os.Getenv("PEERS")
	if dir == "" {
		dir = defaultDir
	}
	return filepath.Join(dir, "bin")
}

// Names are the programs that hack/peers.sh knows.
func Names() []string { return []string{"aws", "mc", "minio", "rc", "rclone", "s5cmd"} }

// Path finds a program; the reason says how to get one that is not there.
func Path(name string) (path, reason string) {
	path, err := exec.LookPath(filepath.Join(Dir(), name))
	if err != nil {
		return "", fmt.Sprintf("%s is not there: build it with hack/peers.sh %s, or name its folder with PEERS", name, name)
	}
	return path, ""
}

// Find is Path for a test, which is skipped, and says so, where there is none.
func Find(t testing.TB, name string) string {
	t.Helper()
	path, reason := Path(name)
	if path == "" {
		t.Skip("SKIPPED: " + reason)
	}
	return path
}
