package rustfs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/diagnosis"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

type doctor struct {
	survey
	only, skip []string
	ingress    bool
	via        string
}

// findingView is a finding as it is printed.
type findingView struct {
	Metadata cli.Meta `json:"metadata"`
	finding.Finding
}

func newDoctor(p *plugin) *cobra.Command {
	o := &doctor{survey: survey{plugin: p}}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find what is wrong with a server and with what is around it, and what mends it",
		Long: "Look at the servers, their pods, disks, ways from outside, buckets, users and keys, and at the workloads of the cluster, and\n" +
			"say what is wrong: how it shows, what mends it, and where to read on. Nothing is changed. What may not be looked at is\n" +
			"said as well.\n\n" +
			"With --ingress, the hosts of the server's routes are looked up and a signed request is sent through each. This leaves the\n" +
			"cluster, so it is only done when asked for; the request reads nothing but the caller's own name.\n\n" +
			cli.ExitHelp("something critical or a warning was found"),
		Example: `  # All of it
  kubectl rustfs doctor

  # Also through the ingress, or through one that DNS does not know yet
  kubectl rustfs doctor --ingress
  kubectl rustfs doctor --ingress --ingress-via 192.168.1.10:443

  # One rule; all but one; as objects
  kubectl rustfs doctor --rule public-bucket
  kubectl rustfs doctor --skip no-tls -o json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.addFlag(cmd)
	fs := cmd.Flags()
	fs.StringSliceVar(&o.only, "rule", nil, "Apply this rule only; may be repeated")
	fs.StringSliceVar(&o.skip, "skip", nil, "Leave this rule out; may be repeated")
	fs.BoolVar(&o.ingress, "ingress", false, "Send a signed request through each route from outside, too")
	fs.StringVar(&o.via, "ingress-via", "", "ADDRESS:PORT to send the requests of --ingress to, whatever DNS says")
	completeFlag(cmd, "rule", completeRules)
	completeFlag(cmd, "skip", completeRules)
	o.AddPrintFlags(cmd)
	return cmd
}

func completeRules(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, r := range diagnosis.Rules() {
		if strings.HasPrefix(r.Name, prefix) {
			out = append(out, r.Name+"\t"+r.Asks)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func (o *doctor) run(ctx context.Context) error {
	rules, err := o.rules()
	if err != nil {
		return err
	}
	if o.via != "" && !o.ingress {
		return cli.Usagef("--ingress-via needs --ingress")
	}
	if err := checkAddress(o.via); err != nil {
		return cli.Usagef("--ingress-via %s: %w", o.via, err).WithHint("for example: --ingress-via 192.168.1.10:443")
	}
	c, err := o.collect(ctx)
	if err != nil {
		return err
	}
	findings := diagnosis.Check(c, rules, time.Now())
	if err := o.show(findings); err != nil {
		return err
	}
	if finding.Bad(findings) {
		return &cli.Found{Reason: summary(findings)}
	}
	return nil
}

// rules are those that the flags leave.
func (o *doctor) rules() ([]diagnosis.Rule, error) {
	all := diagnosis.Rules()
	for _, name := range slices.Concat(o.only, o.skip) {
		if !slices.ContainsFunc(all, func(r diagnosis.Rule) bool { return r.Name == name }) {
			names := make([]string, len(all))
			for i, r := range all {
				names[i] = r.Name
			}
			return nil, cli.Usagef("there is no rule %q", name).WithHint("the rules: %s", strings.Join(names, ", "))
		}
	}
	return slices.DeleteFunc(all, func(r diagnosis.Rule) bool {
		return len(o.only) > 0 && !slices.Contains(o.only, r.Name) || slices.Contains(o.skip, r.Name)
	}), nil
}

func (o *doctor) show(findings []finding.Finding) error {
	if o.HumanOutput() && len(findings) > 0 {
		return pages(o.plugin, findings, findingFields)
	}
	views := make([]findingView, len(findings))
	for i, f := range findings {
		views[i] = findingView{Metadata: cli.Meta{Name: f.Rule}, Finding: f}
	}
	return cli.Print(o.UI, cli.List[findingView]{Kind: "Finding", Items: views, Columns: findingColumns(), Empty: "Nothing was found to be wrong."})
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
