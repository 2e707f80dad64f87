package rustfs

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

func newBucketLock(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "lock",
		Aliases: []string{"retention"},
		Short:   "See, set and clear the retention that new objects get",
		Long: "See, set and clear the retention that new objects of a bucket get. The bucket must have object lock, which is had at\n" +
			"creation: kubectl rustfs bucket create NAME --with-lock. Objects that are there already keep the retention they have.\n\n" + cli.ExitHelp(""),
		Example: "  # Nothing can be deleted for 30 days\n  kubectl rustfs bucket lock set etcd-backups --mode governance --days 30",
	}
	cmd.AddCommand(newBucketLockGet(p), newBucketLockSet(p), newBucketLockClear(p))
	return cmd
}

// setLock brings the default retention of one bucket to want; one without mode
// takes it away.
func (p *plugin) setLock(ctx context.Context, t *target, name string, want bucket.Lock, enable bool) error {
	now, err := t.s3.Lock(ctx, name)
	if err != nil {
		return err
	}
	before := "no object lock"
	if now.Enabled {
		before = bucketLockOf(now).Words()
	} else if err := mayLock(ctx, t, name, want, enable); err != nil {
		return err
	}
	v, verb := newSettingView(name), "retention set to "+want.Words()
	if v.Lock = &want; want.Mode == "" {
		verb = "retention cleared"
	}
	return p.change(ctx, change{
		kind: "Bucket", name: name, what: "default retention", before: before, after: want.Words(), verb: verb, object: v,
		do: func(ctx context.Context) error { return t.s3.SetLock(ctx, name, want) },
	})
}

// mayLock refuses to set the retention of a bucket without object lock. 1.0.1
// turns it on for versioned buckets, other servers only at creation.
// (rustfs/src/storage/ecfs.rs at 1.0.1, put_object_lock_configuration)
func mayLock(ctx context.Context, t *target, name string, want bucket.Lock, enable bool) error {
	another := fmt.Sprintf("create another bucket and copy the objects: kubectl rustfs bucket create %s-locked --with-lock", name)
	if want.Mode == "" {
		return cli.Hintf(&bucketError{name, "has no object lock, so there is no retention to clear"}, "see: kubectl rustfs bucket lock get %s", name)
	}
	v, err := t.s3.Versioning(ctx, name)
	switch {
	case err != nil:
		return err
	case v != s3.Enabled:
		return cli.Hintf(&bucketError{name, "has no object lock, which can only be had at creation"}, "%s", another)
	case !enable:
		return cli.Hintf(&bucketError{name, "has no object lock"}, "%s; or add --enable, where the server can turn it on afterwards; it cannot be turned off again", another)
	}
	return nil
}
