package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketVersioningGet(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "get [NAME...]",
		Short:             "Show whether buckets keep old versions",
		Long:              "Show whether buckets keep old versions of objects: Off, Enabled or Suspended. Without a name, of all buckets.\n\n" + cli.ExitHelp(""),
		Example:           "  # Of all buckets\n  kubectl rustfs bucket versioning get\n\n  # For a script\n  kubectl rustfs bucket versioning get photos -o jsonpath='{.versioning}'",
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return p.getVersioning(c.Context(), args) },
	}
	p.AddPrintFlags(cmd)
	return cmd
}

func (p *plugin) getVersioning(ctx context.Context, names []string) error {
	for _, n := range names {
		p.equivalent("mc", "version", "info", "rustfs/"+n)
	}
	views, err := ofBuckets(ctx, p, names, func(ctx context.Context, t *target, name string) (settingView, error) {
		v := newSettingView(name)
		state, err := t.s3.Versioning(ctx, name)
		v.Versioning = string(state)
		return v, err
	})
	if err != nil {
		return err
	}
	return p.printSettings(views, names, settingColumns("Versioning", func(v settingView) string { return v.Versioning }))
}
