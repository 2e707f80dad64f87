package rustfs

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketQuotaSet(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "set NAME... SIZE",
		Short: "Limit the size of buckets",
		Long: "Limit the size of buckets, in bytes or in units: 10Gi and 10GiB are powers of 1024, 500M and 500MB of 1000. A bucket\n" +
			"that the server's scanner has not counted yet refuses every write under a quota; you are warned of that.\n\n" + cli.ExitHelp(""),
		Example:           "  # 10 GiB\n  kubectl rustfs bucket quota set photos 10Gi\n\n  # What would change, for two buckets\n  kubectl rustfs bucket quota set photos films 1.5TB --dry-run --diff",
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: p.completeBuckets,
		RunE: func(c *cobra.Command, args []string) error {
			last := len(args) - 1
			limit, err := bucket.ParseSize(args[last])
			if err != nil {
				return usage(err)
			}
			return p.atBuckets(c.Context(), args[:last], func(ctx context.Context, t *target, name string) error {
				p.equivalent("mc", "quota", "set", "rustfs/"+name, "--size", strconv.FormatInt(limit, 10))
				return p.setQuota(ctx, t, name, limit)
			})
		},
	}
	p.addSetterFlags(cmd)
	return cmd
}
