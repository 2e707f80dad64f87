package rustfs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

type status struct {
	survey
	watch     bool
	interval  time.Duration
	failAbove string

	limit     float64 // of failAbove, 0…100; 0: none
	abilities map[*target][]admin.Capability
}

func newStatus(p *plugin) *cobra.Command {
	o := &status{survey: survey{plugin: p}, abilities: map[*target][]admin.Capability{}}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the servers found: version, health, drives, usage and what they can do",
		Long: "Show every RustFS server found: workload, image and version, health, pods, where its root key comes from (never the\n" +
			"secret), drives, pools, usage and how old its count is, KMS, the volumes it writes to and the nodes they lie on, the\n" +
			"ways to it from outside, and what this version can do, found out by asking its routes and not by its version number.\n\n" +
			"A capability is available, unsupported (the version does not have it), disabled, stubbed (it answers with nothing),\n" +
			"version-gated (it wants another version of the API), permission-denied (not for the key in use) or unknown.\n\n" +
			cli.ExitHelp("a server is not well, a drive is fuller than --fail-above, or no server was found"),
		Example: `  # Every server of the cluster
  kubectl rustfs status

  # One of several, and again every few seconds
  kubectl rustfs status --server storage/rustfs --watch

  # For a monitor: exit code 3 when something is wrong or a drive is fuller than 85 %
  kubectl rustfs status --fail-above 85% --quiet
  kubectl rustfs status -o jsonpath='{.items[*].health}'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.addFlag(cmd)
	cmd.Flags().BoolVarP(&o.watch, "watch", "w", false, "Look again and again until interrupted: repaints a terminal, appends lines elsewhere")
	cmd.Flags().DurationVar(&o.interval, "interval", 5*time.Second, "How long --watch waits between two looks")
	cmd.Flags().StringVar(&o.failAbove, "fail-above", "", "Fail when a drive is fuller than this, such as 85%")
	o.AddPrintFlags(cmd)
	return cmd
}

// shortestInterval keeps a watch from being a load.
const shortestInterval = time.Second

func (o *status) run(ctx context.Context) error {
	var err error
	if o.limit, err = percent(o.failAbove); err != nil {
		return cli.Usagef("--fail-above %s: %w", o.failAbove, err).WithHint("for example: --fail-above 85%%")
	}
	if o.interval < shortestInterval {
		return cli.Usagef("--interval %s: must be at least %s", o.interval, shortestInterval)
	}
	if o.watch {
		return o.Watch(ctx, o.interval, o.round)
	}
	views, err := o.look(ctx)
	if err != nil {
		return err
	}
	if err := o.show(views); err != nil {
		return err
	}
	for _, v := range views {
		if len(v.Problems) > 0 {
			return &cli.Found{Reason: "server " + v.Metadata.Name + ": " + v.Problems[0]}
		}
	}
	return nil
}

// percent reads 85% or 85.
func percent(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || !(n > 0 && n <= 100) {
		return 0, errors.New("must be a share above 0% and up to 100%")
	}
	return n, nil
}

func (o *status) show(views []statusView) error {
	if o.HumanOutput() {
		return pages(o.plugin, views, func(v statusView) []cli.Field { return v.fields(time.Now()) })
	}
	return cli.Print(o.UI, cli.List[statusView]{Kind: "Server", Items: views, Columns: statusColumns()})
}

// round is one look of a watch. What stops it is shown, and looked at again.
func (o *status) round(ctx context.Context, w cli.WatchRound) error {
	views, err := o.look(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var wrong *cli.UsageError
	switch {
	case errors.As(err, &wrong):
		return err
	case err != nil:
		return w.Line("%s  %v", w.Time.Format(time.TimeOnly), err)
	case w.Repaints() && o.HumanOutput() || !o.TableOutput():
		return o.show(views)
	}
	for _, v := range views {
		if err := w.Line("%s  %s", w.Time.Format(time.TimeOnly), v.line()); err != nil {
			return err
		}
	}
	return nil
}

// look collects what is known of each server. One that cannot be talked to is
// shown with the reason.
func (o *status) look(ctx context.Context) ([]statusView, error) {
	found, err := o.survey.look(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]statusView, 0, len(found))
	for _, s := range found {
		var v statusView
		if s.server != nil {
			v = describeServer(*s.server)
			if err := o.surroundings(ctx, *s.server, &v); err != nil {
				return nil, err
			}
		} else {
			v = statusView{Metadata: cli.Meta{Name: s.target.name()}}
		}
		if s.err != nil {
			v.problem("%v", s.err)
		} else {
			o.ask(ctx, s.target, &v)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		v.failAbove(o.limit)
		views = append(views, v)
	}
	return views, nil
}

func describeServer(s kube.Server) statusView {
	v := statusView{Metadata: cli.Meta{Name: s.Name, Namespace: s.Namespace}, Workload: s.Workload + "/" + s.Name, Image: s.Image()}
	for _, p := range s.Pods {
		pv := podView{Name: p.Name, Node: p.Spec.NodeName, Ready: kube.Ready(p), State: string(p.Status.Phase)}
		for _, c := range p.Status.ContainerStatuses {
			if c.Name == s.Container {
				pv.Restarts = c.RestartCount
				_, pv.Digest, _ = strings.Cut(c.ImageID, "@")
			}
		}
		if why := kube.WhyNotRunning(p); why != "" {
			pv.State = why
			v.problem("pod %s %s", p.Name, why)
		} else if !pv.Ready {
			v.problem("pod %s is not ready", p.Name)
		}
		v.Pods = append(v.Pods, pv)
	}
	_, v.Pinned, _ = strings.Cut(v.Image, "@")
	return v
}

// surroundings are what the cluster knows of a server's disks and ways.
func (o *status) surroundings(ctx context.Context, s kube.Server, v *statusView) error {
	k, err := o.kube(ctx)
	if err != nil {
		return err
	}
	volumes, unread := k.Volumes(ctx, s)
	v.Volumes, v.NotLooked = newVolumeViews(volumes), unread
	routes, unread, err := k.Routes(ctx, s)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		unread = append(unread, fmt.Sprintf("ways from outside (%v)", err))
	}
	v.Routes, v.NotLooked = newRouteViews(routes), append(v.NotLooked, unread...)
	return nil
}

// ask talks to the server. What it does not answer is a problem, not an end.
func (o *status) ask(ctx context.Context, t *target, v *statusView) {
	v.Endpoint = t.url.Redacted()
	if t.server != nil {
		v.Endpoint = fmt.Sprintf("%s in pod %s/%s, port %d", t.url.Scheme, t.endpoint.Namespace, t.endpoint.Pod, t.endpoint.Port)
	}
	v.Credential = &credentialView{AccessKey: t.credential.AccessKey, Origin: t.credential.Origin, Default: t.credential.Default}
	if t.credential.Default {
		v.problem("it runs with RustFS' built-in root key")
	}
	h, err := t.admin.Health(ctx)
	switch {
	case err != nil:
		v.Health = "unreachable"
		v.problem("%v", err)
		return
	case h.Ready != nil && !*h.Ready:
		v.problem("it is not ready: %s", strings.Join(h.Degraded, ", "))
	}
	v.Health, v.Version = h.Status, h.Version
	var info admin.Info
	var usage admin.Usage
	var infoErr, usageErr error
	var g errgroup.Group
	g.SetLimit(parallel)
	g.Go(func() error { info, infoErr = t.admin.Info(ctx); return nil })
	g.Go(func() error { usage, usageErr = t.admin.Usage(ctx); return nil })
	g.Go(func() error {
		if a, err := t.admin.Scanner(ctx); err == nil {
			v.Scanner = newScannerView(a)
		}
		return nil
	})
	g.Go(func() error {
		if a, err := t.admin.KMS(ctx); err == nil {
			v.KMS = &kmsView{Status: a.Status, Backend: a.Backend, Healthy: a.Healthy}
		}
		return nil
	})
	g.Go(func() error { v.Capabilities = o.capabilities(ctx, t); return nil })
	_ = g.Wait() // each question keeps its own error
	if infoErr != nil {
		v.problem("%v", infoErr)
	} else {
		v.addInfo(info)
	}
	if usageErr == nil {
		v.addUsage(usage)
	}
}

// capabilities are asked for once for each server.
func (o *status) capabilities(ctx context.Context, t *target) []abilityView {
	all, ok := o.abilities[t]
	if !ok {
		var err error
		if all, err = t.admin.Capabilities(ctx); err != nil {
			return nil
		}
		all = append(all, o.console(ctx, t))
		o.abilities[t] = all
	}
	views := make([]abilityView, len(all))
	for i, a := range all {
		views[i] = abilityView{a.Name, a.State}
	}
	return views
}

// console asks whether the web console is there. It listens on a port of its
// own.
func (o *status) console(ctx context.Context, t *target) admin.Capability {
	out := admin.Capability{Name: "web console", State: admin.Undecided, Route: "/rustfs/console/version"}
	if t.server == nil {
		return out
	}
	if t.endpoint.ConsolePort == 0 {
		out.State = admin.Disabled
		return out
	}
	c, err := o.consoleClient(ctx, t)
	if err != nil {
		return out
	}
	if _, err = c.ConsoleVersion(ctx); err == nil {
		out.State = admin.Available
	}
	return out
}

func (o *status) consoleClient(ctx context.Context, t *target) (*admin.Client, error) {
	k, err := o.kube(ctx)
	if err != nil {
		return nil, err
	}
	verify, err := o.where.tls(t.endpoint.ServerName)
	if err != nil {
		return nil, err
	}
	port := t.endpoint.PodPort
	port.Port = t.endpoint.ConsolePort
	transport, err := k.TransportToPod(port, verify)
	if err != nil {
		return nil, err
	}
	u := *t.url
	u.Host = "127.0.0.1:" + strconv.Itoa(port.Port)
	return admin.New(admin.Options{Endpoint: &u, Transport: transport, UserAgent: "kubectl-rustfs/" + cli.Version()}), nil
}
