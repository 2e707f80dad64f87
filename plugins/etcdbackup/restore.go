package etcdbackup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/seal"
	"github.com/talos-rustfs/kubectl-plugins/internal/talos"
)

type restore struct {
	*plugin
	fromFile string
	timeout  time.Duration
	noReadyz bool
}

func newRestore(p *plugin) *cobra.Command {
	o := &restore{plugin: p}
	cmd := &cobra.Command{
		Use:   "restore [NAME]",
		Short: "Recover a lost control plane from a backup, through the Talos API",
		Long: "Recover a cluster with one control plane node from a backup. In this order:\n" +
			"  1. the talosconfig must have the role os:admin;\n" +
			"  2. the backup is read and proven completely; the node has not heard of it yet;\n" +
			"  3. the node is looked at: a control plane, its etcd waiting (Preparing), its etcd directory empty;\n" +
			"  4. the node's address must be typed (or --yes);\n" +
			"  5. the snapshot is sent, its last 32 bytes only when everything before is proven again, and etcd bootstrapped from it;\n" +
			"  6. etcd is followed until it is healthy, and the Kubernetes API until it is ready.\n" +
			"Whatever was written to the cluster after the backup is lost. A node that still has etcd's data is refused: wipe its\n" +
			"EPHEMERAL partition first, and mind what else lies there, perhaps the store with these very backups.\n\n" +
			nameHelp + "\n\n" + identityHelp + "\n\n" + cli.ExitHelp("the backup is bad or none of the identities opens it; the node was not touched"),
		Example: examples(p.UI, `  # The latest backup, on the only control plane
  {} restore latest --nodes 10.5.0.2 --identity age.key

  # From a file, with no Kubernetes and no store
  {} restore --from-file etcd.snap.age --nodes 10.5.0.2 --identity age.key

  # While the Kubernetes API is down: say where the backups are (the key is in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)
  {} restore latest --nodes 10.5.0.2 --identity age.key --endpoint http://10.5.0.1:9000 --bucket etcd-backups

  # Prove the backup and look at the node, change nothing
  {} restore latest --nodes 10.5.0.2 --identity age.key --dry-run`),
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: p.completeSnapshots,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringVar(&o.fromFile, "from-file", "", "Restore from this file instead of the store: as stored (.snap.age), or decrypted (.snap)")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 10*time.Minute, "How long to follow the node after the bootstrap; 0 follows for ever")
	cmd.Flags().BoolVar(&o.noReadyz, "no-kubernetes", false, "End when etcd is healthy, without waiting for the Kubernetes API")
	p.keys.add(cmd)
	o.AddYesFlag(cmd)
	o.AddDryRunFlag(cmd, false)
	return cmd
}

func (o *restore) run(ctx context.Context, names []string) error {
	if (len(names) == 1) == (o.fromFile != "") {
		return cli.Usagef("restore needs one backup").WithHint("name it (latest), or give --from-file FILE")
	}
	cfg, node, err := o.talos.load()
	if err != nil {
		return err
	}
	offline := talos.CheckOffline(cfg, time.Now())
	if err := o.judge(offline, node); err != nil {
		return err
	}
	ids, err := o.identities(ctx)
	if err != nil {
		return err
	}
	src, err := o.source(ctx, names)
	if err != nil {
		return err
	}
	report, err := o.prove(ctx, src, ids)
	if err != nil {
		return untouched(ctx, src, ids, err)
	}
	o.Remarkf("backup %s is proven: %s, sha256 %s, opened by %s", src.name, cli.Size(report.PlainBytes), report.SHA256, orNone(report.Identity))
	client, err := talos.Dial(cfg, node) //nolint:contextcheck // it sends nothing yet
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // nothing is under way any more
	if err := o.preflight(ctx, client, offline); err != nil {
		return err
	}
	if o.Rehearsing() != cli.DryRunNone {
		return o.say("node/%s would be restored from %s", node, src.name)
	}
	question := fmt.Sprintf("node %s gets its etcd from %s, and what was written to the cluster after that is lost", node, src.name)
	if err := o.Confirm(ctx, question, node); err != nil {
		return err
	}
	return o.recover(ctx, client, src, ids)
}

func (o *restore) source(ctx context.Context, names []string) (source, error) {
	if o.fromFile != "" {
		return fileSource(o.fromFile)
	}
	a, s, err := o.pick(ctx, names[0])
	if err != nil {
		return source{}, err
	}
	return a.source(s), nil
}

// untouched says that a backup cannot be used and that nothing happened yet.
func untouched(ctx context.Context, src source, ids []seal.Identity, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var bad *seal.Bad
	var locked *seal.NoIdentity
	switch {
	case errors.As(err, &bad):
		return &cli.Found{Reason: fmt.Sprintf("backup %s is bad: %s; the node was not touched", src.name, bad.Reason), HintText: "choose another backup: latest~1 is the one before the latest"}
	case errors.As(err, &locked) && len(ids) == 0:
		return &cli.UsageError{Err: fmt.Errorf("backup %s: %w; the node was not touched", src.name, err), HintText: "add --identity FILE, the private key of the recipient"}
	case errors.As(err, &locked):
		return &cli.Found{Reason: fmt.Sprintf("backup %s: %v; the node was not touched", src.name, err), HintText: locked.Hint()}
	}
	return fmt.Errorf("backup %s: %w; the node was not touched", src.name, err)
}

