// Demo plays the whole story on a real Talos cluster before the reader's eyes:
// find RustFS, look at its buckets, give a program access, take a backup and
// prove it, lose a namespace and the control plane, and get both back.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	sandbox := flag.String("sandbox", "bin/sandbox", "the sandbox program")
	name := flag.String("name", "demo", "name of the sandbox to raise")
	keep := flag.Bool("keep", false, "leave the sandbox running at the end")
	rustfs := flag.String("rustfs", "auto", "auto, real or fake")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	d := &demo{sandbox: *sandbox, name: *name, keep: *keep, rustfs: *rustfs, out: os.Stdout}
	if err := d.play(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "\nthe demo ended early: %v\nhint: bin/sandbox down --name %s removes what it raised\n", err, *name)
		os.Exit(1)
	}
}

type demo struct {
	sandbox, name, rustfs string
	keep                  bool
	out                   io.Writer

	dir, server string
	env         []string // of the commands typed
	took        []string
	began       time.Time
}

// play tells the story. Every command is one that a person would type.
func (d *demo) play(ctx context.Context) error {
	d.began = time.Now()
	identity := func() string { return filepath.Join(d.dir, "age-identity.txt") }
	const node = "10.5.0.2"
	const grant = "kubectl rustfs grant shop-backup --bucket shop --profile writer --secret shop/backup-s3"
	steps := []struct {
		title string
		do    func() error
	}{
		{"Raise a real Talos cluster with RustFS in it", func() error { return d.up(ctx) }},
		{"Find RustFS: nothing but a kubeconfig is needed", func() error {
			return d.typeAll(ctx, "kubectl rustfs status")
		}},
		{"Its buckets", func() error {
			return d.typeAll(ctx, "kubectl rustfs bucket create photos --versioning", "kubectl rustfs bucket ls")
		}},
		{"Access for a program in one act: bucket, policy, user and key, straight into a Secret", func() error {
			if err := d.typeAll(ctx, grant, "kubectl rustfs can PutObject shop/hello.txt --as user/shop-backup"); err != nil {
				return err
			}
			return d.expectNo(ctx, "kubectl rustfs can DeleteObject shop/hello.txt --as user/shop-backup", "")
		}},
		{"Objects, and the state as a document", func() error {
			return d.typeAll(ctx, "echo hello | kubectl rustfs cp - shop/hello.txt", "kubectl rustfs ls shop/", "kubectl rustfs export --buckets shop,photos")
		}},
		{"What is wrong with it?", func() error {
			return d.expectNo(ctx, "kubectl rustfs doctor -o table", "Exit code 3: it found something, and each finding comes with what mends it (without -o table).")
		}},
		{"Take a backup by the suspended CronJob, and prove it", func() error {
			return d.typeAll(ctx, "kubectl etcdbackup run --wait --verify --identity "+identity(), "kubectl etcdbackup list")
		}},
		{"Lose a namespace, and create something new", func() error {
			return d.typeAll(ctx, "kubectl delete namespace shop --timeout=60s", "kubectl create configmap later --namespace media", "kubectl get namespaces")
		}},
		{"Lose the control plane: its disk is empty, and the Kubernetes API is gone", func() error { return d.lose(ctx) }},
		{"Restore it from the latest backup, without Kubernetes", func() error {
			if err := d.storeKeys(); err != nil {
				return err
			}
			return d.typeAll(ctx, "kubectl etcdbackup restore latest --nodes "+node+" --identity "+identity()+
				" --endpoint $S3_ENDPOINT --bucket $BUCKET --yes")
		}},
		{"The namespace is back, and what came after the backup is gone", func() error {
			if err := d.typeAll(ctx, "kubectl get namespaces", "kubectl get configmaps --namespace shop"); err != nil {
				return err
			}
			return d.expectFailure(ctx, "kubectl get configmap later --namespace media")
		}},
		{"RustFS' pod starts again on its disk", func() error {
			if err := d.run(ctx, d.sandbox, "up", "--name", d.name); err != nil {
				return err
			}
			return d.typeAll(ctx, "kubectl rustfs bucket ls", "kubectl etcdbackup list")
		}},
		{"The key of the program came back with its namespace, and still does what it is to", func() error {
			return d.typeAll(ctx, grant)
		}},
	}
	for i, s := range steps {
		start := time.Now()
		fmt.Fprintf(d.out, "\n\x1b[1m── %d. %s\x1b[0m\n", i+1, s.title)
		if err := s.do(); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		d.took = append(d.took, fmt.Sprintf("%6.1f s  %s", time.Since(start).Seconds(), s.title))
	}
	return d.end(ctx)
}

