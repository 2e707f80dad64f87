package rustfs

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type ls struct {
	*plugin
	recursive, versions, incomplete, summarize bool
	selectFlags
}

func newLs(p *plugin) *cobra.Command {
	o := &ls{plugin: p}
	cmd := &cobra.Command{
		Use:   "ls [BUCKET[/PREFIX]]",
		Short: "List buckets, or the objects of one",
		Long: "List buckets, or the objects of one. What lies below the next slash is shown as a folder, unless with -R. A prefix that\n" +
			"does not end in a slash lists everything that begins with it. Lines come while the server still lists, and only a page\n" +
			"is held in memory; jsonpath, go-template and custom-columns wait for the end of the list.\n\n" + cli.ExitHelp(""),
		Example: `  # The buckets
  kubectl rustfs ls

  # A folder
  kubectl rustfs ls photos/2026/

  # Everything below it, and how much it is
  kubectl rustfs ls -R photos/2026/ --summarize

  # With old versions and delete markers
  kubectl rustfs ls photos/2026/ --versions

  # The keys alone, for other programs
  kubectl rustfs ls -R photos --older-than 30d -o name`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeFirst(p.completeObjects, completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVarP(&o.recursive, "recursive", "R", false, "List everything below, and no folders")
	cmd.Flags().BoolVar(&o.versions, "versions", false, "List every version and delete marker")
	cmd.Flags().BoolVar(&o.incomplete, "incomplete", false, "List unfinished uploads instead of objects")
	cmd.Flags().BoolVar(&o.summarize, "summarize", false, "Say at the end how much it is")
	o.add(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *ls) run(ctx context.Context, args []string) error {
	s, err := o.selector(time.Now())
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return o.buckets(ctx)
	}
	l, err := remotePlace(args[0])
	if err != nil {
		return err
	}
	if o.incomplete && (o.versions || o.any()) {
		return cli.Usagef("--incomplete lists uploads: --versions and selections do not go with it").WithHint("leave them out")
	}
	o.equivalent("mc", o.mc(l)...)
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	if o.incomplete {
		return o.uploads(ctx, t, l)
	}
	return o.objects(ctx, t, l, s)
}

func (o *ls) mc(l object.Location) []string {
	args := []string{"ls"}
	for flag, on := range map[string]bool{"--recursive": o.recursive, "--versions": o.versions, "--incomplete": o.incomplete, "--summarize": o.summarize} {
		if on {
			args = append(args, flag)
		}
	}
	return append(args, "rustfs/"+l.String())
}

func (o *ls) buckets(ctx context.Context) error {
	if o.recursive || o.versions || o.incomplete || o.any() || o.summarize {
		return cli.Usagef("the flags are about objects, and no bucket is named").WithHint("name it: kubectl rustfs ls BUCKET")
	}
	o.equivalent("mc", "ls", "rustfs")
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	list, err := t.s3.Buckets(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	var views []bucketView
	for _, b := range list {
		views = append(views, newBucketView(b, now))
	}
	return cli.Print(o.UI, cli.List[bucketView]{
		Kind: "Bucket", Items: views, Empty: "No buckets found on " + t.name() + ".",
		Columns: []cli.Column[bucketView]{
			{Name: "Name", Value: func(b bucketView) string { return b.Metadata.Name }},
			{Name: "Age", Value: func(b bucketView) string { return b.age }},
		},
	})
}

// listSum is what --summarize tells.
type listSum struct{ objects, folders, markers, bytes int64 }

func (s *listSum) add(o s3.Object) {
	switch {
	case o.Folder:
		s.folders++
	case o.DeleteMarker:
		s.markers++
	default:
		s.objects++
		s.bytes += o.Size
	}
}

func (s *listSum) text(versions bool) string {
	one := "object"
	if versions {
		one = "version"
	}
	text := cli.Plural(s.objects, one) + " (" + cli.Size(s.bytes) + ")"
	if s.folders > 0 {
		text += ", " + cli.Plural(s.folders, "folder")
	}
	if s.markers > 0 {
		text += ", " + cli.Plural(s.markers, "delete marker")
	}
	return text
}

func (o *ls) objects(ctx context.Context, t *target, l object.Location, s object.Selector) error {
	defer thrifty(defaultParallel)()
	var total listSum
	list := t.s3.Objects(ctx, l.Bucket, s3.List{Prefix: l.Key, Versions: o.versions, Folders: !o.recursive, SideBySide: true})
	views := func(yield func(objectView, error) bool) {
		for e, err := range list {
			if err == nil && !e.Folder && !s.Match(e.Key, e.Size, e.Modified) {
				continue
			}
			if err == nil {
				total.add(e)
			}
			if !yield(newObjectView(l.Bucket, e), err) {
				return
			}
		}
	}
	err := cli.Stream(o.UI, cli.Streamed[objectView]{Kind: "Object", Columns: objectColumns(o.versions), Empty: "No objects found at " + l.String() + "."}, views)
	if err != nil || !o.summarize {
		return err
	}
	if !o.TableOutput() {
		o.Remarkf("total: %s", total.text(o.versions))
		return nil
	}
	_, err = fmt.Fprintf(o.Out, "total: %s\n", total.text(o.versions))
	return err
}

// uploadView is an unfinished upload as it is printed.
type uploadView struct {
	objectView
	UploadID string `json:"uploadId"`
}

func (o *ls) uploads(ctx context.Context, t *target, l object.Location) error {
	views := func(yield func(uploadView, error) bool) {
		for u, err := range t.s3.Uploads(ctx, l.Bucket, l.Key) {
			v := uploadView{objectView: newObjectView(l.Bucket, s3.Object{Key: u.Key, Modified: u.Started}), UploadID: u.ID}
			v.Size = nil
			if !yield(v, err) {
				return
			}
		}
	}
	return cli.Stream(o.UI, cli.Streamed[uploadView]{Kind: "Upload", Empty: "No unfinished uploads found at " + l.String() + ".", Columns: []cli.StreamColumn[uploadView]{
		{Name: "Started", Width: len("2026-01-31T12:00:00Z"), Value: func(u uploadView) string { return u.Modified.UTC().Format(time.RFC3339) }},
		{Name: "ID", Width: 40, Wide: true, Value: func(u uploadView) string { return u.UploadID }},
		{Name: "Name", Value: func(u uploadView) string { return u.Key }},
	}}, views)
}
