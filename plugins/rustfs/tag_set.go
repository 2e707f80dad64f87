package rustfs

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
)

type tagSet struct {
	*plugin
	version string
	replace bool
}

func newTagSet(p *plugin) *cobra.Command {
	o := &tagSet{plugin: p}
	cmd := &cobra.Command{
		Use:   "set BUCKET/KEY NAME=VALUE...",
		Short: "Set tags of an object",
		Long:  "Set tags of an object; others stay, unless with --replace. An object has at most ten.\n\n" + cli.ExitHelp(""),
		Example: "  # One tag more\n  kubectl rustfs tag set photos/a.jpg state=done\n\n" +
			"  # These and no others\n  kubectl rustfs tag set photos/a.jpg state=done team=web --replace --diff",
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: completeFirst(p.completeObjects, completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	versionFlag(cmd, &o.version)
	cmd.Flags().BoolVar(&o.replace, "replace", false, "Take all other tags away")
	o.AddDryRunFlag(cmd, false)
	o.AddDiffFlag(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *tagSet) run(ctx context.Context, args []string) error {
	tags, err := object.ParsePairs(args[1:])
	if err != nil {
		return usage(err)
	}
	if err := object.ValidateTags(tags); err != nil {
		return usage(err)
	}
	o.equivalent("mc", "tag", "set", "rustfs/"+args[0], strings.Join(args[1:], "&"))
	return o.changeTags(ctx, args[0], o.version, "tagged", func(before map[string]string) (map[string]string, error) {
		if o.replace {
			return tags, nil
		}
		return merged(before, tags), nil
	})
}
