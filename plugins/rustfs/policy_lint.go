package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type policyLint struct {
	*plugin
	file string
}

func newPolicyLint(p *plugin) *cobra.Command {
	o := &policyLint{plugin: p}
	cmd := &cobra.Command{
		Use:   "lint NAME | -f FILE",
		Short: "Find what the servers refuse in a policy, and what does not do what it seems to",
		Long: "Hold a policy against the servers' rules: what they refuse is critical, what does not do what it seems to is a warning.\n" +
			"A file is not sent anywhere.\n\n" + cli.ExitHelp("something was found"),
		Example: `  # A file, before it is put
  kubectl rustfs policy lint -f logs-writer.json

  # One of the server's
  kubectl rustfs policy lint logs-writer`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeFirst(p.completeNames(policyNames), completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringVarP(&o.file, "file", "f", "", "File with the policy; - reads it from stdin")
	o.AddPrintFlags(cmd)
	return cmd
}

// lintView is a finding in a policy.
type lintView struct {
	Metadata  cli.Meta         `json:"metadata"` // the policy
	Severity  finding.Severity `json:"severity"`
	Statement int              `json:"statement,omitempty"` // from 1; absent: the document
	What      string           `json:"what"`
}

func (o *policyLint) run(ctx context.Context, names []string) error {
	name, d, err := o.document(ctx, o.file, names)
	if err != nil {
		return err
	}
	views := []lintView{}
	for _, f := range iam.Lint(d) {
		v := lintView{Metadata: cli.Meta{Name: name}, Severity: finding.Warning, Statement: f.Statement, What: f.Text}
		if f.Fatal {
			v.Severity = finding.Critical
		}
		views = append(views, v)
	}
	columns := []cli.Column[lintView]{
		{Name: "Severity", Value: func(v lintView) string { return string(v.Severity) }},
		{Name: "What", Value: func(v lintView) string { return iam.Finding{Statement: v.Statement, Text: v.What}.String() }},
	}
	if err := cli.Print(o.UI, cli.List[lintView]{Kind: "PolicyFinding", Items: views, Columns: columns, Empty: "Nothing found in " + name + "."}); err != nil {
		return err
	}
	if len(views) > 0 {
		return &cli.Found{}
	}
	return nil
}
