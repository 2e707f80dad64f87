package rustfs

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type userLs struct{ *plugin }

func newUserLs(p *plugin) *cobra.Command {
	o := &userLs{p}
	cmd := &cobra.Command{
		Use:     "ls [NAME...]",
		Aliases: []string{"list", "get"},
		Short:   "List the users, with their policies and groups",
		Long: "List the users, with the policies attached to them directly and their groups. Root is none of them, and access keys are\n" +
			"listed by key ls.\n\n" + cli.ExitHelp(""),
		Example: `  # All users
  kubectl rustfs user ls

  # The names alone
  kubectl rustfs user ls -o name`,
		ValidArgsFunction: p.completeNames(userNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *userLs) run(ctx context.Context, names []string) error {
	if err := validExisting(iam.User, names); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	users, err := t.admin.Users(ctx)
	if err != nil {
		return err
	}
	if users, err = named(users, names, func(u admin.User) string { return u.Name }, missing(iam.User)); err != nil {
		return err
	}
	views := make([]userView, 0, len(users))
	for _, u := range users {
		views = append(views, newUserView(u))
	}
	return cli.Print(o.UI, cli.List[userView]{Kind: "User", Items: views, Columns: userColumns(time.Now()), Empty: "No users found on " + t.name() + "."})
}
