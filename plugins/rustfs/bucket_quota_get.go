package rustfs

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketQuotaGet(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get [NAME...]",
		Short: "Show quotas and how much of them is used",
		Long: "Show quotas and how much of them is used, by the count of the server's scanner; what it has not counted yet is\n" +
			"<unknown>. Without a name, of all buckets.\n\n" + cli.ExitHelp(""),
		Example:           "  # Of all buckets\n  kubectl rustfs bucket quota get\n\n  # For a script: bytes\n  kubectl rustfs bucket quota get photos -o jsonpath='{.quota}'",
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return p.getQuotas(c.Context(), args) },
	}
	p.AddPrintFlags(cmd)
	return cmd
}

func (p *plugin) getQuotas(ctx context.Context, names []string) error {
	for _, n := range names {
		p.equivalent("mc", "quota", "info", "rustfs/"+n)
	}
	views, err := ofBuckets(ctx, p, names, func(ctx context.Context, t *target, name string) (quotaView, error) {
		q, err := t.admin.Quota(ctx, name)
		return newQuotaView(name, q), quotaError(err, name)
	})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(views, func(v quotaView) bool { return v.Used == nil && v.Quota > 0 }) {
		p.Warnf("the server's scanner has not counted a bucket with a quota yet: until it has, writes into it are refused with 503")
	}
	size := func(n *int64) string {
		if n == nil {
			return cli.Unknown
		}
		return cli.Size(*n)
	}
	return cli.Print(p.UI, cli.List[quotaView]{Kind: "Bucket", Items: views, Single: len(names) == 1, Empty: "No buckets found.", Columns: []cli.Column[quotaView]{
		{Name: "Name", Value: func(v quotaView) string { return v.Metadata.Name }},
		{Name: "Quota", Value: func(v quotaView) string {
			if v.Quota == 0 {
				return cli.None
			}
			return cli.Size(v.Quota)
		}},
		{Name: "Used", Value: func(v quotaView) string { return size(v.Used) }},
		{Name: "Percent", Value: func(v quotaView) string {
			if v.Quota == 0 {
				return cli.None
			}
			return percentCell(v.Percent)
		}},
	}})
}
