package rustfs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/exposition"
)

type metrics struct{ survey }

// prometheusFormat is the format of Prometheus' scrapes and text files.
const prometheusFormat = "prometheus"

// metricView is one sample as an object.
type metricView struct {
	Metadata cli.Meta          `json:"metadata"`
	Type     exposition.Kind   `json:"type"`
	Labels   map[string]string `json:"labels,omitempty"`
	Value    float64           `json:"value"`
	Help     string            `json:"help"`
}

func newMetrics(p *plugin) *cobra.Command {
	o := &metrics{survey{plugin: p}}
	cmd := &cobra.Command{
		Use:   "metrics",
		Short: "Print measurements of the servers once, in Prometheus' text format",
		Long: "Ask the servers once and print what they measure, in Prometheus' text format: capacity, drives, usage and quota of each\n" +
			"bucket, health, version, and how old the scanner's figures are. RustFS has no page to scrape; this is for a text file of\n" +
			"the node exporter, a push gateway, or a look. Names begin with rustfs_ and stay as they are.\n\n" +
			cli.ExitHelp("a server did not answer: rustfs_up is 0"),
		Example: `  # For the node exporter's text file collector
  kubectl rustfs metrics > /var/lib/node_exporter/rustfs.prom

  # As a table, and as objects
  kubectl rustfs metrics -o table
  kubectl rustfs metrics -o json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.addFlag(cmd)
	o.AddPrintFlags(cmd, prometheusFormat)
	return cmd
}

func (o *metrics) run(ctx context.Context) error {
	found, err := o.look(ctx)
	if err != nil {
		return err
	}
	g := newGathering()
	var silent []string
	for _, s := range found {
		name, err := o.measure(ctx, g, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			silent = append(silent, fmt.Sprintf("server %s did not answer: %v", name, err))
		}
	}
	if err := o.print(g.families()); err != nil {
		return err
	}
	if len(silent) > 0 {
		return &cli.Found{Reason: strings.Join(silent, "; ")}
	}
	return nil
}

func (o *metrics) print(families []exposition.Family) error {
	if o.HumanOutput() || o.OwnFormat(prometheusFormat) {
		return exposition.Write(o.Out, families)
	}
	var views []metricView
	for _, f := range families {
		for _, s := range f.Samples {
			v := metricView{Metadata: cli.Meta{Name: f.Name}, Type: f.Kind, Value: s.Value, Help: f.Help}
			for _, l := range s.Labels {
				if v.Labels == nil {
					v.Labels = map[string]string{}
				}
				v.Labels[l.Name] = l.Value
			}
			views = append(views, v)
		}
	}
	return cli.Print(o.UI, cli.List[metricView]{Kind: "Metric", Items: views, Columns: metricColumns()})
}

func metricColumns() []cli.Column[metricView] {
	return []cli.Column[metricView]{
		{Name: "Name", Value: func(v metricView) string { return v.Metadata.Name }},
		{Name: "Labels", Value: func(v metricView) string { return tagsOf(v.Labels) }},
		{Name: "Value", Value: func(v metricView) string { return fmt.Sprint(v.Value) }},
		{Name: "Help", Wide: true, Value: func(v metricView) string { return v.Help }},
	}
}

// seconds is a time as metrics have it; ok is false for one that is unknown.
func seconds(t time.Time) (float64, bool) {
	return float64(t.UnixMilli()) / 1000, !t.IsZero()
}
