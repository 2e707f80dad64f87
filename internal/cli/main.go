package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"
)

// Program is one of the executables.
type Program struct {
	Name    string // of the executable: "kubectl-rustfs"
	Display string // as users call it: "kubectl rustfs"
	New     func(*UI) *cobra.Command
}

// Main runs a program and returns its exit code.
func Main(p Program) int {
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	ctx, stop := signalContext()
	defer stop()
	return Run(ctx, p, streams, os.Args)
}

// Run runs a program over the given streams; args[0] is the executable's name.
// It maps every outcome to an exit code and prints the error, if there is one.
func Run(ctx context.Context, p Program, streams genericiooptions.IOStreams, args []string) int {
	started := false
	u, root := tree(p, streams, &started)
	root.SetArgs(commandLine(p, args))
	cmd, err := root.ExecuteContextC(ctx)
	interrupted := ctx.Err() != nil
	code := ExitCode(err, started, interrupted)
	var end *Ended
	var found *Found
	ran := errors.As(err, &end)
	switch {
	case err == nil:
		return code
	case ran && end.Err == nil:
		return code // the program that was run has said it all
	case code == ExitFound && errors.As(err, &found) && found.Reason == "":
		return code // the result said it all
	}
	if code == ExitUsage {
		err = usageOf(cmd, err)
	}
	u.printError(err, code)
	return code
}

// Tree is a program's command tree as it is run, for tests and documentation.
func Tree(p Program, streams genericiooptions.IOStreams) *cobra.Command {
	started := false
	_, root := tree(p, streams, &started)
	return root
}

func tree(p Program, streams genericiooptions.IOStreams, started *bool) (*UI, *cobra.Command) {
	u := newUI(p, streams)
	root := p.New(u)
	prepareRoot(u, root)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	prepare(u, root, started)
	return u, root
}

// commandLine returns the words after the program's name. Under the name that
// kubectl looks for when it completes, the program answers completions.
func commandLine(p Program, args []string) []string {
	if len(args) == 0 {
		return nil
	}
	base := strings.TrimSuffix(filepath.Base(args[0]), ".exe")
	if base == completeName(p.Name) {
		return append([]string{cobra.ShellCompRequestCmd}, args[1:]...)
	}
	return args[1:]
}

// usageOf adds to an error of usage without a hint where to read on.
func usageOf(cmd *cobra.Command, err error) error {
	if hintOf(err) != "" {
		return err
	}
	return Hintf(err, "see: %s --help", cmd.CommandPath())
}

func prepareRoot(u *UI, root *cobra.Command) {
	root.Use = u.program.Name
	if root.Annotations == nil {
		root.Annotations = map[string]string{}
	}
	root.Annotations[cobra.CommandDisplayNameAnnotation] = u.program.Display
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	u.addRootFlags(root.PersistentFlags())
	addVerbosity(root.PersistentFlags())
	root.AddCommand(newVersion(u), newCompletion(u))
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return Hintf(&UsageError{Err: err}, "see: %s --help", c.CommandPath())
	})
}

// maxVerbosity keeps client-go from logging bodies: they hold Secrets.
const maxVerbosity = 7

type verbosity struct{ fs *flag.FlagSet }

func (v *verbosity) String() string { return "0" }
func (v *verbosity) Type() string   { return "int" }

func (v *verbosity) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return fmt.Errorf("must be a number from 0 to %d, not %q", maxVerbosity, s)
	}
	return v.fs.Set("v", fmt.Sprint(min(n, maxVerbosity)))
}

func addVerbosity(fs *pflag.FlagSet) {
	k := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(k)
	fs.VarP(&verbosity{fs: k}, "v", "v", fmt.Sprintf("Log level; 6 shows requests. Levels above %d are lowered to it, for bodies hold secrets", maxVerbosity))
}

// prepare walks the command tree and gives every command what none may forget:
// a group without work of its own refuses unknown words, and each RunE notes
// that it started, so that what cobra refuses before is a usage error.
func prepare(u *UI, cmd *cobra.Command, started *bool) {
	if cmd.RunE == nil && cmd.Run == nil {
		cmd.RunE = group
		cmd.Args = cobra.ArbitraryArgs
	}
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(c *cobra.Command, args []string) error {
			*started = true
			if own := c.Annotations[ownFormats]; own != "" {
				u.output.own = strings.Split(own, ",")
			}
			if err := u.check(); err != nil {
				return err
			}
			return run(c, args)
		}
	}
	for _, c := range cmd.Commands() {
		prepare(u, c, started)
	}
}

// group is the work of a command that only holds others.
func group(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	err := Usagef("unknown command %q for %q", args[0], c.CommandPath())
	c.SuggestionsMinimumDistance = 2
	if s := c.SuggestionsFor(args[0]); len(s) > 0 {
		return err.WithHint("did you mean: %s %s", c.CommandPath(), s[0])
	}
	return err.WithHint("see: %s --help", c.CommandPath())
}
