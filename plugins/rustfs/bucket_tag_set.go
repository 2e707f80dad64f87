package rustfs

import (
	"context"
	"maps"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type bucketTagSet struct {
	*plugin
	replace bool
}

func newBucketTagSet(p *plugin) *cobra.Command {
	o := &bucketTagSet{plugin: p}
	cmd := &cobra.Command{
		Use:   "set NAME... KEY=VALUE...",
		Short: "Set tags of buckets, beside those that are there",
		Long: "Set tags of buckets, beside those that are there. A tag that is there gets the new value; --replace takes all others\n" +
			"away.\n\n" + cli.ExitHelp(""),
		Example: `  # Two tags
  kubectl rustfs bucket tag set photos team=media tier=hot

  # These and no others
  kubectl rustfs bucket tag set photos team=media --replace --diff`,
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.replace, "replace", false, "Take the tags away that are not named")
	p.addSetterFlags(cmd)
	return cmd
}

func (o *bucketTagSet) run(ctx context.Context, args []string) error {
	names, tags, err := namesAndTags(args)
	if err != nil {
		return err
	}
	return o.atBuckets(ctx, names, func(ctx context.Context, t *target, name string) error {
		return o.setTags(ctx, t, name, "tags set", func(now map[string]string) (map[string]string, error) {
			want := map[string]string{}
			if !o.replace {
				maps.Copy(want, now)
			}
			maps.Copy(want, tags)
			o.equivalent("mc", "tag", "set", "rustfs/"+name, strings.ReplaceAll(tagsOf(want), ",", "&"))
			return want, usage(bucket.ValidateTags(want))
		})
	})
}

// namesAndTags splits words into the names of buckets, which have no equals
// sign, and tags, which have.
func namesAndTags(args []string) (names []string, tags map[string]string, err error) {
	tags = map[string]string{}
	for _, a := range args {
		if !strings.Contains(a, "=") {
			names = append(names, a)
			continue
		}
		k, v, err := bucket.ParseTag(a)
		if err != nil {
			return nil, nil, usage(err)
		}
		if old, twice := tags[k]; twice && old != v {
			return nil, nil, cli.Usagef("tags: %q is given twice", k)
		}
		tags[k] = v
	}
	switch {
	case len(tags) == 0:
		return nil, nil, cli.Usagef("there is no tag, as in team=media")
	case len(names) == 0:
		return nil, nil, cli.Usagef("the bucket's name is missing")
	}
	return names, tags, usage(bucket.ValidateTags(tags))
}