// preflight looks at the node and refuses what would fail half-way. What was
// told before is not told again.
func (o *restore) preflight(ctx context.Context, c *talos.Client, told []talos.Finding) error {
	facts, err := c.Facts(ctx)
	if err != nil {
		return fmt.Errorf("node %s: %w; it was not touched", c.Node(), err)
	}
	findings := slices.DeleteFunc(talos.Check(facts, time.Now()), func(f talos.Finding) bool { return slices.Contains(told, f) })
	return o.judge(findings, c.Node())
}

// judge shows findings and makes the first that fails the error.
func (o *restore) judge(findings []talos.Finding, node string) error {
	for _, f := range findings {
		switch f.Level {
		case talos.Pass:
			o.Remarkf("%s  %s", o.Paint(o.ErrOut, cli.Green, "ok"), f.What)
		case talos.Fail:
			o.Remarkf("%s  %s", o.Paint(o.ErrOut, cli.Red, "no"), f.What)
		case talos.Warn:
			o.Warnf("%s", f.What)
		}
	}
	for _, f := range findings {
		if f.Level == talos.Fail {
			return cli.Hintf(fmt.Errorf("node %s cannot be restored: %s; it was not touched", node, f.What), "%s", f.Fix)
		}
	}
	return nil
}

// recover sends the snapshot and follows the node until it is well.
func (o *restore) recover(ctx context.Context, c *talos.Client, src source, ids []seal.Identity) error {
	if err := o.send(ctx, c, src, ids); err != nil {
		return err
	}
	o.Remarkf("the snapshot is on the node; bootstrapping etcd from it")
	if err := c.Bootstrap(ctx); err != nil {
		return o.underWay(ctx, c, err)
	}
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	said := ""
	err := c.WatchEtcd(ctx, func(s talos.State) {
		if s.WaitingFor != "" && s.WaitingFor != said {
			said = s.WaitingFor
			o.Remarkf("etcd: waiting for %s", said)
		}
	})
	if err != nil {
		return o.underWay(ctx, c, err)
	}
	o.Remarkf("etcd is healthy")
	if err := o.ready(ctx); err != nil {
		return o.underWay(ctx, c, err)
	}
	return o.say("node/%s restored from %s", c.Node(), src.name)
}

// send uploads the snapshot. A node that is not ready for it yet, or a
// connection that broke, is tried again from the start; a backup that turns
// out bad now is not, and the node throws away what it got.
func (o *restore) send(ctx context.Context, c *talos.Client, src source, ids []seal.Identity) error {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		_, err := o.read(ctx, src, ids, "sending "+src.name, func(st *seal.Stream) error {
			return c.Recover(ctx, st, nil)
		})
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			o.Remarkf("the node threw away what it got; its etcd waits as before")
			return ctx.Err()
		case !talos.Retryable(err) || attempt == attempts:
			return fmt.Errorf("sending %s to node %s: %w; its etcd waits as before", src.name, c.Node(), err)
		}
		o.Remarkf("%v; trying again", err)
		if err := pause(ctx, time.Duration(attempt)*time.Second); err != nil {
			return err
		}
	}
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// underWay says how to follow a recovery that the node goes on with alone.
func (o *restore) underWay(ctx context.Context, c *talos.Client, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		o.Remarkf("the node goes on by itself; follow it with: talosctl -n %s service etcd", c.Node())
		return ctx.Err()
	}
	if ctx.Err() != nil {
		return cli.Hintf(fmt.Errorf("node %s: not well within --timeout (%s): %w", c.Node(), o.timeout, err), "it goes on by itself; follow it with: talosctl -n %s service etcd", c.Node())
	}
	return err
}

// ready waits until the Kubernetes API says that it is ready. Without a
// kubeconfig there is nobody to ask.
func (o *restore) ready(ctx context.Context) error {
	if o.noReadyz {
		return nil
	}
	k, err := o.kube(ctx)
	if err != nil {
		o.Remarkf("no kubeconfig, so the Kubernetes API is not waited for")
		return nil //nolint:nilerr // the restore is done; this was a courtesy
	}
	o.Remarkf("waiting for the Kubernetes API at %s", k.Config.Host)
	return k.WaitReady(ctx)
}

func (o *restore) say(format string, args ...any) error {
	suffix := ""
	if o.Rehearsing() != cli.DryRunNone {
		suffix = " (dry run)"
	}
	_, err := fmt.Fprintf(o.Out, format+suffix+"\n", args...)
	return err
}
