package etcdbackup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/backup"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/seal"
)

type verify struct {
	*plugin
	all bool
}

func newVerify(p *plugin) *cobra.Command {
	o := &verify{plugin: p}
	cmd := &cobra.Command{
		Use:   "verify [NAME...]",
		Short: "Prove that backups can be restored with the key at hand",
		Long: "Prove backups by reading them as a restore does, without writing anything: the key opens the encryption, the\n" +
			"compression is whole, the length fits, and the database has the sha256 that etcd wrote behind it. Nothing touches a\n" +
			"disk. Without a name the latest backup is meant.\n\n" + nameHelp + "\n\n" + identityHelp + "\n\n" +
			cli.ExitHelp("a backup is bad or none of the identities opens it"),
		Example: examples(p.UI, `  # The latest
  {} verify --identity age.key

  # Every backup in the bucket
  {} verify --all --identity age.key

  # Yesterday's, with the key from a Secret
  {} verify -24h --identity-secret backup/age-key:identity`),
		ValidArgsFunction: p.completeSnapshots,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "Verify every backup")
	p.keys.add(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *verify) run(ctx context.Context, names []string) error {
	if o.all && len(names) > 0 {
		return cli.Usagef("--all and the name %s exclude each other", names[0])
	}
	ids, err := o.identities(ctx)
	if err != nil {
		return err
	}
	a, chosen, err := o.choose(ctx, names)
	if err != nil {
		return err
	}
	var bad []snapshotView
	views := make([]snapshotView, 0, len(chosen))
	for _, s := range chosen {
		v, err := o.verify(ctx, a, s, ids)
		if err != nil {
			return err
		}
		views = append(views, v)
		if !v.Proof.OK {
			bad = append(bad, v)
		}
	}
	if err := cli.Print(o.UI, cli.List[snapshotView]{Kind: "Snapshot", Items: views, Columns: proofColumns(), Single: len(names) == 1}); err != nil {
		return err
	}
	switch len(bad) {
	case 0:
		return nil
	case 1:
		return &cli.Found{Reason: fmt.Sprintf("backup %q: %s", bad[0].Metadata.Name, bad[0].Proof.Reason), HintText: bad[0].hint}
	}
	return &cli.Found{Reason: fmt.Sprintf("%d of %d backups could not be proven, the newest: %s: %s", len(bad), len(views), bad[0].Metadata.Name, bad[0].Proof.Reason), HintText: bad[0].hint}
}

func (o *verify) choose(ctx context.Context, names []string) (*archive, []backup.Snapshot, error) {
	a, c, err := o.catalog(ctx)
	if err != nil {
		return nil, nil, err
	}
	if o.all {
		if len(c.Snapshots) == 0 {
			return nil, nil, &backup.NoSnapshots{Foreign: len(c.Foreign)}
		}
		return a, c.Snapshots, nil
	}
	if len(names) == 0 {
		names = []string{"latest"}
	}
	var chosen []backup.Snapshot
	for _, n := range names {
		s, err := c.Resolve(n, time.Now())
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", a.place(), err)
		}
		chosen = append(chosen, s)
	}
	return a, chosen, nil
}

// verify proves one backup. A bad one is a result; an error is that it could
// not be looked at.
func (p *plugin) verify(ctx context.Context, a *archive, s backup.Snapshot, ids []seal.Identity) (snapshotView, error) {
	v := newSnapshotView(s, a.bucket, time.Now())
	report, err := p.prove(ctx, a.source(s), ids)
	var bad *seal.Bad
	var locked *seal.NoIdentity
	switch {
	case err == nil:
		v.Proof = newProofView(report)
	case errors.As(err, &bad):
		v.Proof, v.hint = &proofView{Reason: bad.Error()}, bad.Hint()
	case errors.As(err, &locked) && len(ids) == 0:
		return v, &cli.UsageError{Err: fmt.Errorf("backup %q: %w", s.Object, err), HintText: "add --identity FILE, the private key of the recipient" + recipientHint(a)}
	case errors.As(err, &locked):
		v.Proof, v.hint = &proofView{Reason: err.Error(), Recipients: locked.Stanzas}, locked.Hint()+recipientHint(a)
	default:
		return v, fmt.Errorf("backup %q: %w", s.Object, err)
	}
	return v, nil
}

// recipientHint says to whom the CronJob encrypts now; older backups may have
// had another recipient.
func recipientHint(a *archive) string {
	if a.recipients == "" {
		return ""
	}
	return "; the CronJob encrypts to " + a.recipients
}
