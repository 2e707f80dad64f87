package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketLifecycle(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "lifecycle",
		Aliases: []string{"ilm"},
		Short:   "See, set and check the rules by which objects expire",
		Long: "See, set and check the rules by which objects expire. The server's scanner acts on them in the background; check tells\n" +
			"whether it does.\n\n" + cli.ExitHelp(""),
		Example: "  # Objects go after 30 days\n  kubectl rustfs bucket lifecycle add logs --expire-days 30\n\n  # Does the server expire anything?\n  kubectl rustfs bucket lifecycle check logs",
	}
	cmd.AddCommand(newBucketLifecycleGet(p), newBucketLifecycleSet(p), newBucketLifecycleAdd(p), newBucketLifecycleRm(p), newBucketLifecycleCheck(p))
	return cmd
}

// setLifecycle brings the rules of one bucket from now to want.
func (p *plugin) setLifecycle(ctx context.Context, t *target, name, verb string, now, want []bucket.LifecycleRule) error {
	v := newSettingView(name)
	v.Lifecycle = want
	return p.change(ctx, change{
		kind: "Bucket", name: name, what: "lifecycle", before: settingText(now), after: settingText(want), verb: verb, object: v,
		do: func(ctx context.Context) error { return t.s3.SetLifecycle(ctx, name, want) },
	})
}

// lifecycleFile reads rules from a file and refuses what servers would.
func (p *plugin) lifecycleFile(file string) ([]bucket.LifecycleRule, error) {
	text, err := p.settingFile(file)
	if err != nil {
		return nil, err
	}
	rules, err := bucket.ParseLifecycle(text)
	if err != nil {
		return nil, inFile(file, err)
	}
	rules = bucket.WithRuleIDs(rules)
	return rules, inFile(file, bucket.ValidateLifecycle(rules))
}

// completeRules offers the IDs of the rules of the bucket on the line.
func (p *plugin) completeRules(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return p.completeNames(func(ctx context.Context, t *target) ([]string, error) {
		rules, err := t.s3.Lifecycle(ctx, args[0])
		var ids []string
		for _, r := range rules {
			ids = append(ids, r.ID)
		}
		return ids, err
	})(c, args, prefix)
}
