package parts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// tool is a program of the host, and the Debian packages that bring it.
type tool struct {
	program  string
	packages []string
}

var (
	gcc     = tool{"gcc", []string{"gcc", "libc6-dev"}}
	ip      = tool{"ip", []string{"iproute2"}}
	nft     = tool{"nft", []string{"nftables"}}
	busybox = tool{"busybox", []string{"busybox-static"}}
)

// RuntimeTools makes sure that the programs are there which a sandbox of the given kind runs or puts into its images.
func RuntimeTools(ctx context.Context, show *Progress, kubernetes bool) error {
	tools := []tool{ip}
	if kubernetes {
		tools = append(tools, nft, busybox)
	}

	return provide(ctx, show, tools)
}

// provide installs the tools that are missing, where that is possible.
func provide(ctx context.Context, show *Progress, tools []tool) error {
	var programs, packages []string

	for _, t := range tools {
		if _, err := exec.LookPath(t.program); err == nil || slices.Contains(programs, t.program) {
			continue
		}

		programs = append(programs, t.program)
		packages = append(packages, t.packages...)
	}

	if len(programs) == 0 {
		return nil
	}

	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("this host lacks %s\nhint: install what Debian calls %s", strings.Join(programs, ", "), strings.Join(packages, " "))
	}

	done := show.Start("install "+strings.Join(packages, " "), 0)

	err := install(ctx, packages)
	if err != nil { // the lists may be old or absent
		if err = aptGet(ctx, "update"); err == nil {
			err = install(ctx, packages)
		}
	}

	done(err)

	if err != nil {
		return fmt.Errorf("install %s: %w\nhint: install them by hand and try again", strings.Join(packages, " "), err)
	}

	return nil
}

func install(ctx context.Context, packages []string) error {
	return aptGet(ctx, append([]string{"install", "--yes", "--no-install-recommends"}, packages...)...)
}

func aptGet(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-qq"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")

	return quietly(cmd)
}

// quietly runs a command and tells what it printed only when it fails.
func quietly(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()

	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%s: %w\n%s", cmd.Args[0], err, tail(string(out), 30))
	}

	return err
}

// tail keeps the last lines of a text.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}

	return strings.Join(all, "\n")
}

// copyFile copies a program; mode 0755, as everything in the cache is there to be run or read by others.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read

	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}

	_, err = io.Copy(out, in)

	return errors.Join(err, out.Close(), os.Chmod(to, 0o755))
}

// linkFile makes a hard link, or a copy where that is not possible.
func linkFile(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}

	return copyFile(from, to)
}
