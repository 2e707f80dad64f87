package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketCorsGet(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "get [NAME...]",
		Aliases: []string{"ls"},
		Short:   "Show the CORS rules of buckets",
		Long: "Show the CORS rules of buckets, in words, or with -o yaml and json in a form that cors set takes again. Without a name,\n" +
			"of all buckets.\n\n" + cli.ExitHelp(""),
		Example:           "  # In words\n  kubectl rustfs bucket cors get photos\n\n  # To change them by hand\n  kubectl rustfs bucket cors get photos -o yaml",
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return p.getCORS(c.Context(), args) },
	}
	p.AddPrintFlags(cmd)
	return cmd
}

func (p *plugin) getCORS(ctx context.Context, names []string) error {
	for _, n := range names {
		p.equivalent("mc", "cors", "get", "rustfs/"+n)
	}
	views, err := ofBuckets(ctx, p, names, func(ctx context.Context, t *target, name string) (settingView, error) {
		v := newSettingView(name)
		rules, err := t.s3.CORS(ctx, name)
		v.CORS = rules
		return v, err
	})
	if err != nil {
		return err
	}
	return p.printSettings(views, names, settingColumns("CORS", func(v settingView) string { return corsWords(v.CORS, "; ") }))
}

func corsWords(rules []bucket.CORSRule, between string) string {
	s := ""
	for i, r := range rules {
		if i > 0 {
			s += between
		}
		s += r.Words()
	}
	return orNone(s)
}
