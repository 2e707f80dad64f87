package rustfs

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type userDelete struct {
	*plugin
	ignoreMissing bool
}

func newUserDelete(p *plugin) *cobra.Command {
	o := &userDelete{plugin: p}
	cmd := &cobra.Command{
		Use:     "delete NAME...",
		Aliases: []string{"rm"},
		Short:   "Delete users, with their access keys and memberships",
		Long: "Delete users, with their access keys and memberships, after the name was typed or with --yes. Buckets and objects stay.\n\n" +
			cli.ExitHelp(""),
		Example: `  # What would go
  kubectl rustfs user delete alice --dry-run

  # In a script
  kubectl rustfs user delete alice --yes --ignore-not-found`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(userNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.ignoreMissing, "ignore-not-found", false, "No error when the user does not exist")
	o.AddYesFlag(cmd)
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *userDelete) run(ctx context.Context, names []string) error {
	return o.each(ctx, iam.User, names, o.delete)
}

func (o *userDelete) delete(ctx context.Context, t *target, name string) error {
	u, err := t.admin.User(ctx, name)
	if admin.IsNotFound(err) && o.ignoreMissing {
		o.Remarkf("user %q does not exist", name)
		return nil
	}
	if err != nil {
		return found(err, iam.User, name)
	}
	keys, err := t.admin.KeysOf(ctx, name)
	if soft(err) != nil {
		return err
	}
	what := belongings(u, keys, err != nil)
	if err := o.Confirm(ctx, fmt.Sprintf("user %q on %s goes with %s, and nothing brings it back", name, t.name(), what), name); err != nil {
		return err
	}
	o.Remarkf("user %q goes with %s", name, what)
	if o.Rehearsing() == cli.DryRunNone {
		if err := t.admin.RemoveUser(ctx, name); err != nil {
			return found(err, iam.User, name)
		}
	}
	return cli.Report(o.UI, "User", name, "deleted", userView{Metadata: cli.Meta{Name: name}})
}

// belongings says what a user's deletion takes along.
func belongings(u admin.User, keys []admin.Key, unknown bool) string {
	what := cli.Plural(int64(len(keys)), "access key")
	if unknown {
		what = "all access keys"
	}
	if len(keys) > 0 {
		var names []string
		for _, k := range keys {
			names = append(names, k.AccessKey)
		}
		what += " (" + strings.Join(names, ", ") + ")"
	}
	if len(u.Groups) > 0 {
		what += " and the membership in " + strings.Join(u.Groups, ", ")
	}
	return what
}
