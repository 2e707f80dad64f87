package rustfs

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type keyLs struct {
	*plugin
	users []string
}

func newKeyLs(p *plugin) *cobra.Command {
	o := &keyLs{plugin: p}
	cmd := &cobra.Command{
		Use:     "ls [KEY...]",
		Aliases: []string{"list", "get"},
		Short:   "List the access keys of all users",
		Long: "List the access keys of all users, root's too: whose they are, whether they have all of the user's rights or a policy of\n" +
			"their own, and when they expire. A key that may not see others' shows its own user's.\n\n" + cli.ExitHelp(""),
		Example: `  # All keys
  kubectl rustfs key ls

  # Those of one user
  kubectl rustfs key ls --for loki`,
		ValidArgsFunction: p.completeNames(keyNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringSliceVar(&o.users, "for", nil, "Only the keys of this user; may be repeated")
	completeFlag(cmd, "for", p.completeNames(userNames))
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *keyLs) run(ctx context.Context, names []string) error {
	if err := validExisting(iam.Key, names); err != nil {
		return err
	}
	if err := validExisting(iam.User, o.users); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	keys, err := o.keys(ctx, t)
	if err != nil {
		return err
	}
	if keys, err = named(keys, names, func(k admin.Key) string { return k.AccessKey }, missing(iam.Key)); err != nil {
		return err
	}
	views := make([]keyView, 0, len(keys))
	for _, k := range keys {
		views = append(views, newKeyView(k))
	}
	return cli.Print(o.UI, cli.List[keyView]{Kind: "Key", Items: views, Columns: keyColumns(time.Now()), Empty: "No access keys found on " + t.name() + "."})
}

func (o *keyLs) keys(ctx context.Context, t *target) ([]admin.Key, error) {
	if len(o.users) == 0 {
		keys, err := t.admin.Keys(ctx)
		if admin.IsDenied(err) {
			o.Remarkf("access key %s may not list others' keys; these are its own user's", t.credential.AccessKey)
			return t.admin.KeysOf(ctx, "")
		}
		return keys, err
	}
	var out []admin.Key
	for _, u := range o.users {
		keys, err := t.admin.KeysOf(ctx, u)
		if err != nil {
			return nil, err
		}
		out = slices.Concat(out, keys)
	}
	return out, nil
}
