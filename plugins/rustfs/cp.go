package rustfs

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/transfer"
)

// placesHelp is what commands with two sides say of them.
const placesHelp = "\n\nBUCKET/KEY is remote and BUCKET/ a whole bucket; ./FILE, ../FILE, /FILE, ~/FILE and C:\\FILE are local; - is stdin or\n" +
	"stdout. A TARGET that ends in a slash is a folder. With -r, SOURCE/ means what is in the folder, and SOURCE the folder\n" +
	"itself, which keeps its name below TARGET.\n\n"

// copier copies, and for mv deletes what was copied.
type copier struct {
	*plugin
	move bool

	recursive, noClobber, preserve, portable bool
	version, contentType, cacheControl       string
	disposition, encoding                    string
	metadata, tags                           []string
	parallel                                 int
	selectFlags

	sel       object.Selector
	attrs     object.Attributes
	collision object.Collisions
}

func newCp(p *plugin) *cobra.Command {
	o := &copier{plugin: p}
	cmd := &cobra.Command{
		Use:     "cp SOURCE... TARGET",
		Aliases: []string{"copy"},
		Short:   "Copy files to objects, objects to files, and objects to objects",
		Long: "Copy files to objects, objects to files, and objects to objects." + placesHelp +
			"Content is compared with checksums at both ends. A file gets its name when it is whole. What is larger than 16 MiB goes\n" +
			"in parts, several at once, and the same command goes on where it was broken off. Objects are copied on the server.\n\n" + cli.ExitHelp(""),
		Example: `  # Up, down, and within the store
  kubectl rustfs cp ./a.jpg photos/2026/
  kubectl rustfs cp photos/2026/a.jpg ./a.jpg
  kubectl rustfs cp photos/2026/a.jpg archive/a.jpg

  # A folder, but not everything in it
  kubectl rustfs cp -r ./site/ web/ --exclude '*.tmp' --exclude '.git/**'

  # What would be copied
  kubectl rustfs cp -r photos/2026 ./photos/ --newer-than 7d --dry-run

  # Through pipes
  kubectl rustfs cp - backups/etc.tar --content-type application/x-tar
  kubectl rustfs cp backups/etc.tar -`,
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: p.completePlaces,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.flags(cmd)
	return cmd
}

func (o *copier) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&o.recursive, "recursive", "r", false, "Copy folders")
	f.BoolVar(&o.noClobber, "no-clobber", false, "Leave what is there already as it is")
	f.BoolVarP(&o.preserve, "preserve", "p", false, "Keep the time and mode of files, in the metadata of objects")
	f.BoolVar(&o.portable, "portable-names", false, "Escape names that other systems cannot hold as %XX in files, and back in keys")
	f.StringVar(&o.contentType, "content-type", "", "Content type of the objects (default: by name or content)")
	f.StringVar(&o.cacheControl, "cache-control", "", "Cache-Control of the objects")
	f.StringVar(&o.disposition, "content-disposition", "", "Content-Disposition of the objects")
	f.StringVar(&o.encoding, "content-encoding", "", "Content-Encoding of the objects")
	f.StringArrayVar(&o.metadata, "metadata", nil, "Metadata NAME=VALUE of the objects; may be repeated")
	f.StringArrayVar(&o.tags, "tags", nil, "Tag NAME=VALUE of the objects; may be repeated")
	versionFlag(cmd, &o.version)
	parallelFlag(cmd, &o.parallel)
	o.add(cmd)
	o.AddDryRunFlag(cmd, false)
}

// check reads the flags.
func (o *copier) check() (err error) {
	if o.sel, err = o.selector(time.Now()); err != nil {
		return err
	}
	if o.any() && !o.recursive {
		return cli.Usagef("a selection is made from what lies in a folder").WithHint("add -r")
	}
	o.attrs = object.Attributes{ContentType: o.contentType, CacheControl: o.cacheControl, ContentDisposition: o.disposition, ContentEncoding: o.encoding}
	if o.attrs.Metadata, err = pairsFlag("--metadata", o.metadata); err != nil {
		return err
	}
	for k, v := range o.attrs.Metadata {
		if err := object.ValidateMetadata(k, v); err != nil {
			return cli.Usagef("--metadata: %v", err)
		}
	}
	if o.attrs.Tags, err = pairsFlag("--tags", o.tags); err != nil {
		return err
	}
	if err := object.ValidateTags(o.attrs.Tags); err != nil {
		return cli.Usagef("--tags: %v", err)
	}
	for flag, value := range map[string]string{
		"--content-type": o.contentType, "--cache-control": o.cacheControl, "--content-disposition": o.disposition, "--content-encoding": o.encoding,
	} {
		if object.ValidateMetadata("x", value) != nil {
			return cli.Usagef("%s %q: only printable ASCII can be sent", flag, value)
		}
	}
	return checkParallel(o.parallel)
}

