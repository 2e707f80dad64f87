package rustfs

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketPolicyGet(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "get NAME",
		Short:             "Show the policy of a bucket",
		Long:              "Show the policy of a bucket as the document that policy set takes again. A bucket without one shows nothing.\n\n" + cli.ExitHelp(""),
		Example:           "  # Into a file\n  kubectl rustfs bucket policy get photos > policy.json",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeBuckets, completeNothing),
		RunE: func(c *cobra.Command, args []string) error {
			p.equivalent("mc", "anonymous", "get-json", "rustfs/"+args[0])
			return p.atBuckets(c.Context(), args, p.showBucketPolicy)
		},
	}
	p.AddPrintFlags(cmd)
	return cmd
}

func (p *plugin) showBucketPolicy(ctx context.Context, t *target, name string) error {
	text, err := t.s3.Policy(ctx, name)
	if err != nil {
		return err
	}
	if !p.TableOutput() {
		v := newSettingView(name)
		if json.Valid([]byte(text)) {
			v.Policy = json.RawMessage(text)
		}
		return p.printSettings([]settingView{v}, []string{name}, nil)
	}
	if text == "" {
		p.Remarkf("bucket %q has no policy", name)
		return nil
	}
	_, err = fmt.Fprintln(p.Out, cli.EscapeLines(pretty(json.RawMessage(text))))
	return err
}
