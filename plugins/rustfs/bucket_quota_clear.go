package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketQuotaClear(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "clear NAME...",
		Aliases:           []string{"rm"},
		Short:             "Take the limit of buckets' size away",
		Long:              "Take the limit of buckets' size away.\n\n" + cli.ExitHelp(""),
		Example:           "  # No limit any more\n  kubectl rustfs bucket quota clear photos",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE: func(c *cobra.Command, args []string) error {
			return p.atBuckets(c.Context(), args, func(ctx context.Context, t *target, name string) error {
				p.equivalent("mc", "quota", "clear", "rustfs/"+name)
				return p.setQuota(ctx, t, name, 0)
			})
		},
	}
	p.addSetterFlags(cmd)
	return cmd
}
