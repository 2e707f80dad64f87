package rustfs

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type tagGet struct {
	*plugin
	version string
}

func newTagGet(p *plugin) *cobra.Command {
	o := &tagGet{plugin: p}
	cmd := &cobra.Command{
		Use:               "get BUCKET/KEY...",
		Aliases:           []string{"ls"},
		Short:             "Show the tags of objects",
		Long:              "Show the tags of objects.\n\n" + cli.ExitHelp(""),
		Example:           "  # One object\n  kubectl rustfs tag get photos/a.jpg\n\n  # One tag\n  kubectl rustfs tag get photos/a.jpg -o jsonpath='{.tags.state}'",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeObjects,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	versionFlag(cmd, &o.version)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *tagGet) run(ctx context.Context, args []string) error {
	places, err := versionPlaces(args, o.version)
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	var views []tagView
	for _, l := range places {
		o.equivalent("mc", "tag", "list", "rustfs/"+l.String())
		ref := l.Ref()
		ref.Version = o.version
		tags, err := t.s3.ObjectTags(ctx, ref)
		if err != nil {
			return missingObject(err, l)
		}
		views = append(views, tagView{Metadata: cli.Meta{Name: l.String()}, Tags: tags})
	}
	return cli.Print(o.UI, cli.List[tagView]{Kind: "Object", Items: views, Single: len(views) == 1, Columns: []cli.Column[tagView]{
		{Name: "Name", Value: func(v tagView) string { return v.Metadata.Name }},
		{Name: "Tags", Value: func(v tagView) string { return orNone(strings.ReplaceAll(pairLines(v.Tags, "="), "\n", ",")) }},
	}})
}
