package rustfs

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/declared"
)

type diff struct {
	*plugin
	files []string
	prune bool
}

// declaredHelp says what a document manages.
const declaredHelp = "A setting or list that the document does not have is left as it is; one that it has and that is empty is emptied. With\n" +
	"--prune the document is the whole truth about the kinds that it contains: what else the things it names have is taken\n" +
	"away, and what it does not name is deleted. Built-in policies and the root key are never touched.\n\n"

func newDiff(p *plugin) *cobra.Command {
	o := &diff{plugin: p}
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Show what apply would change, in order and with reasons",
		Long: "Show what kubectl rustfs apply would change, in the order in which it would, with a reason and the difference of each\n" +
			"step. Documents are compared by their meaning, as the server takes them.\n\n" + declaredHelp + cli.ExitHelp("there are differences"),
		Example: `  # From a file
  kubectl rustfs diff -f rustfs.yaml

  # A folder, as the whole truth, as a table
  kubectl rustfs diff -f state/ --prune -o table`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: completeNothing,
		RunE:              func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	declaredFlags(cmd, &o.files, &o.prune)
	o.AddPrintFlags(cmd)
	return cmd
}

func declaredFlags(cmd *cobra.Command, files *[]string, prune *bool) {
	cmd.Flags().StringSliceVarP(files, "file", "f", nil, "File or folder with documents of YAML or JSON; - reads stdin; may be repeated")
	cmd.Flags().BoolVar(prune, "prune", false, "Take away what the document does not have, of the kinds that it contains")
}

func (o *diff) run(ctx context.Context) error {
	doc, err := o.readDeclared(o.files)
	if err != nil {
		return err
	}
	p, err := o.plan(ctx, doc, declared.Options{Prune: o.prune})
	if err != nil {
		return err
	}
	if o.HumanOutput() {
		if err := o.steps(p.changes); err != nil {
			return err
		}
	} else {
		views := make([]changeView, len(p.changes))
		for i, c := range p.changes {
			views[i] = newChangeView(c)
		}
		if err := cli.Print(o.UI, cli.List[changeView]{Kind: "Change", Items: views, Columns: changeColumns()}); err != nil {
			return err
		}
	}
	if len(p.changes) == 0 {
		o.Remarkf("no differences on %s", p.t.name())
		return nil
	}
	return &cli.Found{}
}

// steps writes each change with its reason and its difference.
func (o *diff) steps(changes []declared.Change) error {
	for i, c := range changes {
		name := c.ID()
		if c.Field != "" {
			name += " " + c.Field
		}
		head := fmt.Sprintf("# %d. %s %s: %s", i+1, c.Verb, name, c.Reason)
		if _, err := fmt.Fprintln(o.Out, o.Paint(o.Out, cli.Bold, head)); err != nil {
			return err
		}
		text, err := cli.Diff(name, c.Before, c.After)
		if err != nil {
			return err
		}
		for line := range strings.Lines(text) {
			if _, err := fmt.Fprintln(o.Out, o.diffLine(strings.TrimRight(line, "\n"))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *diff) diffLine(line string) string {
	switch {
	case strings.HasPrefix(line, "+"):
		return o.Paint(o.Out, cli.Green, line)
	case strings.HasPrefix(line, "-"):
		return o.Paint(o.Out, cli.Red, line)
	}
	return cli.Escape(line)
}
