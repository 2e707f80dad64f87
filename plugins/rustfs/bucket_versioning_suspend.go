package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

func newBucketVersioningSuspend(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "suspend NAME...",
		Short: "Keep no further versions; those that are there stay",
		Long: "Keep no further versions of objects; those that are there stay. A bucket with object lock cannot be suspended, and one\n" +
			"that never had versioning need not be.\n\n" + cli.ExitHelp(""),
		Example:           "  # What would be done\n  kubectl rustfs bucket versioning suspend photos --dry-run",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE: func(c *cobra.Command, args []string) error {
			return p.setVersioning(c.Context(), args, s3.Suspended)
		},
	}
	p.addSetterFlags(cmd)
	return cmd
}
