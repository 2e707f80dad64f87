package etcdbackup

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

// completeLimit is how long a person waits for tab.
const completeLimit = 2 * time.Second

// completeSnapshots offers latest and the object keys, newest first.
func (p *plugin) completeSnapshots(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(c.Context(), completeLimit)
	defer cancel()
	_, catalog, err := p.catalog(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := []string{"latest\tthe newest backup"}
	for _, s := range catalog.Snapshots {
		names = append(names, s.Object+"\t"+cli.Size(s.Size)+", "+cli.Age(s.Key.Time, time.Now())+" ago")
	}
	names = slices.DeleteFunc(names, func(n string) bool {
		bare, _, _ := strings.Cut(n, "\t")
		return !strings.HasPrefix(bare, prefix) || slices.Contains(args, bare)
	})
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
