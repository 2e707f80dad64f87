package rustfs

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func newUser(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "user",
		Aliases: []string{"users"},
		Short:   "List, create, describe, edit, enable, disable and delete users",
		Long:    "List, create, describe, edit, enable, disable and delete users.\n\n" + cli.ExitHelp(""),
		Example: "  # All users\n  kubectl rustfs user ls",
	}
	cmd.AddCommand(newUserLs(p), newUserDescribe(p), newUserCreate(p), newUserEdit(p), newUserSetSecret(p), newUserDelete(p), newUserEnable(p), newUserDisable(p))
	return cmd
}

// userView is a user as it is printed.
type userView struct {
	Metadata    cli.Meta         `json:"metadata"`
	Status      string           `json:"status,omitempty"`
	Policies    []string         `json:"policies,omitempty"` // attached to the user itself
	Groups      []string         `json:"groups,omitempty"`
	UpdatedAt   *metav1.Time     `json:"updatedAt,omitempty"`
	Credentials *credentialsView `json:"credentials,omitempty"` // only of a new user, with --show-once
}

func newUserView(u admin.User) userView {
	return userView{Metadata: cli.Meta{Name: u.Name}, Status: state(u.Enabled), Policies: u.Policies, Groups: u.Groups, UpdatedAt: stamp(u.Updated)}
}

func userColumns(now time.Time) []cli.Column[userView] {
	return []cli.Column[userView]{
		{Name: "Name", Value: func(u userView) string { return u.Metadata.Name }},
		{Name: "Status", Value: func(u userView) string { return u.Status }},
		{Name: "Policies", Value: func(u userView) string { return namesCell(u.Policies) }},
		{Name: "Groups", Value: func(u userView) string { return namesCell(u.Groups) }},
		{Name: "Updated", Value: func(u userView) string { return ageCell(u.UpdatedAt, now) }},
	}
}

// userStatus is the work of user enable and user disable.
type userStatus struct {
	*plugin
	enable bool
}

func (o *userStatus) run(ctx context.Context, names []string) error {
	return o.each(ctx, iam.User, names, o.set)
}

func (o *userStatus) set(ctx context.Context, t *target, name string) error {
	u, err := t.admin.User(ctx, name)
	if err != nil {
		return found(err, iam.User, name)
	}
	verb := "unchanged"
	if u.Enabled != o.enable {
		verb = state(o.enable)
		if o.Rehearsing() == cli.DryRunNone {
			if err := t.admin.SetUserStatus(ctx, name, o.enable); err != nil {
				return found(err, iam.User, name)
			}
		}
	}
	u.Enabled = o.enable
	return cli.Report(o.UI, "User", name, verb, newUserView(u))
}
