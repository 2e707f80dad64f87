package rustfs

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type bucketLockSet struct {
	*plugin
	mode        string
	days, years int
	enable      bool
}

func newBucketLockSet(p *plugin) *cobra.Command {
	o := &bucketLockSet{plugin: p}
	cmd := &cobra.Command{
		Use:   "set NAME...",
		Short: "Set the retention that new objects get",
		Long: "Set the retention that new objects get. Under governance, whoever has s3:BypassGovernanceRetention can delete all the\n" +
			"same; under compliance nobody can before the time is over, root neither.\n\n" + cli.ExitHelp(""),
		Example: `  # Backups stay for 30 days
  kubectl rustfs bucket lock set etcd-backups --mode governance --days 30

  # What would change
  kubectl rustfs bucket lock set etcd-backups --mode compliance --years 1 --dry-run --diff`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringVar(&o.mode, "mode", "", "Who is bound: governance or compliance")
	cmd.Flags().IntVar(&o.days, "days", 0, "How many days objects stay")
	cmd.Flags().IntVar(&o.years, "years", 0, "How many years objects stay")
	cmd.Flags().BoolVar(&o.enable, "enable", false, "Turn object lock on where a versioned bucket has none; it cannot be turned off again")
	completeFlag(cmd, "mode", cobra.FixedCompletions([]string{"governance", "compliance"}, cobra.ShellCompDirectiveNoFileComp))
	p.addSetterFlags(cmd)
	return cmd
}

func (o *bucketLockSet) run(ctx context.Context, names []string) error {
	if o.mode == "" {
		return cli.Usagef("--mode is missing").WithHint("use --mode governance, or --mode compliance if not even root may delete")
	}
	want, err := bucket.NewLock(o.mode, o.days, o.years)
	if err != nil {
		return usage(err)
	}
	return o.atBuckets(ctx, names, func(ctx context.Context, t *target, name string) error {
		validity := fmt.Sprintf("%dd", want.Days)
		if want.Years > 0 {
			validity = fmt.Sprintf("%dy", want.Years)
		}
		o.equivalent("mc", "retention", "set", "--default", strings.ToUpper(o.mode), validity, "rustfs/"+name)
		return o.setLock(ctx, t, name, want, o.enable)
	})
}
