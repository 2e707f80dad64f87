package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type groupCreate struct {
	*plugin
	ifMissing bool
}

func newGroupCreate(p *plugin) *cobra.Command {
	o := &groupCreate{plugin: p}
	cmd := &cobra.Command{
		Use:   "create NAME...",
		Short: "Create groups",
		Long: "Create groups without members. A group that exists is an error, unless -p says that its existence is what counts;\n" +
			"its members and policies are not touched.\n\n" + cli.ExitHelp(""),
		Example: `  # A group, and somebody in it
  kubectl rustfs group create devs
  kubectl rustfs group add devs alice

  # Whether or not it is there already
  kubectl rustfs group create -p devs`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeNothing,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVarP(&o.ifMissing, "if-missing", "p", false, "No error when the group exists")
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *groupCreate) run(ctx context.Context, names []string) error {
	if err := validNew(iam.ValidateGroup, names); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	for _, n := range names {
		g, verb, err := o.create(ctx, t, n)
		if err != nil {
			return err
		}
		if err := cli.Report(o.UI, "Group", n, verb, newGroupView(g)); err != nil {
			return err
		}
	}
	return nil
}

func (o *groupCreate) create(ctx context.Context, t *target, name string) (g admin.Group, verb string, err error) {
	g, err = t.admin.Group(ctx, name)
	switch {
	case err == nil && o.ifMissing:
		return g, "unchanged", nil
	case err == nil:
		return g, "", cli.Hintf(&iamError{iam.Group, name, "exists already"}, "add -p if its existence is all you want")
	case !admin.IsNotFound(err):
		return g, "", err
	}
	if o.Rehearsing() == cli.DryRunNone {
		if err := t.admin.AddMembers(ctx, name); err != nil {
			return g, "", err
		}
	}
	return admin.Group{Name: name, Enabled: true}, "created", nil
}
