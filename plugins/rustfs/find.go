package rustfs

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type find struct {
	*plugin
	names              []string
	regex              string
	larger, smaller    string
	maxDepth           int
	tags, metadata     []string
	print0, versions   bool
	wantTags, wantMeta map[string]string
	selectFlags
}

func newFind(p *plugin) *cobra.Command {
	o := &find{plugin: p}
	cmd := &cobra.Command{
		Use:   "find BUCKET[/PREFIX]",
		Short: "Find objects by name, size, age, tags or metadata",
		Long: "Find objects and print BUCKET/KEY of each, while the server still lists. --tag and --metadata ask the server about each\n" +
			"object that the other conditions leave. Exit code 0 also when nothing is found.\n\n" + cli.ExitHelp(""),
		Example: `  # By name
  kubectl rustfs find photos --name '*.jpg'

  # What is large and old
  kubectl rustfs find backups --larger 1Gi --older-than 90d

  # For another program, safe for every name
  kubectl rustfs find photos --regex '^2026/' --print0 | xargs -0 -n 1 echo

  # By a tag
  kubectl rustfs find photos --tag state=draft`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeObjects, completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.names, "name", nil, "Pattern of the last name, or of the path when it holds a slash; may be repeated")
	f.StringVar(&o.regex, "regex", "", "Regular expression that the path below the prefix has to fit somewhere")
	f.StringVar(&o.larger, "larger", "", "Only what is larger than this, such as 10Mi")
	f.StringVar(&o.smaller, "smaller", "", "Only what is smaller than this")
	f.IntVar(&o.maxDepth, "max-depth", 0, "Only what is at most this many names deep; 0 means any depth")
	f.StringArrayVar(&o.tags, "tag", nil, "Only what has the tag NAME=VALUE; may be repeated")
	f.StringArrayVar(&o.metadata, "metadata", nil, "Only what has the metadata NAME=VALUE; may be repeated")
	f.BoolVar(&o.print0, "print0", false, "End names with a NUL character and not with a line break, and leave them as they are")
	f.BoolVar(&o.versions, "versions", false, "Look at every version")
	o.add(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *find) check() (s object.Selector, err error) {
	if s, err = o.selector(time.Now()); err != nil {
		return s, err
	}
	byName, err := globs("--name", o.names)
	if err != nil {
		return s, err
	}
	s.Include = append(s.Include, byName...)
	if s.Regex, err = regexFlag("--regex", o.regex); err != nil {
		return s, err
	}
	if s.Larger, err = sizeFlag("--larger", o.larger); err != nil {
		return s, err
	}
	if s.Smaller, err = sizeFlag("--smaller", o.smaller); err != nil {
		return s, err
	}
	if o.wantTags, err = pairsFlag("--tag", o.tags); err != nil {
		return s, err
	}
	if o.wantMeta, err = pairsFlag("--metadata", o.metadata); err != nil {
		return s, err
	}
	switch s.MaxDepth = o.maxDepth; {
	case o.maxDepth < 0:
		return s, cli.Usagef("--max-depth %d: it is 0 or more", o.maxDepth)
	case o.print0 && !o.HumanOutput():
		return s, cli.Usagef("--print0 and -o are two formats").WithHint("use one of them")
	}
	return s, nil
}

func (o *find) run(ctx context.Context, args []string) error {
	s, err := o.check()
	if err != nil {
		return err
	}
	l, err := remotePlace(args[0])
	if err != nil {
		return err
	}
	o.equivalent("mc", "find", "rustfs/"+l.String())
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	defer thrifty(defaultParallel)()
	found := o.described(ctx, t, l.Bucket, selected(under(ctx, t, l, s3.List{Versions: o.versions, SideBySide: true}), l, s))
	if o.HumanOutput() {
		return o.lines(l.Bucket, found)
	}
	return cli.Stream(o.UI, cli.Streamed[objectView]{Kind: "Object", Columns: objectColumns(o.versions)}, func(yield func(objectView, error) bool) {
		for e, err := range found {
			if !yield(newObjectView(l.Bucket, e), err) {
				return
			}
		}
	})
}

// described keeps what has the tags and metadata that are asked for.
func (o *find) described(ctx context.Context, t *target, bucket string, list iter.Seq2[s3.Object, error]) iter.Seq2[s3.Object, error] {
	if len(o.wantTags)+len(o.wantMeta) == 0 {
		return list
	}
	return func(yield func(s3.Object, error) bool) {
		for e, err := range list {
			fits := err == nil && !e.DeleteMarker
			if fits {
				fits, err = o.fits(ctx, t, object.Ref{Bucket: bucket, Key: e.Key, Version: e.VersionID})
			}
			if err == nil && !fits {
				continue
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (o *find) fits(ctx context.Context, t *target, ref object.Ref) (bool, error) {
	if len(o.wantMeta) > 0 {
		i, err := t.s3.Head(ctx, ref)
		if err != nil || !contains(i.Metadata, o.wantMeta) {
			return false, goneSince(err)
		}
	}
	if len(o.wantTags) == 0 {
		return true, nil
	}
	tags, err := t.s3.ObjectTags(ctx, ref)
	return err == nil && contains(tags, o.wantTags), goneSince(err)
}

// goneSince forgives that an object was deleted since it was listed.
func goneSince(err error) error {
	if s3.IsMissing(err) {
		return nil
	}
	return err
}

// contains reports whether all of want is in m.
func contains(m, want map[string]string) bool {
	all := maps.Clone(m)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, want)
	return maps.Equal(all, m) || len(want) == 0
}

func (o *find) lines(bucket string, found iter.Seq2[s3.Object, error]) error {
	raw := o.print0 || !o.StdoutIsTerminal()
	end := "\n"
	if o.print0 {
		end = "\x00"
	}
	return o.Lines(func(w io.Writer) error {
		for e, err := range found {
			if err != nil {
				return err
			}
			name := bucket + "/" + e.Key
			if !raw {
				name = cli.Escape(name)
			}
			if _, err := fmt.Fprint(w, name+end); err != nil {
				return err
			}
		}
		return nil
	})
}
