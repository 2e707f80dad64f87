package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketLockGet(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "get [NAME...]",
		Short:             "Show object lock and the retention that new objects get",
		Long:              "Show whether buckets have object lock, and the retention that new objects get. Without a name, of all buckets.\n\n" + cli.ExitHelp(""),
		Example:           "  # Of all buckets\n  kubectl rustfs bucket lock get",
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return p.getLocks(c.Context(), args) },
	}
	p.AddPrintFlags(cmd)
	return cmd
}

func (p *plugin) getLocks(ctx context.Context, names []string) error {
	for _, n := range names {
		p.equivalent("mc", "retention", "info", "--default", "rustfs/"+n)
	}
	views, err := ofBuckets(ctx, p, names, func(ctx context.Context, t *target, name string) (settingView, error) {
		v := newSettingView(name)
		l, err := t.s3.Lock(ctx, name)
		v.Lock = bucketLockOf(l)
		return v, err
	})
	if err != nil {
		return err
	}
	columns := append(settingColumns("Lock", func(v settingView) string {
		if v.Lock == nil {
			return "Off"
		}
		return "Enabled"
	}), cli.Column[settingView]{Name: "Retention", Value: func(v settingView) string {
		if v.Lock == nil || v.Lock.Mode == "" {
			return cli.None
		}
		return v.Lock.Words()
	}})
	return p.printSettings(views, names, columns)
}
