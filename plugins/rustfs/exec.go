package rustfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

// bridge runs another program with the server and a key in its environment.
type bridge struct {
	*plugin
	duration time.Duration
	port     int
	asRoot   bool
	ownKey   bool
	revoke   bool
}

func newExec(p *plugin) *cobra.Command {
	o := &bridge{plugin: p}
	cmd := &cobra.Command{
		Use:   "exec [flags] -- COMMAND [ARG...]",
		Short: "Run mc, rc, aws, s5cmd, rclone or another program against the server",
		Long: "Run a program with the server and a temporary key in its environment. A listener on 127.0.0.1 leads to the server as long\n" +
			"as the program runs, and the program's exit code becomes this one's: 128 and the signal's number where a signal ended\n" +
			"it, 127 where there is no such program.\n\n" +
			"The variables are those of the programs: MC_HOST_rustfs and RC_HOST_rustfs (alias rustfs), AWS_… (aws, restic and\n" +
			"every SDK), S3_ENDPOINT_URL (s5cmd), RCLONE_CONFIG_RUSTFS_… (remote rustfs:), and RUSTFS_ENDPOINT. Buckets belong\n" +
			"into paths, not into host names; the programs named above do so of themselves.\n\n" +
			"The key has the rights of the user in use, the server's root where none is given, and ends by itself after --duration.\n" +
			"It is in the program's environment alone. Access keys of users get no temporary key: hand one over with --own-key.\n\n" +
			cli.ExitHelp("") + "\nAny other code is the program's own.",
		Example: `  # The buckets, by MinIO's client
  kubectl rustfs exec -- mc ls rustfs

  # An upload by the AWS client, for longer than an hour
  kubectl rustfs exec --duration 6h -- aws s3 cp --recursive photos s3://photos

  # A shell in which all of them work
  kubectl rustfs exec -- bash`,
		Args: needProgram,
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().SetInterspersed(false) // what follows the program is the program's
	cmd.Flags().DurationVar(&o.duration, "duration", time.Hour, "How long the temporary key lives, 15m to 12h")
	cmd.Flags().IntVar(&o.port, "port", 0, "Port on 127.0.0.1; 0 takes a free one")
	cmd.Flags().BoolVar(&o.asRoot, "as-root", false, "Hand over the server's root key itself, which never ends, instead of a temporary key")
	cmd.Flags().BoolVar(&o.ownKey, "own-key", false, "Hand over the key of --access-key itself instead of a temporary key")
	cmd.Flags().BoolVar(&o.revoke, "revoke", false, "End all temporary keys of the user afterwards, those of other sessions too")
	return cmd
}

func needProgram(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cli.Usagef("exec needs a program to run").WithHint("for example: kubectl rustfs exec -- mc ls rustfs")
	}
	return nil
}

// check refuses contradictions before anything is sent.
func (o *bridge) check() error {
	given := o.where.key.AccessKey != ""
	switch {
	case o.duration < admin.MinSession || o.duration > admin.MaxSession:
		return cli.Usagef("--duration %s: not from 15m to 12h", o.duration)
	case o.port < 0 || o.port > 65535:
		return cli.Usagef("--port %d: not a port", o.port)
	case o.asRoot && given:
		return cli.Usagef("--as-root and --access-key name two keys").WithHint("use --own-key to hand over the key of --access-key")
	case o.ownKey && !given:
		return cli.Usagef("--own-key hands over the key of --access-key, which is missing").WithHint("use --as-root to hand over the server's root key")
	case o.revoke && (o.asRoot || o.ownKey):
		return cli.Usagef("--revoke ends temporary keys, and there is none").WithHint("leave it out, or hand over a temporary key")
	case o.port != 0 && o.where.endpoint != "":
		return cli.Usagef("--port is for a server in the cluster; --endpoint is reached directly").WithHint("leave --port out")
	}
	return nil
}

// How shells say that a program cannot be run.
const (
	exitNotExecutable = 126
	exitNoProgram     = 127
)

// programOf finds a program on PATH.
func programOf(name string) (string, error) {
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path, nil
	case errors.Is(err, fs.ErrPermission):
		return "", &cli.Ended{Code: exitNotExecutable, Err: fmt.Errorf("%s is no program that may be run: %w", name, fs.ErrPermission)}
	}
	missing := fmt.Errorf("there is no program %q on PATH", name)
	return "", &cli.Ended{Code: exitNoProgram, Err: cli.Hintf(missing, "install it; any program is served that reads %s", variableWords)}
}

func (o *bridge) run(ctx context.Context, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	program, err := programOf(args[0])
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	key, err := o.key(ctx, t)
	if err != nil {
		return err
	}
	if o.revoke {
		defer o.end(ctx, t)
	}
	url, closeDoor, err := o.door(ctx, t)
	if err != nil {
		return err
	}
	defer closeDoor()
	cmd := exec.Command(program, args[1:]...) //nolint:gosec,noctx // running it is what was asked for; signals end it
	cmd.Args[0] = args[0]
	env := session{url: url, key: key, caFile: o.caFileFor(t), insecure: t.server == nil && o.where.key.Insecure}
	cmd.Env = env.environ(os.Environ())
	for _, w := range env.warnings() {
		o.Warnf("%s", w)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = o.In, o.Out, o.ErrOut
	err = o.wait(ctx, cmd)
	if err != nil && !key.Expires.IsZero() && time.Now().After(key.Expires) {
		o.Warnf("the temporary key ended at %s, while the program ran; --duration gives it up to 12h", key.Expires.Format(time.RFC3339))
	}
	return err
}

// wait runs the program until it ends, hands it the signals that this program
// gets, and turns its end into this program's own.
func (o *bridge) wait(ctx context.Context, cmd *exec.Cmd) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	signals, back := cli.HandOver(ctx)
	defer back()
	if err := cmd.Start(); err != nil {
		return &cli.Ended{Code: exitNotExecutable, Err: fmt.Errorf("%s cannot be run: %w", cmd.Args[0], err)}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			return endOf(cmd, err)
		case s := <-signals:
			if s == os.Interrupt && o.sharesTerminal() {
				continue // the terminal has sent it to the program too
			}
			cmd.Process.Signal(s) //nolint:errcheck // it has ended just now
		}
	}
}

// sharesTerminal reports whether ctrl-C reaches the program by itself.
func (o *bridge) sharesTerminal() bool {
	return printers.IsTerminal(o.In) || printers.IsTerminal(o.Out) || printers.IsTerminal(o.ErrOut)
}

// endOf is the exit code of a program: its own, or 128 and the number of the
// signal that ended it, as shells have it.
func endOf(cmd *exec.Cmd, err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &exit):
		return &cli.Ended{Code: cli.ExitFailed, Err: fmt.Errorf("%s: %w", cmd.Args[0], err)}
	}
	if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return &cli.Ended{Code: 128 + int(w.Signal())}
	}
	return &cli.Ended{Code: exit.ExitCode()}
}
