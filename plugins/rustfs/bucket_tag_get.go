package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketTagGet(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "get [NAME...]",
		Aliases:           []string{"ls"},
		Short:             "Show the tags of buckets",
		Long:              "Show the tags of buckets. Without a name, of all buckets.\n\n" + cli.ExitHelp(""),
		Example:           "  # Of all buckets\n  kubectl rustfs bucket tag get\n\n  # One tag\n  kubectl rustfs bucket tag get photos -o jsonpath='{.tags.team}'",
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return p.getTags(c.Context(), args) },
	}
	p.AddPrintFlags(cmd)
	return cmd
}

func (p *plugin) getTags(ctx context.Context, names []string) error {
	for _, n := range names {
		p.equivalent("mc", "tag", "list", "rustfs/"+n)
	}
	views, err := ofBuckets(ctx, p, names, func(ctx context.Context, t *target, name string) (settingView, error) {
		v := newSettingView(name)
		tags, err := t.s3.Tags(ctx, name)
		v.Tags = tags
		return v, err
	})
	if err != nil {
		return err
	}
	return p.printSettings(views, names, settingColumns("Tags", func(v settingView) string { return tagsOf(v.Tags) }))
}
