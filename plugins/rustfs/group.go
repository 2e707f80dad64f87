package rustfs

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func newGroup(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "group",
		Aliases: []string{"groups"},
		Short:   "List, create, describe, edit, fill, enable, disable and delete groups",
		Long:    "List, create, describe, edit, enable, disable and delete groups, and change who is in them.\n\n" + cli.ExitHelp(""),
		Example: "  # All groups\n  kubectl rustfs group ls",
	}
	cmd.AddCommand(newGroupLs(p), newGroupDescribe(p), newGroupCreate(p), newGroupEdit(p), newGroupDelete(p), newGroupAdd(p), newGroupRemove(p), newGroupEnable(p), newGroupDisable(p))
	return cmd
}

// groupView is a group as it is printed.
type groupView struct {
	Metadata  cli.Meta     `json:"metadata"`
	Status    string       `json:"status,omitempty"`
	Policies  []string     `json:"policies,omitempty"`
	Members   []string     `json:"members,omitempty"`
	UpdatedAt *metav1.Time `json:"updatedAt,omitempty"`
}

func newGroupView(g admin.Group) groupView {
	return groupView{Metadata: cli.Meta{Name: g.Name}, Status: state(g.Enabled), Policies: g.Policies, Members: g.Members, UpdatedAt: stamp(g.Updated)}
}

func groupColumns(now time.Time) []cli.Column[groupView] {
	return []cli.Column[groupView]{
		{Name: "Name", Value: func(g groupView) string { return g.Metadata.Name }},
		{Name: "Status", Value: func(g groupView) string { return orUnknown(g.Status) }},
		{Name: "Policies", Value: func(g groupView) string { return namesCell(g.Policies) }},
		{Name: "Members", Value: func(g groupView) string { return strconv.Itoa(len(g.Members)) }},
		{Name: "Updated", Value: func(g groupView) string { return ageCell(g.UpdatedAt, now) }},
		{Name: "Users", Wide: true, Value: func(g groupView) string { return namesCell(g.Members) }},
	}
}

// groupsOf asks for groups by name.
func groupsOf(ctx context.Context, t *target, names []string) ([]groupView, error) {
	views := make([]groupView, 0, len(names))
	for _, n := range names {
		g, err := t.admin.Group(ctx, n)
		if err != nil {
			return nil, found(err, iam.Group, n)
		}
		views = append(views, newGroupView(g))
	}
	return views, nil
}

// groupStatus is the work of group enable and group disable.
type groupStatus struct {
	*plugin
	enable bool
}

func (o *groupStatus) run(ctx context.Context, names []string) error {
	return o.each(ctx, iam.Group, names, o.set)
}

func (o *groupStatus) set(ctx context.Context, t *target, name string) error {
	g, err := t.admin.Group(ctx, name)
	if err != nil {
		return found(err, iam.Group, name)
	}
	verb := "unchanged"
	if g.Enabled != o.enable {
		verb = state(o.enable)
		if !o.enable && len(g.Members) > 0 {
			o.Warnf("one disabled group takes all rights from its members, also those of their own and of other groups: %s", strings.Join(g.Members, ", "))
		}
		if o.Rehearsing() == cli.DryRunNone {
			if err := t.admin.SetGroupStatus(ctx, name, o.enable); err != nil {
				return found(err, iam.Group, name)
			}
		}
	}
	g.Enabled = o.enable
	return cli.Report(o.UI, "Group", name, verb, newGroupView(g))
}

// groupMembers is the work of group add and group remove.
type groupMembers struct {
	*plugin
	remove bool
}

func (o *groupMembers) run(ctx context.Context, group string, users []string) error {
	if err := validExisting(iam.Group, []string{group}); err != nil {
		return err
	}
	if err := validExisting(iam.User, users); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	g, err := t.admin.Group(ctx, group)
	if admin.IsNotFound(err) {
		return cli.Hintf(&iamError{iam.Group, group, "does not exist"}, "make it with: kubectl rustfs group create %s", group)
	}
	if err != nil {
		return err
	}
	if err := allExist(ctx, t, iam.User, users, userNames); err != nil {
		return err
	}
	after := changeMembers(g.Members, users, o.remove)
	verb := "unchanged"
	if len(after) != len(g.Members) {
		verb = "configured"
		if o.Rehearsing() == cli.DryRunNone {
			change := t.admin.AddMembers
			if o.remove {
				change = t.admin.RemoveMembers
			}
			if err := change(ctx, group, users...); err != nil {
				return err
			}
		}
		if !o.remove && !g.Enabled {
			o.Warnf("group %q is disabled, which takes all rights from its members", group)
		}
	}
	g.Members = after
	return cli.Report(o.UI, "Group", group, verb, newGroupView(g))
}

// changeMembers is who is in a group after users were added or removed.
func changeMembers(now, users []string, remove bool) []string {
	in := map[string]bool{}
	for _, m := range now {
		in[m] = true
	}
	for _, u := range users {
		in[u] = !remove
	}
	var out []string
	for name, is := range in {
		if is {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
