package rustfs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

type logs struct {
	*plugin
	options   kube.LogOptions
	sinceTime string
	diagnose  bool
	redact    bool
	format    string
}

func newLogs(p *plugin) *cobra.Command {
	o := &logs{plugin: p}
	cmd := &cobra.Command{
		Use:   "logs",
		Short: "Show the logs of all pods of a server, or let the server find what went wrong in them",
		Long: "Show the logs of all pods of a server, each line behind the name of its pod where there are several.\n\n" +
			"With --diagnose, the logs of all pods, and of the containers that ran before them, are given to the server's own log\n" +
			"analysis, \"rustfs diagnose\", which runs in one of its pods and says what probably went wrong. It needs the right to\n" +
			"exec into pods, and a version that has it (1.0 and later). Its text is the server's: in 1.0 it is written in Chinese;\n" +
			"--format json has the names of rules for programs.\n\n" + cli.ExitHelp(""),
		Example: `  # The last lines of all pods, and what comes
  kubectl rustfs logs --tail 20 -f

  # Of the last hour; of the container before the last restart
  kubectl rustfs logs --since 1h
  kubectl rustfs logs --previous

  # What went wrong? Names and addresses hashed, to show to others
  kubectl rustfs logs --diagnose --redact`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	fs := cmd.Flags()
	fs.BoolVarP(&o.options.Follow, "follow", "f", false, "Go on with what comes, until interrupted")
	fs.DurationVar(&o.options.Since, "since", 0, "Only lines that are not older, such as 1h")
	fs.StringVar(&o.sinceTime, "since-time", "", "Only lines since a time, such as 2030-01-31T00:00:00Z")
	fs.Int64Var(&o.options.Tail, "tail", -1, "Only this many last lines of each pod; -1 shows all")
	fs.BoolVarP(&o.options.Previous, "previous", "p", false, "Of the container that ran before the last restart")
	fs.BoolVar(&o.options.Timestamps, "timestamps", false, "Put the time before each line")
	fs.StringVarP(&o.options.Container, "container", "c", "", "Container to show, instead of the server's own")
	fs.BoolVar(&o.diagnose, "diagnose", false, "Let the server's own analysis find what went wrong, instead of showing lines")
	fs.BoolVar(&o.redact, "redact", false, "With --diagnose: hash names of buckets, objects and keys, and addresses")
	fs.StringVar(&o.format, "format", "text", "With --diagnose: text, json or md")
	completeFlag(cmd, "format", cobra.FixedCompletions([]string{"text", "json", "md"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *logs) run(ctx context.Context) error {
	if err := o.check(); err != nil {
		return err
	}
	k, err := o.kube(ctx)
	if err != nil {
		return err
	}
	s, err := k.FindServer(ctx, o.where.server)
	if err != nil {
		return err
	}
	if o.options.Container == "" {
		o.options.Container = s.Container
	}
	if o.diagnose {
		return o.analyse(ctx, k, s)
	}
	o.equivalent("kubectl", "logs", "-n", s.Namespace, "-c", o.options.Container, s.Pods[0].Name)
	return o.show(ctx, k, s)
}

// check refuses flags that cannot go together, before anything is asked.
func (o *logs) check() error {
	switch {
	case o.where.endpoint != "":
		return cli.Usagef("--endpoint: the logs of a server outside the cluster are not in the cluster").WithHint("leave --endpoint out")
	case o.options.Since < 0:
		return cli.Usagef("--since %s: must not be negative", o.options.Since)
	case o.options.Since > 0 && o.sinceTime != "":
		return cli.Usagef("--since and --since-time say two things").WithHint("use one of them")
	case o.options.Tail < -1:
		return cli.Usagef("--tail %d: must be a number of lines, or -1 for all", o.options.Tail)
	case o.options.Follow && o.options.Previous:
		return cli.Usagef("--follow and --previous: what has ended cannot be followed")
	case o.diagnose && o.options.Follow:
		return cli.Usagef("--diagnose and --follow: the analysis needs an end of the logs").WithHint("use --since to look at the last time only")
	case o.redact && !o.diagnose:
		return cli.Usagef("--redact needs --diagnose")
	case o.format != "text" && o.format != "json" && o.format != "md":
		return cli.Usagef("--format %q: must be text, json or md", o.format)
	case o.format != "text" && !o.diagnose:
		return cli.Usagef("--format needs --diagnose")
	}
	if o.sinceTime != "" {
		t, err := time.Parse(time.RFC3339, o.sinceTime)
		if err != nil {
			return cli.Usagef("--since-time %q: not a time", o.sinceTime).WithHint("for example: --since-time 2030-01-31T00:00:00Z")
		}
		o.options.SinceTime = t
	}
	return nil
}

// show prints the logs of all pods: one after the other, or all at once when
// they are followed.
func (o *logs) show(ctx context.Context, k *kube.Client, s kube.Server) error {
	var out sync.Mutex
	var missing []error
	one := func(ctx context.Context, pod string) error {
		prefix := ""
		if len(s.Pods) > 1 {
			prefix = "[" + pod + "] "
		}
		err := o.copy(ctx, k, s.Namespace, pod, func(line string) error {
			out.Lock()
			defer out.Unlock()
			return o.Line(prefix, line)
		})
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		out.Lock()
		defer out.Unlock()
		missing = append(missing, fmt.Errorf("log of pod %s/%s: %w", s.Namespace, pod, err))
		return nil
	}
	g, inner := errgroup.WithContext(ctx)
	if !o.options.Follow {
		g.SetLimit(1)
	}
	for _, p := range s.Pods {
		g.Go(func() error { return one(inner, p.Name) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if len(missing) == len(s.Pods) {
		return errors.Join(missing...)
	}
	for _, err := range missing {
		o.Warnf("%v", err)
	}
	return ctx.Err()
}

// maxLine is how long a line may be before it is cut in two, bytes.
const maxLine = 1 << 20

// copy hands over the lines of a log.
func (o *logs) copy(ctx context.Context, k *kube.Client, namespace, pod string, line func(string) error) error {
	r, err := k.PodLog(ctx, namespace, pod, o.options)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it was only read
	b := bufio.NewReaderSize(r, maxLine)
	for {
		text, _, err := b.ReadLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := line(string(text)); err != nil {
			return err
		}
	}
}
