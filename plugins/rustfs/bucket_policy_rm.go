package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketPolicyRm(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "rm NAME...",
		Aliases:           []string{"delete", "remove"},
		Short:             "Remove the policy of buckets",
		Long:              "Remove the policy of buckets: what it allowed is not allowed any more, and what it denied is no longer denied.\n\n" + cli.ExitHelp(""),
		Example:           "  # With a look at what goes\n  kubectl rustfs bucket policy rm photos --diff",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE: func(c *cobra.Command, args []string) error {
			return p.atBuckets(c.Context(), args, func(ctx context.Context, t *target, name string) error {
				p.equivalent("aws", "s3api", "delete-bucket-policy", "--bucket", name)
				before, err := t.s3.Policy(ctx, name)
				if err != nil {
					return err
				}
				return p.setBucketPolicy(ctx, t, name, "policy removed", before, bucket.Policy{})
			})
		},
	}
	p.addSetterFlags(cmd)
	return cmd
}
