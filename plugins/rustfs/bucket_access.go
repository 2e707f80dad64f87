package rustfs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type bucketAccess struct {
	*plugin
	prefix string
}

func newBucketAccess(p *plugin) *cobra.Command {
	o := &bucketAccess{plugin: p}
	cmd := &cobra.Command{
		Use:     "access NAME [none|download|upload|public]",
		Aliases: []string{"anonymous"},
		Short:   "See or set what those without a key may do with a bucket",
		Long: "See or set what those without a key may do with a bucket, or with what is below a prefix of it: none, download (list\n" +
			"and get), upload (put and delete, without seeing anything), or public (both). Without a level it shows what is in\n" +
			"force; custom is what a policy says that is none of these. Setting a level merges statements into the bucket's policy\n" +
			"and takes out those of the same prefix that were made of levels, by this program, mc or the console; all others stay as\n" +
			"they are written. --diff shows what changes.\n\n" + cli.ExitHelp(""),
		Example: `  # What may anybody do?
  kubectl rustfs bucket access photos

  # Anybody may download what is below public/
  kubectl rustfs bucket access photos download --prefix public/ --diff

  # Nobody without a key
  kubectl rustfs bucket access photos none`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: completeFirst(p.completeBuckets, completeLevels),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringVar(&o.prefix, "prefix", "", "Only objects whose keys begin so")
	p.addSetterFlags(cmd)
	return cmd
}

func completeLevels(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, l := range bucket.Levels() {
		if strings.HasPrefix(string(l), prefix) {
			out = append(out, string(l))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// accessView is what those without a key may do with a bucket.
type accessView struct {
	Metadata cli.Meta       `json:"metadata"`
	Access   []prefixAccess `json:"access"`
}

type prefixAccess struct {
	Prefix string        `json:"prefix"`
	Access bucket.Access `json:"access"`
}

func (o *bucketAccess) run(ctx context.Context, args []string) error {
	if strings.ContainsAny(o.prefix, "*?$") {
		return cli.Usagef("--prefix: %q may not have the signs * ? $, which mean something in a policy", o.prefix)
	}
	if len(args) == 1 {
		return o.atBuckets(ctx, args, o.show)
	}
	level := bucket.Access(args[1])
	if !slices.Contains(bucket.Levels(), level) {
		return cli.Usagef("%q is no level of access", args[1]).WithHint("use one of: none, download, upload, public")
	}
	return o.atBuckets(ctx, args[:1], func(ctx context.Context, t *target, name string) error { return o.set(ctx, t, name, level) })
}

// show prints the bucket's own level and those of prefixes, or of one prefix.
func (o *bucketAccess) show(ctx context.Context, t *target, name string) error {
	o.equivalent("mc", "anonymous", "get", strings.TrimSuffix("rustfs/"+name+"/"+o.prefix, "/"))
	d, _, err := bucketPolicy(ctx, t, name)
	if err != nil {
		return err
	}
	rows := accessRows(d, name)
	if o.prefix != "" {
		rows = []prefixAccess{{o.prefix, bucket.AccessOf(d, name, o.prefix)}}
	}
	if !o.TableOutput() {
		v := accessView{Metadata: cli.Meta{Name: name}, Access: rows}
		return cli.Print(o.UI, cli.List[accessView]{Kind: "Bucket", Items: []accessView{v}, Single: true})
	}
	return cli.Print(o.UI, cli.List[prefixAccess]{Kind: "Bucket", Items: rows, Columns: []cli.Column[prefixAccess]{
		{Name: "Bucket", Value: func(prefixAccess) string { return name }},
		{Name: "Prefix", Value: func(r prefixAccess) string { return orNone(r.Prefix) }},
		{Name: "Access", Value: func(r prefixAccess) string { return string(r.Access) }},
	}})
}

// accessRows are the level of the bucket itself and those of prefixes that
// have one of their own.
func accessRows(d bucket.Policy, name string) []prefixAccess {
	rows := []prefixAccess{{"", bucket.AccessOf(d, name, "")}}
	for _, p := range bucket.AccessPrefixes(d, name) {
		if p != "" {
			rows = append(rows, prefixAccess{p, bucket.AccessOf(d, name, p)})
		}
	}
	return rows
}

func accessWords(rows []prefixAccess) string {
	return inLines(rows, func(r prefixAccess) string {
		if r.Prefix == "" {
			return string(r.Access)
		}
		return fmt.Sprintf("%s below %q", r.Access, r.Prefix)
	})
}

func (o *bucketAccess) set(ctx context.Context, t *target, name string, level bucket.Access) error {
	o.equivalent("mc", "anonymous", "set", string(level), strings.TrimSuffix("rustfs/"+name+"/"+o.prefix, "/"))
	now, before, err := bucketPolicy(ctx, t, name)
	if err != nil {
		return err
	}
	want := bucket.WithAccess(now, name, o.prefix, level)
	if got := bucket.AccessOf(want, name, o.prefix); got != level {
		o.Warnf("bucket %q: other statements of its policy make it %s all the same; see them with: kubectl rustfs bucket policy get %s", name, got, name)
	}
	return o.setBucketPolicy(ctx, t, name, "access set to "+string(level), before, want)
}
