package rustfs

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type groupDescribe struct{ *plugin }

func newGroupDescribe(p *plugin) *cobra.Command {
	o := &groupDescribe{p}
	cmd := &cobra.Command{
		Use:   "describe NAME...",
		Short: "Show everything about groups",
		Long:  "Show everything about groups on one page each: status, policies and members.\n\n" + cli.ExitHelp(""),
		Example: `  # One page
  kubectl rustfs group describe devs

  # Who is in it
  kubectl rustfs group describe devs -o jsonpath='{.members}'`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(groupNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *groupDescribe) run(ctx context.Context, names []string) error {
	if err := validExisting(iam.Group, names); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	views, err := groupsOf(ctx, t, names)
	if err != nil {
		return err
	}
	if o.HumanOutput() {
		return pages(o.plugin, views, func(g groupView) []cli.Field { return g.fields(t.name()) })
	}
	return cli.Print(o.UI, cli.List[groupView]{Kind: "Group", Items: views, Columns: groupColumns(time.Now()), Single: len(views) == 1})
}

func (g groupView) fields(server string) []cli.Field {
	status := g.Status
	if g.Status == stateDisabled && len(g.Members) > 0 {
		status += ", which takes all rights from its members"
	}
	return []cli.Field{
		{Name: "Name", Value: g.Metadata.Name},
		{Name: "Server", Value: server},
		{Name: "Status", Value: status},
		{Name: "Updated", Value: since(g.UpdatedAt)},
		{Name: "Policies", Value: namesCell(g.Policies)},
		{Name: "Members", Value: namesCell(g.Members)},
	}
}
