package rustfs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type policyExplain struct {
	*plugin
	file string
}

func newPolicyExplain(p *plugin) *cobra.Command {
	o := &policyExplain{plugin: p}
	cmd := &cobra.Command{
		Use:   "explain NAME | -f FILE",
		Short: "Say in words what a policy allows and denies",
		Long: "Say in words what a policy allows and denies: for each statement which actions, sorted into list, read, write, delete and\n" +
			"admin, on what, and under which conditions; and what in it does not do what it seems to.\n\n" + cli.ExitHelp(""),
		Example: `  # A policy of the server
  kubectl rustfs policy explain readwrite

  # A file, before it is put
  kubectl rustfs policy explain -f logs-writer.json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeFirst(p.completeNames(policyNames), completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringVarP(&o.file, "file", "f", "", "File with the policy; - reads it from stdin")
	o.AddPrintFlags(cmd)
	return cmd
}

// ruleView is what one statement says of actions with one effect.
type ruleView struct {
	Metadata   cli.Meta `json:"metadata"` // the policy
	Statement  int      `json:"statement"`
	Sid        string   `json:"sid,omitempty"`
	Effect     string   `json:"effect"`
	Does       string   `json:"does"` // list, read, write, delete, admin, or "all but"
	Actions    []string `json:"actions"`
	On         string   `json:"on"`
	Conditions []string `json:"conditions,omitempty"`
}

func (o *policyExplain) run(ctx context.Context, names []string) error {
	name, d, err := o.document(ctx, o.file, names)
	if err != nil {
		return err
	}
	var views []ruleView
	for i, s := range d.Statements {
		views = append(views, explain(name, i+1, s)...)
	}
	if err := cli.Print(o.UI, cli.List[ruleView]{Kind: "PolicyRule", Items: views, Columns: ruleColumns(), Empty: "The policy has no statements: it allows nothing."}); err != nil {
		return err
	}
	for _, f := range iam.Lint(d) {
		o.Warnf("%s", f)
	}
	return nil
}

// document reads a policy from a file, or by its name from the server. Nothing
// is refused but what is no policy at all.
func (p *plugin) document(ctx context.Context, file string, names []string) (string, iam.Document, error) {
	switch {
	case file != "" && len(names) > 0:
		return "", iam.Document{}, cli.Usagef("a name and --file mean two policies").WithHint("use one of them")
	case file != "":
		d, err := p.parseDocument("--file", file)
		return file, d, err
	case len(names) == 0:
		return "", iam.Document{}, cli.Usagef("the policy is missing").WithHint("name one of the server's, or a file: -f FILE")
	}
	if err := validExisting(iam.Policy, names); err != nil {
		return names[0], iam.Document{}, err
	}
	t, err := p.target(ctx)
	if err != nil {
		return names[0], iam.Document{}, err
	}
	policy, err := t.admin.Policy(ctx, names[0])
	if err != nil {
		return names[0], iam.Document{}, found(err, iam.Policy, names[0])
	}
	d, err := iam.Parse(policy.Document)
	return names[0], d, err
}

func explain(name string, number int, s iam.Statement) []ruleView {
	on := "all buckets and objects"
	switch {
	case len(s.NotResource) > 0:
		on = "all but " + strings.Join(s.NotResource, ", ")
	case len(s.Resource) == 0:
		on = "the server"
	case !slices.Contains(s.Resource, "arn:aws:s3:::*"):
		on = strings.Join(s.Resource, ", ")
	}
	v := ruleView{Metadata: cli.Meta{Name: name}, Statement: number, Sid: s.Sid, Effect: s.Effect, On: on, Conditions: iam.ConditionWords(s)}
	if len(s.NotAction) > 0 {
		v.Does, v.Actions = "all but", s.NotAction
		return []ruleView{v}
	}
	var out []ruleView
	for _, g := range iam.ByEffect(s.Action) {
		v.Does, v.Actions = g.Effect, g.Actions
		if slices.Contains(g.Actions, "s3:*") {
			v.Does = "all of S3"
		}
		out = append(out, v)
	}
	return out
}

func ruleColumns() []cli.Column[ruleView] {
	return []cli.Column[ruleView]{
		{Name: "Statement", Value: func(v ruleView) string { return strings.TrimSpace(fmt.Sprintf("%d %s", v.Statement, v.Sid)) }},
		{Name: "Effect", Value: func(v ruleView) string { return v.Effect }},
		{Name: "Does", Value: func(v ruleView) string { return v.Does }},
		{Name: "Actions", Value: func(v ruleView) string { return strings.Join(v.Actions, ", ") }},
		{Name: "On", Value: func(v ruleView) string { return v.On }},
		{Name: "If", Value: func(v ruleView) string { return orNone(strings.Join(v.Conditions, " and ")) }},
	}
}
