package rustfs

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type groupLs struct{ *plugin }

func newGroupLs(p *plugin) *cobra.Command {
	o := &groupLs{p}
	cmd := &cobra.Command{
		Use:     "ls [NAME...]",
		Aliases: []string{"list", "get"},
		Short:   "List the groups, with their policies and members",
		Long:    "List the groups, with their policies and how many users are in them; -o wide names them.\n\n" + cli.ExitHelp(""),
		Example: `  # All groups
  kubectl rustfs group ls

  # With everybody in them
  kubectl rustfs group ls -o wide`,
		ValidArgsFunction: p.completeNames(groupNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *groupLs) run(ctx context.Context, names []string) error {
	if err := validExisting(iam.Group, names); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	all, err := t.admin.Groups(ctx)
	if err != nil {
		return err
	}
	if all, err = named(all, names, func(n string) string { return n }, missing(iam.Group)); err != nil {
		return err
	}
	views, err := o.look(ctx, t, all)
	if err != nil {
		return err
	}
	return cli.Print(o.UI, cli.List[groupView]{Kind: "Group", Items: views, Columns: groupColumns(time.Now()), Empty: "No groups found on " + t.name() + "."})
}

// look asks for each group, several at once. A group of which only a leftover
// is listed has no status.
func (o *groupLs) look(ctx context.Context, t *target, names []string) ([]groupView, error) {
	views := make([]groupView, len(names))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, n := range names {
		g.Go(func() error {
			views[i] = groupView{Metadata: cli.Meta{Name: n}}
			group, err := t.admin.Group(ctx, n)
			if err == nil {
				views[i] = newGroupView(group)
				return nil
			}
			if admin.IsNotFound(err) {
				return nil
			}
			return soft(err)
		})
	}
	return views, g.Wait()
}
