package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketCors(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "cors",
		Short:   "See, set and remove the rules for pages of other origins",
		Long:    "See, set and remove the rules by which browsers let pages of other origins use a bucket (CORS).\n\n" + cli.ExitHelp(""),
		Example: "  # A page may read\n  kubectl rustfs bucket cors set photos --origin https://example.com --method GET",
	}
	cmd.AddCommand(newBucketCorsGet(p), newBucketCorsSet(p), newBucketCorsRm(p))
	return cmd
}

// setCORS brings the CORS rules of one bucket to want.
func (p *plugin) setCORS(ctx context.Context, t *target, name, verb string, want []bucket.CORSRule) error {
	now, err := t.s3.CORS(ctx, name)
	if err != nil {
		return err
	}
	v := newSettingView(name)
	v.CORS = want
	return p.change(ctx, change{
		kind: "Bucket", name: name, what: "CORS", before: settingText(now), after: settingText(want), verb: verb, object: v,
		do: func(ctx context.Context) error { return t.s3.SetCORS(ctx, name, want) },
	})
}
