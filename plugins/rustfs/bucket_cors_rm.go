package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketCorsRm(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "rm NAME...",
		Aliases:           []string{"delete", "remove"},
		Short:             "Remove the CORS rules of buckets",
		Long:              "Remove the CORS rules of buckets. The server's own, of RUSTFS_CORS_ALLOWED_ORIGINS, are for buckets without rules.\n\n" + cli.ExitHelp(""),
		Example:           "  # No rules any more\n  kubectl rustfs bucket cors rm photos",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE: func(c *cobra.Command, args []string) error {
			return p.atBuckets(c.Context(), args, func(ctx context.Context, t *target, name string) error {
				p.equivalent("mc", "cors", "remove", "rustfs/"+name)
				return p.setCORS(ctx, t, name, "CORS removed", nil)
			})
		},
	}
	p.addSetterFlags(cmd)
	return cmd
}
