package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

func newBucketVersioning(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "versioning",
		Short: "See, enable and suspend the keeping of old versions",
		Long: "See, enable and suspend the keeping of old versions of objects. Once enabled it can only be suspended: what versions\n" +
			"there are stays, and new objects replace each other again.\n\n" + cli.ExitHelp(""),
		Example: "  # Keep old versions from now on\n  kubectl rustfs bucket versioning enable photos",
	}
	cmd.AddCommand(newBucketVersioningGet(p), newBucketVersioningEnable(p), newBucketVersioningSuspend(p))
	return cmd
}

// setVersioning brings buckets to one state.
func (p *plugin) setVersioning(ctx context.Context, names []string, want s3.Versioning) error {
	return p.atBuckets(ctx, names, func(ctx context.Context, t *target, name string) error {
		now, err := t.s3.Versioning(ctx, name)
		if err != nil {
			return err
		}
		if want == s3.Suspended {
			if err := maySuspend(ctx, t, name, now); err != nil {
				return err
			}
		}
		v, verb, word := newSettingView(name), "versioning enabled", "enable"
		if v.Versioning = string(want); want == s3.Suspended {
			verb, word = "versioning suspended", "suspend"
		}
		p.equivalent("mc", "version", word, "rustfs/"+name)
		return p.change(ctx, change{
			kind: "Bucket", name: name, what: "versioning", before: string(now), after: string(want), verb: verb, object: v,
			do: func(ctx context.Context) error { return t.s3.SetVersioning(ctx, name, want) },
		})
	})
}

// maySuspend refuses what the server would, with the reason.
func maySuspend(ctx context.Context, t *target, name string, now s3.Versioning) error {
	if now == s3.Unversioned {
		return cli.Hintf(&bucketError{name, "has never had versioning, so there is nothing to suspend"}, "see: kubectl rustfs bucket versioning get %s", name)
	}
	l, err := t.s3.Lock(ctx, name)
	if err != nil {
		return soft(err) // the server decides
	}
	if l.Enabled {
		return cli.Hintf(&bucketError{name, "has object lock, which needs versioning"}, "copy the objects to a bucket without object lock; it cannot be taken away")
	}
	return nil
}
