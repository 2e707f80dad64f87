package rustfs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

// ruleFlags choose among rules.
type ruleFlags struct {
	all        []finding.Rule
	only, skip []string
}

func (f *ruleFlags) add(cmd *cobra.Command, all []finding.Rule) {
	f.all = all
	cmd.Flags().StringSliceVar(&f.only, "rule", nil, "Apply this rule only; may be repeated")
	cmd.Flags().StringSliceVar(&f.skip, "skip", nil, "Leave this rule out; may be repeated")
	completeFlag(cmd, "rule", f.complete)
	completeFlag(cmd, "skip", f.complete)
}

func (f *ruleFlags) complete(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, r := range f.all {
		if strings.HasPrefix(r.Name, prefix) {
			out = append(out, r.Name+"\t"+r.Asks)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// check refuses names that no rule has.
func (f *ruleFlags) check() error {
	names := make([]string, len(f.all))
	for i, r := range f.all {
		names[i] = r.Name
	}
	for _, name := range slices.Concat(f.only, f.skip) {
		if !slices.Contains(names, name) {
			return cli.Usagef("there is no rule %q", name).WithHint("the rules: %s", strings.Join(names, ", "))
		}
	}
	return nil
}

// keep reports whether a rule is to be applied.
func (f *ruleFlags) keep(name string) bool {
	return (len(f.only) == 0 || slices.Contains(f.only, name)) && !slices.Contains(f.skip, name)
}

// findingView is a finding as it is printed.
type findingView struct {
	Metadata cli.Meta `json:"metadata"` // the rule and what it is about
	finding.Finding
}

// findings prints what rules found, and is an error of its own when there is
// something to mend.
func (p *plugin) findings(found []finding.Finding) error {
	if err := p.printFindings(found); err != nil {
		return err
	}
	if finding.Bad(found) {
		return &cli.Found{Reason: summary(found)}
	}
	return nil
}

func (p *plugin) printFindings(found []finding.Finding) error {
	if p.HumanOutput() && len(found) > 0 {
		return pages(p, found, findingFields)
	}
	views := make([]findingView, len(found))
	for i, f := range found {
		views[i] = findingView{Metadata: cli.Meta{Name: strings.ReplaceAll(f.Rule+"."+f.Subject, "/", ".")}, Finding: f}
	}
	return cli.Print(p.UI, cli.List[findingView]{Kind: "Finding", Items: views, Columns: findingColumns(), Empty: "Nothing was found to be wrong."})
}

func findingFields(f finding.Finding) []cli.Field {
	return []cli.Field{
		{Name: "Finding", Value: f.Rule + " (" + string(f.Severity) + ")"},
		{Name: "About", Value: f.Subject},
		{Name: "What", Value: f.What},
		{Name: "Seen", Value: f.Proof},
		{Name: "Fix", Value: f.Fix},
		{Name: "See", Value: f.Link},
	}
}

func findingColumns() []cli.Column[findingView] {
	return []cli.Column[findingView]{
		{Name: "Severity", Value: func(v findingView) string { return string(v.Severity) }},
		{Name: "Rule", Value: func(v findingView) string { return v.Rule }},
		{Name: "About", Value: func(v findingView) string { return v.Subject }},
		{Name: "What", Value: func(v findingView) string { return v.What }},
		{Name: "Seen", Wide: true, Value: func(v findingView) string { return orNone(v.Proof) }},
		{Name: "Fix", Wide: true, Value: func(v findingView) string { return orNone(v.Fix) }},
	}
}

// summary counts the findings by severity.
func summary(findings []finding.Finding) string {
	n := map[finding.Severity]int64{}
	for _, f := range findings {
		n[f.Severity]++
	}
	var parts []string
	if c := n[finding.Critical]; c > 0 {
		parts = append(parts, fmt.Sprintf("%d critical", c))
	}
	if w := n[finding.Warning]; w > 0 {
		parts = append(parts, cli.Plural(w, "warning"))
	}
	if i := n[finding.Info]; i > 0 {
		parts = append(parts, cli.Plural(i, "remark"))
	}
	return strings.Join(parts, ", ")
}
