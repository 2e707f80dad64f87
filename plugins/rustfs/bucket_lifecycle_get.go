package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketLifecycleGet(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "get [NAME...]",
		Aliases: []string{"ls"},
		Short:   "Show the lifecycle rules of buckets",
		Long: "Show the lifecycle rules of buckets, in words, or with -o yaml and json in a form that lifecycle set takes again.\n" +
			"Without a name, of all buckets.\n\n" + cli.ExitHelp(""),
		Example: `  # In words
  kubectl rustfs bucket lifecycle get logs

  # To change them by hand
  kubectl rustfs bucket lifecycle get logs -o yaml`,
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return p.getLifecycles(c.Context(), args) },
	}
	p.AddPrintFlags(cmd)
	return cmd
}

// ruleRow is a rule in a table.
type ruleRow struct {
	bucket string
	rule   bucket.LifecycleRule
}

func (p *plugin) getLifecycles(ctx context.Context, names []string) error {
	for _, n := range names {
		p.equivalent("mc", "ilm", "rule", "ls", "rustfs/"+n)
	}
	views, err := ofBuckets(ctx, p, names, func(ctx context.Context, t *target, name string) (settingView, error) {
		v := newSettingView(name)
		rules, err := t.s3.Lifecycle(ctx, name)
		v.Lifecycle = rules
		return v, err
	})
	if err != nil {
		return err
	}
	if !p.TableOutput() {
		return p.printSettings(views, names, nil)
	}
	var rows []ruleRow
	for _, v := range views {
		for _, r := range v.Lifecycle {
			rows = append(rows, ruleRow{v.Metadata.Name, r})
		}
	}
	return cli.Print(p.UI, cli.List[ruleRow]{Kind: "Bucket", Items: rows, Empty: "No lifecycle rules found.", Columns: []cli.Column[ruleRow]{
		{Name: "Bucket", Value: func(r ruleRow) string { return r.bucket }},
		{Name: "ID", Value: func(r ruleRow) string { return r.rule.ID }},
		{Name: "Status", Value: func(r ruleRow) string { return state(!r.rule.Disabled) }},
		{Name: "For", Value: func(r ruleRow) string { return r.rule.Scope() }},
		{Name: "What", Value: func(r ruleRow) string { return r.rule.Actions() }},
	}})
}
