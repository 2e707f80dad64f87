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

type groupDelete struct {
	*plugin
	force         bool
	ignoreMissing bool
}

func newGroupDelete(p *plugin) *cobra.Command {
	o := &groupDelete{plugin: p}
	cmd := &cobra.Command{
		Use:     "delete NAME...",
		Aliases: []string{"rm"},
		Short:   "Delete groups; one with members only with --force",
		Long: "Delete groups. A group with members is refused, unless --force takes them out first; then, and for a group with policies,\n" +
			"the name must be typed, or --yes given. Users and policies stay.\n\n" + cli.ExitHelp(""),
		Example: `  # An empty group
  kubectl rustfs group delete devs

  # What would be lost
  kubectl rustfs group delete devs --force --dry-run

  # In a script
  kubectl rustfs group delete devs --force --yes --ignore-not-found`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(groupNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.force, "force", false, "Delete the group although it has members")
	cmd.Flags().BoolVar(&o.ignoreMissing, "ignore-not-found", false, "No error when the group does not exist")
	o.AddYesFlag(cmd)
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *groupDelete) run(ctx context.Context, names []string) error {
	return o.each(ctx, iam.Group, names, o.delete)
}

func (o *groupDelete) delete(ctx context.Context, t *target, name string) error {
	g, err := t.admin.Group(ctx, name)
	if admin.IsNotFound(err) && o.ignoreMissing {
		o.Remarkf("group %q does not exist", name)
		return nil
	}
	if err != nil {
		return found(err, iam.Group, name)
	}
	if len(g.Members) > 0 && !o.force {
		return cli.Hintf(&iamError{iam.Group, name, "has members: " + strings.Join(g.Members, ", ")}, "add --force to delete it all the same; they lose its policies")
	}
	if len(g.Members)+len(g.Policies) > 0 {
		what := fmt.Sprintf("group %q on %s has policies %s and members %s", name, t.name(), namesCell(g.Policies), namesCell(g.Members))
		if err := o.Confirm(ctx, what+", who lose them", name); err != nil {
			return err
		}
		o.Remarkf("%s", what)
	}
	if o.Rehearsing() == cli.DryRunNone {
		if err := t.admin.RemoveMembers(ctx, name, g.Members...); err != nil {
			return err
		}
		if err := t.admin.RemoveGroup(ctx, name); err != nil {
			return found(err, iam.Group, name)
		}
	}
	return cli.Report(o.UI, "Group", name, "deleted", groupView{Metadata: cli.Meta{Name: name}})
}
