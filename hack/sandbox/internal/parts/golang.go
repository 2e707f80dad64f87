package parts

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// toolchain goes into every key: another compiler makes other programs.
func toolchain() string { return runtime.Version() + " " + runtime.GOARCH }

// goBuild is one call of go build.
type goBuild struct {
	// module is the directory of the go.mod, below the repository's root.
	module   string
	packages []string
	tags     string
	ldflags  string
	cgo      bool
}

// words are what of the call changes its result.
func (g goBuild) words() []string {
	return append([]string{g.module, g.tags, g.ldflags, fmt.Sprint(g.cgo)}, g.packages...)
}

// run writes the programs to out: a file, or a directory if it ends with a slash.
func (g goBuild) run(ctx context.Context, repository, out string) error {
	args := []string{"build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-tags", g.tags, "-ldflags", g.ldflags, "-o", out}
	cmd := exec.CommandContext(ctx, "go", append(args, g.packages...)...)
	cmd.Dir = repository + "/" + g.module
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")

	if g.cgo {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=1")
	}

	return quietly(cmd)
}

// moduleDir is where the go command keeps the files of a module that module requires.
func moduleDir(ctx context.Context, dir, path string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", path)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")

	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("find the files of %s: %w", path, err)
	}

	return strings.TrimSpace(string(out)), nil
}
