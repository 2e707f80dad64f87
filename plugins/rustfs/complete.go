package rustfs

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// completeLimit is how long a person waits for tab.
const completeLimit = 2 * time.Second

// completeBuckets offers the names of buckets that are not on the line yet.
func (p *plugin) completeBuckets(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(c.Context(), completeLimit)
	defer cancel()
	t, err := p.target(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	buckets, err := t.s3.Buckets(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, b := range buckets {
		if strings.HasPrefix(b.Name, prefix) && !slices.Contains(args, b.Name) {
			names = append(names, b.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeServers offers the RustFS servers for --server.
func (p *plugin) completeServers(c *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(c.Context(), completeLimit)
	defer cancel()
	k, err := p.kube(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	servers, err := k.FindServers(ctx, "")
	if err != nil {
		servers, err = k.FindServers(ctx, k.Namespace)
	}
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var ids []string
	for _, s := range servers {
		if strings.HasPrefix(s.ID(), prefix) {
			ids = append(ids, s.ID())
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// complete registers the completions of root's flags.
func (p *plugin) complete(root *cobra.Command) {
	if err := root.RegisterFlagCompletionFunc("server", p.completeServers); err != nil {
		panic(err) // the flag is added in where.go
	}
}
