package release

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
)

// versionVariable is the program's variable that the linker sets.
const versionVariable = "github.com/talos-rustfs/kubectl-plugins/internal/cli.version"

// build compiles a program of the module in root to the file out, an absolute
// path. Neither the machine's paths nor the state of the work tree get into it.
func build(ctx context.Context, root, version, program string, p Platform, out string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X "+versionVariable+"="+version, "-o", out, "./cmd/"+program)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.OS, "GOARCH="+p.Arch, "GOAMD64=v1", "GOARM64=v8.0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s for %s: %w\n%s", program, p, err, bytes.TrimSpace(said))
	}
	return nil
}
