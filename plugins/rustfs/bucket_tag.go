package rustfs

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketTag(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "tag",
		Aliases: []string{"tags"},
		Short:   "See, set and remove the tags of a bucket",
		Long:    "See, set and remove the tags of a bucket.\n\n" + cli.ExitHelp(""),
		Example: "  # Beside the tags that are there\n  kubectl rustfs bucket tag set photos team=media",
	}
	cmd.AddCommand(newBucketTagGet(p), newBucketTagSet(p), newBucketTagRm(p))
	return cmd
}

// setTags brings the tags of one bucket to what edit makes of them.
func (p *plugin) setTags(ctx context.Context, t *target, name, verb string, edit func(map[string]string) (map[string]string, error)) error {
	now, err := t.s3.Tags(ctx, name)
	if err != nil {
		return err
	}
	want, err := edit(now)
	if err != nil {
		return err
	}
	v := newSettingView(name)
	v.Tags = want
	return p.change(ctx, change{
		kind: "Bucket", name: name, what: "tags", before: tagsText(now), after: tagsText(want), verb: verb, object: v,
		do: func(ctx context.Context) error { return t.s3.SetTags(ctx, name, want) },
	})
}

// completeTags offers the keys of the tags of the bucket on the line.
func (p *plugin) completeTags(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return p.completeNames(func(ctx context.Context, t *target) ([]string, error) {
		tags, err := t.s3.Tags(ctx, args[0])
		return slices.Sorted(maps.Keys(tags)), err
	})(c, args, prefix)
}

func tagsText(tags map[string]string) string {
	if len(tags) == 0 {
		return ""
	}
	return yamlText(tags)
}
