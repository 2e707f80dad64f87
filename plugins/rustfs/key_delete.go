package rustfs

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type keyDelete struct {
	*plugin
	ignoreMissing bool
}

func newKeyDelete(p *plugin) *cobra.Command {
	o := &keyDelete{plugin: p}
	cmd := &cobra.Command{
		Use:     "delete KEY...",
		Aliases: []string{"rm"},
		Short:   "Delete access keys",
		Long: "Delete access keys, after the key was typed or with --yes. Their user stays. Who still uses a key shows when it is\n" +
			"disabled first.\n\n" + cli.ExitHelp(""),
		Example: `  # In a script
  kubectl rustfs key delete AKIA123 --yes --ignore-not-found`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeNames(keyNames),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.ignoreMissing, "ignore-not-found", false, "No error when the access key does not exist")
	o.AddYesFlag(cmd)
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *keyDelete) run(ctx context.Context, keys []string) error {
	return o.each(ctx, iam.Key, keys, o.delete)
}

func (o *keyDelete) delete(ctx context.Context, t *target, accessKey string) error {
	k, err := t.admin.Key(ctx, accessKey)
	if admin.IsNotFound(err) && o.ignoreMissing {
		o.Remarkf("access key %q does not exist", accessKey)
		return nil
	}
	if err != nil {
		return found(err, iam.Key, accessKey)
	}
	what := fmt.Sprintf("access key %q of user %s on %s stops working, and nothing brings it back", accessKey, k.Parent, t.name())
	if err := o.Confirm(ctx, what, accessKey); err != nil {
		return err
	}
	if o.Rehearsing() == cli.DryRunNone {
		if err := t.admin.RemoveKey(ctx, accessKey); err != nil {
			return found(err, iam.Key, accessKey)
		}
	}
	return cli.Report(o.UI, "Key", accessKey, "deleted", keyView{Metadata: cli.Meta{Name: accessKey}})
}
