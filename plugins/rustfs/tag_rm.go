package rustfs

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type tagRm struct {
	*plugin
	version string
	all     bool
}

func newTagRm(p *plugin) *cobra.Command {
	o := &tagRm{plugin: p}
	cmd := &cobra.Command{
		Use:               "rm BUCKET/KEY [NAME...]",
		Aliases:           []string{"remove"},
		Short:             "Take tags of an object away",
		Long:              "Take tags of an object away, by name or all of them.\n\n" + cli.ExitHelp(""),
		Example:           "  # One\n  kubectl rustfs tag rm photos/a.jpg state\n\n  # All\n  kubectl rustfs tag rm photos/a.jpg --all",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeFirst(p.completeObjects, completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	versionFlag(cmd, &o.version)
	cmd.Flags().BoolVar(&o.all, "all", false, "Take all tags away")
	o.AddDryRunFlag(cmd, false)
	o.AddDiffFlag(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *tagRm) run(ctx context.Context, args []string) error {
	if o.all == (len(args) > 1) {
		return cli.Usagef("which tags are to go?").WithHint("name them, or add --all")
	}
	if o.all {
		o.equivalent("mc", "tag", "remove", "rustfs/"+args[0])
	}
	return o.changeTags(ctx, args[0], o.version, "untagged", func(before map[string]string) (map[string]string, error) {
		if o.all {
			return nil, nil
		}
		after := merged(before, nil)
		for _, name := range args[1:] {
			if _, ok := after[name]; !ok {
				return nil, fmt.Errorf("object %q has no tag %q", args[0], name)
			}
			delete(after, name)
		}
		return after, nil
	})
}
