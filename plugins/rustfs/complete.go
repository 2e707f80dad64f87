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

// completer is what cobra asks for the words that may follow.
type completer = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// completeNames offers the names that list finds and that are not on the line
// yet.
func (p *plugin) completeNames(list func(context.Context, *target) ([]string, error)) completer {
	return func(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(c.Context(), completeLimit)
		defer cancel()
		t, err := p.target(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		all, err := list(ctx, t)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var names []string
		for _, n := range all {
			if strings.HasPrefix(n, prefix) && !slices.Contains(args, n) {
				names = append(names, n)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFirst offers names for the first word alone.
func completeFirst(first, rest completer) completer {
	return func(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return first(c, args, prefix)
		}
		return rest(c, args, prefix)
	}
}

// completeNothing offers no words.
func completeNothing(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeFlag lets a flag of cmd be completed.
func completeFlag(cmd *cobra.Command, flag string, f completer) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // the caller added the flag
	}
}

func userNames(ctx context.Context, t *target) ([]string, error) {
	users, err := t.admin.Users(ctx)
	var names []string
	for _, u := range users {
		names = append(names, u.Name)
	}
	return names, err
}

func groupNames(ctx context.Context, t *target) ([]string, error) { return t.admin.Groups(ctx) }

func policyNames(ctx context.Context, t *target) ([]string, error) {
	policies, err := t.admin.Policies(ctx)
	var names []string
	for _, p := range policies {
		names = append(names, p.Name)
	}
	return names, err
}

func keyNames(ctx context.Context, t *target) ([]string, error) {
	keys, err := t.admin.Keys(ctx)
	var names []string
	for _, k := range keys {
		names = append(names, k.AccessKey)
	}
	return names, err
}

// holderNames are the users and groups as --to names them.
func holderNames(ctx context.Context, t *target) ([]string, error) {
	users, err := userNames(ctx, t)
	if err != nil {
		return nil, err
	}
	groups, err := groupNames(ctx, t)
	var names []string
	for _, u := range users {
		names = append(names, "user/"+u)
	}
	for _, g := range groups {
		names = append(names, "group/"+g)
	}
	return names, err
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
