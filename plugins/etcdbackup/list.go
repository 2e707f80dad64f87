package etcdbackup

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type list struct{ *plugin }

func newList(p *plugin) *cobra.Command {
	o := &list{p}
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the backups, newest first",
		Long: "List all backups of all clusters in the bucket, newest first, with what their names and sizes say. Objects that\n" +
			"talos-backup did not write are counted on stderr.\n\n" + cli.ExitHelp(""),
		Example: examples(p.UI, `  # All backups
  {} list

  # Those of one cluster, for a script
  {} list --cluster-name prod -o jsonpath='{.items[*].metadata.name}'

  # While the Kubernetes API is down
  {} list --endpoint http://10.5.0.1:9000 --bucket etcd-backups`),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *list) run(ctx context.Context) error {
	a, c, err := o.catalog(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	views := make([]snapshotView, len(c.Snapshots))
	for i, s := range c.Snapshots {
		views[i] = newSnapshotView(s, a.bucket, now)
	}
	err = cli.Print(o.UI, cli.List[snapshotView]{Kind: "Snapshot", Items: views, Columns: snapshotColumns(), Empty: "No backups found in " + a.place() + "."})
	if n := len(c.Foreign); n > 0 {
		o.Remarkf("%s beside them not written by talos-backup", cli.Plural(int64(n), "object"))
	}
	return err
}
