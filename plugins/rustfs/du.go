package rustfs

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type du struct {
	*plugin
	byPrefix, versions bool
	depth              int
	selectFlags
}

func newDu(p *plugin) *cobra.Command {
	o := &du{plugin: p}
	cmd := &cobra.Command{
		Use:   "du BUCKET[/PREFIX]...",
		Short: "Add up what lies in buckets and below folders",
		Long: "Add up what lies in buckets and below folders, by listing it: exact, and slower than kubectl rustfs bucket ls, whose\n" +
			"figures are the server's and may be hours old.\n\n" + cli.ExitHelp(""),
		Example: `  # A bucket
  kubectl rustfs du photos

  # Its folders, two names deep
  kubectl rustfs du photos --by-prefix --depth 2

  # With the old versions, which take space too
  kubectl rustfs du photos --versions`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeObjects,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.byPrefix, "by-prefix", false, "Show each folder by itself")
	cmd.Flags().IntVar(&o.depth, "depth", 1, "How many names deep --by-prefix looks")
	cmd.Flags().BoolVar(&o.versions, "versions", false, "Count every version")
	o.add(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

// duView is a sum as it is printed.
type duView struct {
	Metadata      cli.Meta `json:"metadata"`
	Bytes         int64    `json:"bytes"`
	Objects       int64    `json:"objects"`
	DeleteMarkers int64    `json:"deleteMarkers,omitempty"`
}

func (o *du) run(ctx context.Context, args []string) error {
	places, err := remotePlaces(args)
	if err != nil {
		return err
	}
	s, err := o.selector(time.Now())
	if err != nil {
		return err
	}
	if o.depth < 1 {
		return cli.Usagef("--depth %d: it is at least 1", o.depth)
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	defer thrifty(defaultParallel)()
	var views []duView
	for _, l := range places {
		o.equivalent("mc", "du", "rustfs/"+l.String())
		v, err := o.addUp(ctx, t, l, s)
		if err != nil {
			return err
		}
		views = append(views, v...)
	}
	counted := "Objects"
	if o.versions {
		counted = "Versions"
	}
	return cli.Print(o.UI, cli.List[duView]{Kind: "Usage", Items: views, Columns: []cli.Column[duView]{
		{Name: "Size", Value: func(v duView) string { return cli.Size(v.Bytes) }},
		{Name: "Bytes", Wide: true, Value: func(v duView) string { return strconv.FormatInt(v.Bytes, 10) }},
		{Name: counted, Value: func(v duView) string { return strconv.FormatInt(v.Objects, 10) }},
		{Name: "Name", Value: func(v duView) string { return v.Metadata.Name }},
	}})
}

// addUp adds up one place; the folders come first, and the place itself last.
func (o *du) addUp(ctx context.Context, t *target, l object.Location, s object.Selector) ([]duView, error) {
	var total listSum
	folders := map[string]*listSum{}
	for e, err := range selected(under(ctx, t, l, s3.List{Versions: o.versions, SideBySide: true}), l, s) {
		if err != nil {
			return nil, err
		}
		total.add(e)
		if o.byPrefix {
			o.file(folders, relative(l, e.Key), e)
		}
	}
	var out []duView
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		out = append(out, newDuView(l.Bucket+"/"+l.Folder()+name, *folders[name]))
	}
	return append(out, newDuView(l.String(), total)), nil
}

func newDuView(name string, s listSum) duView {
	return duView{Metadata: cli.Meta{Name: name}, Bytes: s.bytes, Objects: s.objects, DeleteMarkers: s.markers}
}

// file adds an object to each folder that it is in.
func (o *du) file(folders map[string]*listSum, rel string, e s3.Object) {
	at := 0
	for range o.depth {
		n := strings.IndexByte(rel[at:], '/')
		if n < 0 {
			return
		}
		at += n + 1
		f := folders[rel[:at]]
		if f == nil {
			f = &listSum{}
			folders[strings.Clone(rel[:at])] = f
		}
		f.add(e)
	}
}
