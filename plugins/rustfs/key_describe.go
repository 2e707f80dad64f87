package rustfs

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type keyDescribe struct{ *plugin }

func newKeyDescribe(p *plugin) *cobra.Command {
	o := &keyDescribe{p}
	cmd := &cobra.Command{
		Use:   "describe KEY...",
		Short: "Show everything about access keys, but their secrets",
		Long: "Show everything about access keys on one page each: whose they are, status, expiration and the policy in force. No call\n" +
			"of the server tells a secret again.\n\n" + cli.ExitHelp(""),
		Example: `  # One page
  kubectl rustfs key describe AKIA123`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(keyNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *keyDescribe) run(ctx context.Context, keys []string) error {
	if err := validExisting(iam.Key, keys); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	views := make([]keyView, 0, len(keys))
	for _, n := range keys {
		k, err := t.admin.Key(ctx, n)
		if err != nil {
			return found(err, iam.Key, n)
		}
		views = append(views, newKeyView(k))
	}
	if o.HumanOutput() {
		return pages(o.plugin, views, func(k keyView) []cli.Field { return k.fields(t.name()) })
	}
	return cli.Print(o.UI, cli.List[keyView]{Kind: "Key", Items: views, Columns: keyColumns(time.Now()), Single: len(views) == 1})
}

func (k keyView) fields(server string) []cli.Field {
	expires := "never"
	if k.Expires != nil {
		expires = k.Expires.UTC().Format(time.RFC3339) + " (" + k.expiry(time.Now()) + ")"
	}
	rights := "all of user " + k.User
	if k.Rights == "policy" {
		rights = "what the policy below and the rights of user " + k.User + " both allow"
	}
	return []cli.Field{
		{Name: "Access Key", Value: k.Metadata.Name},
		{Name: "Server", Value: server},
		{Name: "User", Value: k.User},
		{Name: "Status", Value: k.Status},
		{Name: "Name", Value: orNone(k.Name)},
		{Name: "Description", Value: orNone(k.Description)},
		{Name: "Expires", Value: expires},
		{Name: "Rights", Value: rights},
		{Name: "Policy", Value: pretty(k.Document)},
	}
}