// described reports whether attributes are given.
func (o *copier) described() bool {
	a := o.attrs
	return a.ContentType+a.CacheControl+a.ContentDisposition+a.ContentEncoding != "" || len(a.Metadata)+len(a.Tags) > 0
}

func (o *copier) run(ctx context.Context, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	route, err := o.route(args)
	if err != nil {
		return err
	}
	o.equivalent("mc", o.mc(route)...)
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	switch {
	case route.target.Kind == object.Stream:
		return o.toStdout(ctx, t, route.sources[0])
	case route.sources[0].Kind == object.Stream:
		return o.fromStdin(ctx, t, route)
	}
	return o.many(ctx, t, route)
}

func (o *copier) mc(r route) []string {
	args := []string{"cp"}
	if o.move {
		args[0] = "mv"
	}
	if o.recursive {
		args = append(args, "--recursive")
	}
	for _, l := range append(r.sources, r.target) {
		if l.Kind == object.Remote {
			args = append(args, "rustfs/"+l.String())
			continue
		}
		args = append(args, l.String())
	}
	return args
}

func (o *copier) toStdout(ctx context.Context, t *target, l object.Location) error {
	ref := l.Ref()
	ref.Version = o.version
	if o.Rehearsing() != cli.DryRunNone {
		i, err := t.s3.Head(ctx, ref)
		if err == nil {
			o.Remarkf("%s -> stdout, %s (dry run)", l.String(), cli.Size(i.Size))
		}
		return missingObject(err, l)
	}
	body, info, err := t.s3.Open(ctx, ref, object.Read{})
	if err != nil {
		return missingObject(err, l)
	}
	defer body.Close() //nolint:errcheck // the copy has reported
	progress := o.Progress(l.String(), info.Size)
	defer progress.Stop()
	return copyChecked(o.Out, io.TeeReader(body, progress), info, object.Read{})
}

func (o *copier) fromStdin(ctx context.Context, t *target, r route) error {
	to := r.target.Ref()
	return o.Lines(func(w io.Writer) error {
		if o.Rehearsing() == cli.DryRunNone {
			progress := o.Progress(to.String(), 0)
			defer progress.Stop()
			_, err := o.engine(t, o.parallel, progress).UploadStream(ctx, o.In, to, object.Write{Attributes: o.attrs, NoClobber: o.noClobber})
			if err != nil {
				return o.refused(err, to.String())
			}
		}
		return o.said(w, "- -> "+to.String())
	})
}

// many copies whatever the route leads to.
func (o *copier) many(ctx context.Context, t *target, r route) error {
	defer thrifty(o.parallel)()
	verb := "copied"
	if o.move {
		verb = "moved"
	}
	done := newTally(o.plugin, verb)
	progress := o.Progress(verb, 0)
	defer progress.Stop()
	e := o.engine(t, o.parallel, progress)
	out, err := o.openTarget(r)
	if err != nil {
		return err
	}
	defer out.Close() //nolint:errcheck // a folder, opened to look below it
	jobs := o.jobs(ctx, t, r, out)
	err = o.Lines(func(w io.Writer) error {
		return transfer.Each(ctx, o.parallel, jobs, func(ctx context.Context, j job) error {
			progress.Expect(j.size())
			return o.do(ctx, t, e, j, done, w)
		}, func(j job, err error) bool { return done.fail(j.String(), err) })
	})
	if err != nil {
		return err
	}
	switch {
	case done.done == 0 && done.failed == 0 && done.skipped == 0:
		o.Remarkf("nothing to copy")
	case o.Rehearsing() == cli.DryRunNone:
		done.end()
	}
	return done.err()
}
