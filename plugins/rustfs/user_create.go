package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

type userCreate struct {
	*plugin
	handout    handout
	policies   []string
	groups     []string
	secretFile string
}

func newUserCreate(p *plugin) *cobra.Command {
	o := &userCreate{plugin: p}
	cmd := &cobra.Command{
		Use:     "create NAME",
		Aliases: []string{"add"},
		Short:   "Create a user, never overwriting one",
		Long: "Create a user, with policies and groups that are there already. A user that exists is an error: the server itself would\n" +
			"give it the new secret. The secret is generated, or read from --secret-file; it is only shown on --show-once, and goes\n" +
			"into a Secret with --to-secret. If a step fails, the user is removed again.\n\n" + cli.ExitHelp(""),
		Example: `  # With a generated secret, straight into a Secret of the cluster
  kubectl rustfs user create loki --policy logs-writer --to-secret monitoring/loki-s3

  # For a person, who must keep what is shown
  kubectl rustfs user create alice --group devs --show-once

  # With a secret from elsewhere
  kubectl rustfs user create alice --secret-file -`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	cmd.Flags().StringSliceVar(&o.policies, "policy", nil, "Policy to attach to the user; may be repeated")
	cmd.Flags().StringSliceVar(&o.groups, "group", nil, "Group to put the user into; may be repeated")
	cmd.Flags().StringVar(&o.secretFile, "secret-file", "", "File with the user's secret; - reads it from stdin")
	completeFlag(cmd, "policy", p.completeNames(policyNames))
	completeFlag(cmd, "group", p.completeNames(groupNames))
	o.handout.flags(cmd)
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *userCreate) run(ctx context.Context, name string) error {
	if err := o.check(name); err != nil {
		return err
	}
	s, err := o.newSecret(o.secretFile)
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	if err := o.possible(ctx, t, name); err != nil {
		return err
	}
	if o.Rehearsing() == cli.DryRunNone {
		if err := o.create(ctx, t, name, s); err != nil {
			return err
		}
	}
	v := newUserView(admin.User{Name: name, Enabled: true, Policies: o.policies, Groups: o.groups})
	v.Credentials = o.handout.view(o.plugin, name, s)
	if err := cli.Report(o.UI, "User", name, "created", v); err != nil {
		return err
	}
	return o.handout.show(o.plugin, v.Credentials)
}

// check looks at the command line alone.
func (o *userCreate) check(name string) error {
	if err := validNew(iam.ValidateUser, []string{name}); err != nil {
		return err
	}
	if err := validExisting(iam.Policy, o.policies); err != nil {
		return err
	}
	if err := validExisting(iam.Group, o.groups); err != nil {
		return err
	}
	return o.handout.check(o.plugin, o.secretFile == "")
}

// possible asks for everything that could stop the creation, before it. The
// server has no call that only creates, so existence is asked first.
func (o *userCreate) possible(ctx context.Context, t *target, name string) error {
	_, err := t.admin.User(ctx, name)
	switch {
	case err == nil:
		return cli.Hintf(&iamError{iam.User, name, "exists already"}, "look at it with: kubectl rustfs user describe %s", name)
	case admin.IsKeyNotUser(err):
		return cli.Hintf(&iamError{iam.User, name, "is the name of an access key"}, "choose another name; see: kubectl rustfs key describe %s", name)
	case !admin.IsNotFound(err):
		return err
	case name == t.credential.AccessKey:
		return &iamError{iam.User, name, "is the name of the key in use"}
	}
	if err := allExist(ctx, t, iam.Policy, o.policies, policyNames); err != nil {
		return err
	}
	if err := allExist(ctx, t, iam.Group, o.groups, groupNames); err != nil {
		return err
	}
	return o.handout.rehearse(ctx, o.plugin, name)
}

// create makes the user and what belongs to it, or nothing.
func (o *userCreate) create(ctx context.Context, t *target, name string, s secret.Value) error {
	if err := t.admin.AddUser(ctx, name, s); err != nil {
		return err
	}
	err := t.admin.AttachPolicies(ctx, admin.Holder{Name: name}, o.policies...)
	for _, g := range o.groups {
		if err == nil {
			err = t.admin.AddMembers(ctx, g, name)
		}
	}
	if err == nil {
		err = o.handout.keep(ctx, o.plugin, name, s)
	}
	if err != nil {
		return undo(ctx, iam.User, name, err, t.admin.RemoveUser)
	}
	return nil
}
