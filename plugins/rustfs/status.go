package rustfs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

type status struct{ *plugin }

func newStatus(p *plugin) *cobra.Command {
	o := &status{p}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the servers found: version, health, drives, usage and what they can do",
		Long: "Show every RustFS server found: workload, image and version, health, pods, where its root key comes from (never the\n" +
			"secret), drives, usage, and what this version can do, found out by asking its routes and not by its version number.\n\n" +
			cli.ExitHelp("a server is not well, or none was found"),
		Example: `  # Every server of the cluster
  kubectl rustfs status

  # One of several
  kubectl rustfs status --server storage/rustfs

  # For a monitor
  kubectl rustfs status -o jsonpath='{.items[*].health}'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *status) run(ctx context.Context) error {
	views, err := o.look(ctx)
	if err != nil {
		return err
	}
	if o.HumanOutput() {
		err = o.pages(views)
	} else {
		err = cli.Print(o.UI, cli.List[statusView]{Kind: "Server", Items: views, Columns: statusColumns()})
	}
	if err != nil {
		return err
	}
	for _, v := range views {
		if len(v.Problems) > 0 {
			return &cli.Found{Reason: "server " + v.Metadata.Name + ": " + v.Problems[0]}
		}
	}
	return nil
}

// look collects what is known of each server. One that cannot be talked to is
// shown with the reason.
func (o *status) look(ctx context.Context) ([]statusView, error) {
	if o.where.endpoint != "" {
		t, err := o.target(ctx)
		if err != nil {
			return nil, err
		}
		v := statusView{Metadata: cli.Meta{Name: t.name()}}
		o.ask(ctx, t, &v)
		return []statusView{v}, ctx.Err()
	}
	servers, err := o.servers(ctx)
	if err != nil {
		return nil, err
	}
	cred, given, err := o.where.credential(o.In)
	if err != nil {
		return nil, err
	}
	views := make([]statusView, 0, len(servers))
	for _, s := range servers {
		v := describeServer(s)
		if t, err := o.reach(ctx, s, cred, given); err != nil {
			v.problem("%v", err)
		} else {
			o.ask(ctx, t, &v)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		views = append(views, v)
	}
	return views, nil
}

// servers are those of the namespace named, or of the whole cluster where
// that may be asked.
func (o *status) servers(ctx context.Context) ([]kube.Server, error) {
	k, err := o.kube(ctx)
	if err != nil {
		return nil, err
	}
	if o.where.server != "" {
		s, err := k.FindServer(ctx, o.where.server)
		return []kube.Server{s}, err
	}
	scope := ""
	if k.Explicit {
		scope = k.Namespace
	}
	servers, err := k.FindServers(ctx, scope)
	if apierrors.IsForbidden(err) && scope == "" {
		scope = k.Namespace
		servers, err = k.FindServers(ctx, scope)
	}
	if err != nil {
		return nil, err
	}
	if len(servers) == 0 {
		e := &kube.NoServerError{Namespace: scope}
		return nil, &cli.Found{Reason: e.Error(), HintText: e.Hint()}
	}
	return servers, nil
}

func describeServer(s kube.Server) statusView {
	v := statusView{Metadata: cli.Meta{Name: s.Name, Namespace: s.Namespace}, Workload: s.Workload + "/" + s.Name, Image: s.Image()}
	for _, p := range s.Pods {
		pv := podView{Name: p.Name, Node: p.Spec.NodeName, Ready: kube.Ready(p), State: string(p.Status.Phase)}
		if why := kube.WhyNotRunning(p); why != "" {
			pv.State = why
			v.problem("pod %s %s", p.Name, why)
		} else if !pv.Ready {
			v.problem("pod %s is not ready", p.Name)
		}
		v.Pods = append(v.Pods, pv)
	}
	return v
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
	if info, err := t.admin.Info(ctx); err != nil {
		v.problem("%v", err)
	} else {
		v.addInfo(info)
	}
	if usage, err := t.admin.Usage(ctx); err == nil {
		v.addUsage(usage)
	}
	if abilities, err := t.admin.Capabilities(ctx); err == nil {
		for _, a := range abilities {
			v.Capabilities = append(v.Capabilities, abilityView{a.Name, a.State})
		}
	}
}

// reach connects to one of the servers found.
func (o *status) reach(ctx context.Context, s kube.Server, cred kube.Credential, given bool) (*target, error) {
	k, err := o.kube(ctx)
	if err != nil {
		return nil, err
	}
	return o.toServer(ctx, k, s, cred, given)
}

func (o *status) pages(views []statusView) error {
	for i, v := range views {
		if i > 0 {
			if _, err := fmt.Fprintln(o.Out); err != nil {
				return err
			}
		}
		if err := cli.Page(o.Out, v.fields(time.Now())); err != nil {
			return err
		}
	}
	return nil
}
