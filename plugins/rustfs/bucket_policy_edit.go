package rustfs

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func newBucketPolicyEdit(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "edit NAME",
		Short: "Change the policy of a bucket in an editor",
		Long: "Change the policy of a bucket in the editor of $KUBE_EDITOR or $EDITOR. What the server would refuse comes back with the\n" +
			"reason above it; a text that is left as it was ends the command. A bucket without policy begins with an example.\n\n" + cli.ExitHelp(""),
		Example:           "  # In the editor\n  kubectl rustfs bucket policy edit photos",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeBuckets, completeNothing),
		RunE: func(c *cobra.Command, args []string) error {
			return p.atBuckets(c.Context(), args, p.editBucketPolicy)
		},
	}
	p.addSetterFlags(cmd)
	return cmd
}

func (p *plugin) editBucketPolicy(ctx context.Context, t *target, name string) error {
	before, err := t.s3.Policy(ctx, name)
	if err != nil {
		return err
	}
	text := pretty(json.RawMessage(before))
	if before == "" {
		text = pretty(bucket.WithAccess(bucket.Policy{Version: iam.PolicyVersion}, name, "", bucket.Download).JSON())
	}
	after, err := p.Edit(ctx, "policy.json", text+"\n", func(text string) error {
		_, _, err := checkPolicy([]byte(text), name)
		return err
	})
	if errors.Is(err, cli.ErrNotEdited) {
		p.Remarkf("%s", err)
		return nil
	}
	if err != nil {
		return err
	}
	want, findings, err := checkPolicy([]byte(after), name)
	if err != nil {
		return err
	}
	for _, f := range findings {
		p.Warnf("%s", f)
	}
	now, err := t.s3.Policy(ctx, name)
	if err != nil {
		return err
	}
	if now != before {
		return cli.Hintf(&bucketError{name, "its policy was changed by somebody else meanwhile; yours was not written"}, "edit it again: kubectl rustfs bucket policy edit %s", name)
	}
	return p.setBucketPolicy(ctx, t, name, "policy set", before, want)
}
