package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type userEdit struct{ *plugin }

// userPage is a user as it is edited.
type userPage struct {
	Groups   []string `json:"groups"`
	Policies []string `json:"policies"` // attached to the user itself
	Status   string   `json:"status"`
}

func newUserEdit(p *plugin) *cobra.Command {
	o := &userEdit{p}
	cmd := &cobra.Command{
		Use:   "edit NAME",
		Short: "Change a user's policies, groups and status in an editor",
		Long: "Change a user's policies, groups and status on a page of YAML, in $KUBE_EDITOR, $EDITOR or vi. Only what is different is\n" +
			"sent; policies and groups must exist. A page that cannot be taken comes back with the reason; one that is left as it\n" +
			"was changes nothing.\n\n" + cli.ExitHelp(""),
		Example: `  # In an editor
  kubectl rustfs user edit alice

  # What would be different
  kubectl rustfs user edit alice --dry-run --diff`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeNames(userNames), completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	o.AddDryRunFlag(cmd, false)
	o.AddDiffFlag(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *userEdit) run(ctx context.Context, name string) error {
	if err := validExisting(iam.User, []string{name}); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	u, err := t.admin.User(ctx, name)
	if err != nil {
		return found(err, iam.User, name)
	}
	policies, err := policyNames(ctx, t)
	if err != nil {
		return err
	}
	groups, err := groupNames(ctx, t)
	if err != nil {
		return err
	}
	now := userPage{Groups: sorted(u.Groups), Policies: sorted(u.Policies), Status: state(u.Enabled)}
	after, ok, err := editPage(ctx, o.plugin, "user", now, func(p userPage) error {
		for _, err := range []error{checkStatus(p.Status), checkNames(iam.Policy, p.Policies, policies), checkNames(iam.Group, p.Groups, groups)} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !ok {
		return err
	}
	after.Groups, after.Policies = sorted(after.Groups), sorted(after.Policies)
	return o.change(ctx, change{
		kind: "User", name: name, what: "settings", before: yamlText(now), after: yamlText(after), verb: "edited",
		object: newUserView(admin.User{Name: name, Enabled: after.Status == stateEnabled, Policies: after.Policies, Groups: after.Groups}),
		do:     func(ctx context.Context) error { return o.set(ctx, t, name, now, after) },
	})
}

// set sends what is different; less rights first.
func (o *userEdit) set(ctx context.Context, t *target, name string, now, after userPage) error {
	if now.Status != after.Status && after.Status == stateDisabled {
		if err := t.admin.SetUserStatus(ctx, name, false); err != nil {
			return err
		}
	}
	joined, left := difference(now.Groups, after.Groups)
	for _, g := range left {
		if err := t.admin.RemoveMembers(ctx, g, name); err != nil {
			return err
		}
	}
	if err := setPolicies(ctx, t, admin.Holder{Name: name}, now.Policies, after.Policies); err != nil {
		return err
	}
	for _, g := range joined {
		if err := t.admin.AddMembers(ctx, g, name); err != nil {
			return err
		}
	}
	if now.Status != after.Status && after.Status == stateEnabled {
		return t.admin.SetUserStatus(ctx, name, true)
	}
	return nil
}
