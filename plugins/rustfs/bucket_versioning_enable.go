package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

func newBucketVersioningEnable(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "enable NAME...",
		Short: "Keep old versions of objects from now on",
		Long: "Keep old versions of objects from now on. They take room until they are deleted; a lifecycle rule does that:\n" +
			"kubectl rustfs bucket lifecycle add NAME --noncurrent-days 30.\n\n" + cli.ExitHelp(""),
		Example:           "  # Two buckets\n  kubectl rustfs bucket versioning enable photos films",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE: func(c *cobra.Command, args []string) error {
			return p.setVersioning(c.Context(), args, s3.Enabled)
		},
	}
	p.addSetterFlags(cmd)
	return cmd
}
