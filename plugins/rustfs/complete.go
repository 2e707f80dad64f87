package rustfs

import (
	"context"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

// completeLimit is how long a person waits for tab.
const completeLimit = 2 * time.Second

// completer is what cobra asks for the words that may follow.
type completer = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// lister finds the names of one kind.
type lister = func(context.Context, *target) ([]string, error)

// completeNames offers the names that list finds and that are not on the line
// yet. Those that a function of its own name lists are remembered for a while;
// a closure may list something else each time.
func (p *plugin) completeNames(list lister) completer {
	return p.completeFrom(functionName(list), func(ctx context.Context) ([]string, error) {
		t, err := p.target(ctx)
		if err != nil {
			return nil, err
		}
		return list(ctx, t)
	})
}

// completeFrom offers names of a kind, which is empty where they are not to be
// remembered. Names that are no words for a shell are left out.
func (p *plugin) completeFrom(kind string, list func(context.Context) ([]string, error)) completer {
	return func(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(c.Context(), completeLimit)
		defer cancel()
		all, err := p.remembered(ctx, kind, list)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var names []string
		for _, n := range all {
			if strings.HasPrefix(n, prefix) && !slices.Contains(args, n) && cli.Escape(n) == n {
				names = append(names, n)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// remembered is list with a memory of 30 s: names alone, apart for each
// cluster, server and key.
func (p *plugin) remembered(ctx context.Context, kind string, list func(context.Context) ([]string, error)) ([]string, error) {
	key, ok := p.whose(kind)
	cache := cli.NewNameCache(Program().Name)
	if ok {
		if names, found := cache.Get(key...); found {
			return names, nil
		}
	}
	names, err := list(ctx)
	if err == nil && ok {
		cache.Put(names, key...)
	}
	return names, err
}

// whose tells apart what names are of, without asking anybody.
func (p *plugin) whose(kind string) (key []string, ok bool) {
	if kind == "" {
		return nil, false
	}
	where := []string{kind, p.where.endpoint, p.where.server, p.where.key.AccessKey}
	if p.where.endpoint != "" {
		return where, true
	}
	loader := p.kubeFlags.ToRawKubeConfigLoader()
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, false
	}
	namespace, explicit, err := loader.Namespace()
	if err != nil {
		return nil, false
	}
	raw, err := loader.RawConfig()
	if err != nil {
		return nil, false
	}
	return append(where, raw.CurrentContext, *p.kubeFlags.Context, config.Host, config.Username, config.Impersonate.UserName, namespace, strconv.FormatBool(explicit)), true
}

// functionName is the name of a function, and empty for a closure.
func functionName(f lister) string {
	name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	name = name[strings.LastIndexByte(name, '.')+1:]
	if strings.HasPrefix(name, "func") || name == "" || strings.HasSuffix(name, "-fm") {
		return ""
	}
	return name
}

// completeBuckets offers the names of buckets that are not on the line yet.
func (p *plugin) completeBuckets(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return p.completeNames(bucketNames)(c, args, prefix)
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

func bucketNames(ctx context.Context, t *target) ([]string, error) {
	buckets, err := t.s3.Buckets(ctx)
	var names []string
	for _, b := range buckets {
		names = append(names, b.Name)
	}
	return names, err
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

// serverNames are the RustFS servers as --server names them.
func (p *plugin) serverNames(ctx context.Context) ([]string, error) {
	k, err := p.kube(ctx)
	if err != nil {
		return nil, err
	}
	servers, err := k.Servers(ctx, "")
	if err != nil {
		servers, err = k.Servers(ctx, k.Namespace)
	}
	var ids []string
	for _, s := range servers {
		ids = append(ids, s.ID())
	}
	return ids, err
}

// complete registers the completions of root's flags.
func (p *plugin) complete(root *cobra.Command) {
	completeFlag(root, "server", p.completeFrom("servers", p.serverNames))
}
