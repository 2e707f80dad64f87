package rustfs

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type groupEdit struct{ *plugin }

// groupPage is a group as it is edited.
type groupPage struct {
	Members  []string `json:"members"`
	Policies []string `json:"policies"`
	Status   string   `json:"status"`
}

func newGroupEdit(p *plugin) *cobra.Command {
	o := &groupEdit{p}
	cmd := &cobra.Command{
		Use:   "edit NAME",
		Short: "Change a group's members, policies and status in an editor",
		Long: "Change a group's members, policies and status on a page of YAML, in $KUBE_EDITOR, $EDITOR or vi. Only what is different\n" +
			"is sent; users and policies must exist. A page that cannot be taken comes back with the reason; one that is left as it\n" +
			"was changes nothing. A group without members stays.\n\n" + cli.ExitHelp(""),
		Example: `  # In an editor
  kubectl rustfs group edit devs

  # What would be different
  kubectl rustfs group edit devs --dry-run --diff`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeNames(groupNames), completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	o.AddDryRunFlag(cmd, false)
	o.AddDiffFlag(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *groupEdit) run(ctx context.Context, name string) error {
	if err := validExisting(iam.Group, []string{name}); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	g, err := t.admin.Group(ctx, name)
	if err != nil {
		return found(err, iam.Group, name)
	}
	policies, err := policyNames(ctx, t)
	if err != nil {
		return err
	}
	users, err := userNames(ctx, t)
	if err != nil {
		return err
	}
	now := groupPage{Members: sorted(g.Members), Policies: sorted(g.Policies), Status: state(g.Enabled)}
	after, ok, err := editPage(ctx, o.plugin, "group", now, func(p groupPage) error {
		for _, err := range []error{checkStatus(p.Status), checkNames(iam.Policy, p.Policies, policies), checkNames(iam.User, p.Members, users)} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !ok {
		return err
	}
	after.Members, after.Policies = sorted(after.Members), sorted(after.Policies)
	if after.Status == stateDisabled && len(after.Members) > 0 {
		o.Warnf("one disabled group takes all rights from its members, also those of their own and of other groups: %s", strings.Join(after.Members, ", "))
	}
	return o.change(ctx, change{
		kind: "Group", name: name, what: "settings", before: yamlText(now), after: yamlText(after), verb: "edited",
		object: newGroupView(admin.Group{Name: name, Enabled: after.Status == stateEnabled, Members: after.Members, Policies: after.Policies}),
		do:     func(ctx context.Context) error { return o.set(ctx, t, name, now, after) },
	})
}

// set sends what is different. Up to alpha.84 a disabled group hides its
// policies, so they are changed while it is enabled.
func (o *groupEdit) set(ctx context.Context, t *target, name string, now, after groupPage) error {
	status := func(want string) error {
		if now.Status == after.Status || after.Status != want {
			return nil
		}
		return t.admin.SetGroupStatus(ctx, name, want == stateEnabled)
	}
	added, removed := difference(now.Members, after.Members)
	if err := t.admin.RemoveMembers(ctx, name, removed...); err != nil {
		return err
	}
	if err := status(stateEnabled); err != nil {
		return err
	}
	if err := setPolicies(ctx, t, admin.Holder{Name: name, Group: true}, now.Policies, after.Policies); err != nil {
		return err
	}
	if len(added) > 0 {
		if err := t.admin.AddMembers(ctx, name, added...); err != nil {
			return err
		}
	}
	return status(stateDisabled)
}
