package rustfs

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/declared"
)

type export struct {
	*plugin
	format  string
	kinds   []string
	buckets []string
	schema  bool
}

func newExport(p *plugin) *cobra.Command {
	o := &export{plugin: p}
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write buckets, policies, groups, users and keys as one document",
		Long: "Write the state of the server as one document of YAML: buckets with their settings, policies, groups, users and access\n" +
			"keys. The same state gives the same bytes. Secrets are not in it, nor the built-in policies, the root key and its access\n" +
			"keys. kubectl rustfs diff holds the document against a server, kubectl rustfs apply brings a server to it.\n\n" + cli.ExitHelp(""),
		Example: `  # Everything
  kubectl rustfs export > rustfs.yaml

  # Two buckets
  kubectl rustfs export --buckets photos,logs

  # Who is who
  kubectl rustfs export --kind users,groups,policies

  # For an editor that completes and checks the document
  kubectl rustfs export --schema > rustfs.schema.json`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: completeNothing,
		RunE:              func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	cmd.Flags().StringVarP(&o.format, "output", "o", "yaml", "Output format: yaml or json")
	cmd.Flags().StringSliceVar(&o.kinds, "kind", nil, "Only these kinds: buckets, policies, groups, users, keys")
	cmd.Flags().StringSliceVar(&o.buckets, "buckets", nil, "Only these buckets, and nothing else unless --kind names it")
	cmd.Flags().BoolVar(&o.schema, "schema", false, "Print the JSON schema of the document instead")
	completeFlag(cmd, "output", cobra.FixedCompletions([]string{"yaml", "json"}, cobra.ShellCompDirectiveNoFileComp))
	completeFlag(cmd, "kind", cobra.FixedCompletions([]string{"buckets", "policies", "groups", "users", "keys"}, cobra.ShellCompDirectiveNoFileComp))
	completeFlag(cmd, "buckets", p.completeBuckets)
	return cmd
}

func (o *export) run(ctx context.Context) error {
	kinds, err := o.check()
	if err != nil {
		return err
	}
	if o.schema {
		return printSchema(o.plugin)
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	s, err := readState(ctx, t, kinds, o.buckets)
	if err != nil {
		return err
	}
	for _, n := range o.buckets {
		if !slices.ContainsFunc(s.Buckets, func(b declared.Bucket) bool { return b.Name == n }) {
			return noSuchBucket(n)
		}
	}
	keep(&s.Document, kinds)
	for _, r := range s.remarks {
		if slices.Contains(kinds, declared.KindKey) {
			o.Remarkf("%s", r)
		}
	}
	text, err := s.YAML()
	if o.format == "json" {
		text, err = s.JSON()
		text = append(text, '\n')
	}
	if err != nil {
		return err
	}
	_, err = o.Out.Write(text)
	return err
}

// check reads the flags.
func (o *export) check() ([]declared.Kind, error) {
	if o.format != "yaml" && o.format != "json" {
		return nil, cli.Usagef("unknown output format %q", o.format).WithHint("use yaml or json")
	}
	if err := validBucketNames(o.buckets); err != nil {
		return nil, err
	}
	var kinds []declared.Kind
	for _, name := range o.kinds {
		k, ok := declared.KindOf(name)
		if !ok {
			return nil, cli.Usagef("--kind: there is no kind %q", name).WithHint("the kinds are buckets, policies, groups, users and keys")
		}
		kinds = append(kinds, k)
	}
	switch {
	case len(kinds) == 0 && len(o.buckets) > 0:
		kinds = []declared.Kind{declared.KindBucket}
	case len(kinds) == 0:
		kinds = declared.Kinds()
	case len(o.buckets) > 0 && !slices.Contains(kinds, declared.KindBucket):
		return nil, cli.Usagef("--buckets names buckets, and --kind leaves them out").WithHint("add buckets to --kind, or leave out --buckets")
	}
	return kinds, nil
}

// keep leaves the lists of the kinds.
func keep(d *declared.Document, kinds []declared.Kind) {
	has := func(k declared.Kind) bool { return slices.Contains(kinds, k) }
	if !has(declared.KindPolicy) {
		d.Policies = nil
	}
	if !has(declared.KindGroup) {
		d.Groups = nil
	}
	if !has(declared.KindUser) {
		d.Users = nil
	}
	if !has(declared.KindKey) {
		d.Keys = nil
	}
}

func printSchema(p *plugin) error {
	b, err := declared.Schema()
	if err != nil {
		return err
	}
	_, err = p.Out.Write([]byte(strings.TrimRight(string(b), "\n") + "\n"))
	return err
}
