package rustfs

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type userDescribe struct{ *plugin }

// userDetails is everything about one user.
type userDetails struct {
	userView

	ThroughGroups []groupView `json:"throughGroups,omitempty"`
	Keys          []keyView   `json:"keys,omitempty"`
	Server        string      `json:"server"`
}

func newUserDescribe(p *plugin) *cobra.Command {
	o := &userDescribe{p}
	cmd := &cobra.Command{
		Use:   "describe NAME...",
		Short: "Show everything about users",
		Long: "Show everything about users on one page each: status, policies of their own and through groups, groups that take their\n" +
			"rights away because they are disabled, and access keys.\n\n" + cli.ExitHelp(""),
		Example: `  # One page
  kubectl rustfs user describe alice

  # As an object
  kubectl rustfs user describe alice -o yaml`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(userNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *userDescribe) run(ctx context.Context, names []string) error {
	if err := validExisting(iam.User, names); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	details := make([]userDetails, len(names))
	for i, n := range names {
		if details[i], err = describeUser(ctx, t, n); err != nil {
			return err
		}
	}
	if o.HumanOutput() {
		return pages(o.plugin, details, userDetails.fields)
	}
	return cli.Print(o.UI, cli.List[userDetails]{Kind: "User", Items: details, Columns: userDetailColumns(), Single: len(details) == 1})
}

// userDetailColumns are the columns of -o wide.
func userDetailColumns() []cli.Column[userDetails] {
	return []cli.Column[userDetails]{
		{Name: "Name", Value: func(d userDetails) string { return d.Metadata.Name }},
		{Name: "Status", Value: func(d userDetails) string { return d.Status }},
		{Name: "Policies", Value: func(d userDetails) string { return namesCell(d.Policies) }},
		{Name: "Groups", Value: func(d userDetails) string { return namesCell(d.Groups) }},
	}
}

// describeUser asks for a user, the groups and the keys. What the key in use
// may not ask stays out.
func describeUser(ctx context.Context, t *target, name string) (userDetails, error) {
	u, err := t.admin.User(ctx, name)
	if err != nil {
		return userDetails{}, found(err, iam.User, name)
	}
	d := userDetails{userView: newUserView(u), Server: t.name()}
	for _, n := range u.Groups {
		g, err := t.admin.Group(ctx, n)
		switch {
		case err == nil:
			d.ThroughGroups = append(d.ThroughGroups, newGroupView(g))
		case soft(err) != nil && !admin.IsNotFound(err):
			return d, err
		}
	}
	keys, err := t.admin.KeysOf(ctx, name)
	if soft(err) != nil {
		return d, err
	}
	for _, k := range keys {
		d.Keys = append(d.Keys, newKeyView(k))
	}
	return d, nil
}

func (d userDetails) fields() []cli.Field {
	out := []cli.Field{
		{Name: "Name", Value: d.Metadata.Name},
		{Name: "Server", Value: d.Server},
		{Name: "Status", Value: d.Status},
		{Name: "Updated", Value: since(d.UpdatedAt)},
		{Name: "Policies", Value: namesCell(d.Policies)},
	}
	var groups, off, keys []string
	for _, g := range d.ThroughGroups {
		groups = append(groups, g.Metadata.Name+": "+namesCell(g.Policies))
		if g.Status == stateDisabled {
			off = append(off, g.Metadata.Name)
		}
	}
	if len(groups) == 0 {
		groups = d.Groups
	}
	for _, k := range d.Keys {
		keys = append(keys, k.line())
	}
	out = append(out, cli.Field{Name: "Groups", Value: orNone(strings.Join(groups, "\n"))})
	if len(off) > 0 {
		out = append(out, cli.Field{Name: "Rights", Value: "none at all, because of the disabled group " + strings.Join(off, ", ")})
	}
	return append(out, cli.Field{Name: "Access Keys", Value: orNone(strings.Join(keys, "\n"))})
}
