package rustfs

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/diagnosis"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

type doctor struct {
	survey
	rules   ruleFlags
	ingress bool
	via     string
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
  kubectl rustfs doctor --rule bucket-public --rule bucket-public-write
  kubectl rustfs doctor --skip no-tls -o json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.addFlag(cmd)
	fs := cmd.Flags()
	o.rules.add(cmd, doctorRules())
	fs.BoolVar(&o.ingress, "ingress", false, "Send a signed request through each route from outside, too")
	fs.StringVar(&o.via, "ingress-via", "", "ADDRESS:PORT to send the requests of --ingress to, whatever DNS says")
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *doctor) run(ctx context.Context) error {
	if err := o.rules.check(); err != nil {
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
	rules := slices.DeleteFunc(diagnosis.Rules(), func(r diagnosis.Rule) bool { return !o.rules.keep(r.Name) })
	return o.findings(diagnosis.Check(c, rules, time.Now()))
}

func doctorRules() []finding.Rule {
	var out []finding.Rule
	for _, r := range diagnosis.Rules() {
		out = append(out, r.Rule)
	}
	return out
}
