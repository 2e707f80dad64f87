package rustfs

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/diagnosis"
)

type doctor struct {
	survey
	only, skip []string
	ingress    bool
	via        string
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
	return o.findings(diagnosis.Check(c, rules, time.Now()))
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
