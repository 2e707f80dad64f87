package rustfs

import (
	"context"
	"maps"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type bucketTagRm struct {
	*plugin
	all bool
}

func newBucketTagRm(p *plugin) *cobra.Command {
	o := &bucketTagRm{plugin: p}
	cmd := &cobra.Command{
		Use:     "rm NAME KEY...",
		Aliases: []string{"delete", "remove"},
		Short:   "Remove tags of a bucket",
		Long:    "Remove tags of a bucket: those that are named, or --all. A tag that is not there is no error.\n\n" + cli.ExitHelp(""),
		Example: `  # One tag
  kubectl rustfs bucket tag rm photos team

  # All of them
  kubectl rustfs bucket tag rm photos --all`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeFirst(p.completeBuckets, p.completeTags),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0], args[1:]) },
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "Remove all tags")
	p.addSetterFlags(cmd)
	return cmd
}

func (o *bucketTagRm) run(ctx context.Context, name string, keys []string) error {
	if o.all == (len(keys) > 0) {
		return cli.Usagef("name the tags to remove, or use --all").WithHint("see them with: kubectl rustfs bucket tag get %s", name)
	}
	return o.atBuckets(ctx, []string{name}, func(ctx context.Context, t *target, name string) error {
		if o.all {
			o.equivalent("mc", "tag", "remove", "rustfs/"+name)
		}
		return o.setTags(ctx, t, name, "tags removed", func(now map[string]string) (map[string]string, error) {
			want := map[string]string{}
			if !o.all {
				maps.Copy(want, now)
			}
			for _, k := range keys {
				delete(want, k)
			}
			return want, nil
		})
	})
}
