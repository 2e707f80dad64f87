package rustfs

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/declared"
)

type apply struct {
	*plugin
	files     []string
	prune     bool
	schema    bool
	secretsTo string
}

func newApply(p *plugin) *cobra.Command {
	o := &apply{plugin: p}
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Bring buckets, policies, groups, users and keys to what a document says",
		Long: "Bring the server to what a document says, in an order in which each step finds what it needs. What is so already is left\n" +
			"alone; after an interruption the same command goes on. Object lock can only be had at creation.\n\n" +
			"The secret of a new user or key is generated and written to the Secret that the document names as its secret, before\n" +
			"the server learns of it, or read from the one that it names as secretFrom; --secrets-to chooses Secrets for the rest.\n\n" +
			declaredHelp + cli.ExitHelp(""),
		Example: `  # What would be done, with the differences
  kubectl rustfs apply -f rustfs.yaml --dry-run --diff

  # Do it
  kubectl rustfs apply -f rustfs.yaml

  # On a new server: secrets of users and keys go into the namespace apps
  kubectl rustfs apply -f rustfs.yaml --secrets-to apps

  # The folder is the whole truth
  kubectl rustfs apply -f state/ --prune --yes`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: completeNothing,
		RunE:              func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	declaredFlags(cmd, &o.files, &o.prune)
	cmd.Flags().StringVar(&o.secretsTo, "secrets-to", "", "Namespace for the Secrets of new users and keys for which the document names none")
	cmd.Flags().BoolVar(&o.schema, "schema", false, "Print the JSON schema of the document instead")
	o.AddYesFlag(cmd)
	o.AddDryRunFlag(cmd, false)
	o.AddDiffFlag(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *apply) run(ctx context.Context) error {
	if o.schema {
		return printSchema(o.plugin)
	}
	if o.secretsTo != "" {
		if why := validation.IsDNS1123Label(o.secretsTo); len(why) > 0 {
			return cli.Usagef("--secrets-to: namespace %q: %s", o.secretsTo, why[0])
		}
	}
	doc, err := o.readDeclared(o.files)
	if err != nil {
		return err
	}
	p, err := o.plan(ctx, doc, declared.Options{Prune: o.prune})
	if err != nil {
		return err
	}
	if len(p.changes) == 0 {
		o.Remarkf("nothing to do: %s is what the document says", p.t.name())
		return nil
	}
	if lost := losses(p.changes); lost != "" {
		if err := o.Confirm(ctx, fmt.Sprintf("%s on %s are not in the document and will be deleted", lost, p.t.name()), "yes"); err != nil {
			return err
		}
	}
	a := &applier{plugin: o.plugin, t: p.t, secretsTo: o.secretsTo}
	return a.apply(ctx, p.changes)
}
