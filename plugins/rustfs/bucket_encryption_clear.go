package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketEncryptionClear(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "clear NAME...",
		Aliases:           []string{"rm"},
		Short:             "Let buckets store new objects unencrypted again",
		Long:              "Let buckets store new objects unencrypted again; those that are encrypted stay so, and can be read as before.\n\n" + cli.ExitHelp(""),
		Example:           "  # No encryption of new objects\n  kubectl rustfs bucket encryption clear photos",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE: func(c *cobra.Command, args []string) error {
			return p.atBuckets(c.Context(), args, func(ctx context.Context, t *target, name string) error {
				p.equivalent("mc", "encrypt", "clear", "rustfs/"+name)
				return p.setEncryption(ctx, t, name, "encryption cleared", nil)
			})
		},
	}
	p.addSetterFlags(cmd)
	return cmd
}
