package rustfs

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

type userSetSecret struct {
	*plugin
	handout    handout
	secretFile string
}

func newUserSetSecret(p *plugin) *cobra.Command {
	o := &userSetSecret{plugin: p}
	cmd := &cobra.Command{
		Use:     "set-secret NAME",
		Aliases: []string{"passwd"},
		Short:   "Give a user another secret",
		Long: "Give a user another secret, generated or read from --secret-file; the old one stops working at once. It is only shown on\n" +
			"--show-once, and goes into a Secret with --to-secret. Policies, groups, status and access keys stay: the access keys\n" +
			"have secrets of their own, which rotate replaces.\n\n" + cli.ExitHelp(""),
		Example: `  # For a person, who must keep what is shown
  kubectl rustfs user set-secret alice --show-once

  # Into the Secret that a program uses
  kubectl rustfs user set-secret loki --to-secret monitoring/loki-s3`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeNames(userNames), completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	cmd.Flags().StringVar(&o.secretFile, "secret-file", "", "File with the user's secret; - reads it from stdin")
	o.handout.flags(cmd)
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *userSetSecret) run(ctx context.Context, name string) error {
	if err := validExisting(iam.User, []string{name}); err != nil {
		return err
	}
	if err := o.handout.check(o.plugin, o.secretFile == ""); err != nil {
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
	u, err := t.admin.User(ctx, name)
	if err != nil {
		return found(err, iam.User, name)
	}
	o.equivalent("mc", "admin", "user", "add", "rustfs", name)
	if err := o.handout.rehearse(ctx, o.plugin, name); err != nil {
		return err
	}
	if o.Rehearsing() == cli.DryRunNone {
		if err := t.admin.SetUserSecret(ctx, name, s, u.Enabled); err != nil {
			return err
		}
		if err := o.handout.keep(ctx, o.plugin, name, s); err != nil {
			return cli.Hintf(fmt.Errorf("the user has another secret, and it could not be handed out: %w", err), "set it again")
		}
	}
	v := newUserView(u)
	v.Credentials = o.handout.view(o.plugin, name, s)
	if err := cli.Report(o.UI, "User", name, "secret set", v); err != nil {
		return err
	}
	return o.handout.show(o.plugin, v.Credentials)
}

// newSecret reads a secret from a file, or generates one.
func (p *plugin) newSecret(file string) (secret.Value, error) {
	if file == "" {
		text, err := iam.GenerateSecret(rand.Reader)
		return secret.New(text), err
	}
	text, err := cli.ReadSecret(file, "", p.In)
	if err == nil {
		err = iam.ValidateSecret(text)
	}
	if err != nil {
		return secret.Value{}, usage(fmt.Errorf("--secret-file: %w", err))
	}
	return secret.New(text), nil
}
