package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketLockClear(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "clear NAME...",
		Short:             "Let new objects come without retention",
		Long:              "Give new objects no retention any more. Object lock itself stays, and so does the retention of objects that have one.\n\n" + cli.ExitHelp(""),
		Example:           "  # New objects can be deleted at once\n  kubectl rustfs bucket lock clear etcd-backups",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE: func(c *cobra.Command, args []string) error {
			return p.atBuckets(c.Context(), args, func(ctx context.Context, t *target, name string) error {
				p.equivalent("mc", "retention", "clear", "--default", "rustfs/"+name)
				return p.setLock(ctx, t, name, bucket.Lock{}, false)
			})
		},
	}
	p.addSetterFlags(cmd)
	return cmd
}