func (d *demo) up(ctx context.Context) error {
	fmt.Fprintf(d.out, "RustFS: %s\n", d.which())
	if err := d.run(ctx, d.sandbox, "up", "--name", d.name, "--tier", "cluster", "--rustfs", d.rustfs); err != nil {
		return err
	}
	env, err := exec.CommandContext(ctx, d.sandbox, "exec", "--name", d.name, "--", "sh", "-c", "echo $SANDBOX_DIR; echo $SANDBOX_RUSTFS").Output()
	if err != nil {
		return err
	}
	words := strings.Fields(string(env))
	if len(words) != 2 {
		return errors.New("the sandbox does not say where it is")
	}
	d.dir, d.server = words[0], words[1]
	return nil
}

// which says what the demo runs on: as the sandbox said, and before it is
// raised as the sandbox is going to choose.
func (d *demo) which() string {
	server := d.server
	if server == "" {
		server = d.rustfs
	}
	if server == "auto" {
		server = "fake"
		cache := cmp.Or(os.Getenv("SANDBOX_CACHE"), "/var/cache/talos-rustfs-sandbox")
		if _, err := os.Stat(filepath.Join(cache, "rustfs", "1.0.1", "rustfs")); err == nil || os.Getenv("RUSTFS_BIN")+os.Getenv("RUSTFS_IMAGE") != "" {
			server = "real"
		}
	}
	if server == "real" {
		return "the real server, 1.0.1"
	}
	return "the stand-in (make rustfs builds the real server, once, in an hour and a half)"
}

func (d *demo) lose(ctx context.Context) error {
	if err := d.run(ctx, d.sandbox, "wipe", "--name", d.name); err != nil {
		return err
	}
	if err := d.expectFailure(ctx, "kubectl get namespaces --request-timeout=5s"); err != nil {
		return err
	}
	fmt.Fprintln(d.out, "The store's disk survived; it is served from next door, as from a NAS or another machine.")
	return d.run(ctx, d.sandbox, "store", "up", "--name", d.name)
}

// storeKeys puts the store's address and key into the environment of what is
// typed from now on: what an administrator keeps at hand for this hour.
func (d *demo) storeKeys() error {
	b, err := os.ReadFile(filepath.Join(d.dir, "store.env"))
	if err != nil {
		return err
	}
	for _, line := range strings.Split(string(b), "\n") {
		line = strings.TrimPrefix(strings.TrimSpace(line), "export ")
		if k, v, ok := strings.Cut(line, "="); ok {
			d.env = append(d.env, k+"="+strings.Trim(v, `"'`))
		}
	}
	return nil
}

func (d *demo) typeAll(ctx context.Context, lines ...string) error {
	for _, l := range lines {
		if err := d.typeLine(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// typeLine shows a command as a person types it and runs it in the sandbox.
func (d *demo) typeLine(ctx context.Context, line string) error {
	fmt.Fprintf(d.out, "\x1b[2m$\x1b[0m %s\n", line)
	return d.run(ctx, d.sandbox, "exec", "--name", d.name, "--", "sh", "-c", line)
}

func (d *demo) expectFailure(ctx context.Context, line string) error {
	err := d.typeLine(ctx, line)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	if err == nil {
		return fmt.Errorf("%q should have failed", line)
	}
	return err
}

// expectNo runs a command that may end with exit code 3: it looked, and the
// answer is not the hoped one. Then word, which may be empty, says so.
func (d *demo) expectNo(ctx context.Context, line, word string) error {
	err := d.typeLine(ctx, line)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		return err
	}
	if word != "" {
		fmt.Fprintln(d.out, word)
	}
	return nil
}

func (d *demo) run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr, cmd.Stdin = d.out, d.out, os.Stdin
	cmd.Env = append(os.Environ(), d.env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	return cmd.Run()
}

// end sums up and says where to type next.
func (d *demo) end(ctx context.Context) error {
	fmt.Fprintf(d.out, "\n\x1b[1m── Done in %.0f s, on %s\x1b[0m\n%s\n", time.Since(d.began).Seconds(), d.which(), strings.Join(d.took, "\n"))
	if d.keep {
		fmt.Fprintf(d.out, "\nIt goes on running. Type next:\n  make sandbox-shell NAME=%s     # kubectl, talosctl and the plugins just work in there\n  make sandbox-down NAME=%s\n", d.name, d.name)
		return nil
	}
	if err := d.run(ctx, d.sandbox, "down", "--name", d.name); err != nil {
		return err
	}
	fmt.Fprintln(d.out, "\nType next:\n  make demo KEEP=1       # leaves it running\n  make sandbox-up        # a sandbox to play with\n  make sandbox-shell     # a shell in it: kubectl, talosctl and the plugins just work there")
	return nil
}
