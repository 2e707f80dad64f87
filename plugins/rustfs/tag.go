package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
)

func newTag(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tag",
		Short: "Show and change the tags of objects",
		Long:  "Show and change the tags of objects. Those of buckets are set with kubectl rustfs bucket tag.\n\n" + cli.ExitHelp(""),
		Example: "  # What an object is tagged with\n  kubectl rustfs tag get photos/a.jpg\n\n" +
			"  # One tag more\n  kubectl rustfs tag set photos/a.jpg state=done",
	}
	cmd.AddCommand(newTagGet(p), newTagSet(p), newTagRm(p))
	return cmd
}

// tagView is an object with its tags as it is printed.
type tagView struct {
	Metadata cli.Meta          `json:"metadata"`
	Tags     map[string]string `json:"tags"`
}

// changeTags changes the tags of one object.
func (p *plugin) changeTags(ctx context.Context, place, version, verb string, change func(map[string]string) (map[string]string, error)) error {
	l, err := objectPlace(place)
	if err != nil {
		return err
	}
	t, err := p.target(ctx)
	if err != nil {
		return err
	}
	ref := l.Ref()
	ref.Version = version
	before, err := t.s3.ObjectTags(ctx, ref)
	if err != nil {
		return missingObject(err, l)
	}
	after, err := change(before)
	if err != nil {
		return err
	}
	if err := object.ValidateTags(after); err != nil {
		return cli.Usagef("%v", err)
	}
	return p.change(ctx, tagChange(l, verb, before, after, func(ctx context.Context) error { return t.s3.SetObjectTags(ctx, ref, after) }))
}

func tagChange(l object.Location, verb string, before, after map[string]string, do func(context.Context) error) change {
	return change{
		kind: "Object", name: l.String(), what: "tags", before: pairLines(before, "="), after: pairLines(after, "="), verb: verb,
		object: tagView{Metadata: cli.Meta{Name: l.String()}, Tags: after}, do: do,
	}
}
