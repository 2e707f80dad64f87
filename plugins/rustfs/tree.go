package rustfs

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type tree struct {
	*plugin
	level       int
	foldersOnly bool
	sizes       bool
}

func newTree(p *plugin) *cobra.Command {
	o := &tree{plugin: p}
	cmd := &cobra.Command{
		Use:   "tree BUCKET[/PREFIX]",
		Short: "Show folders and objects as a tree",
		Long:  "Show folders and objects as a tree. Each folder is a request; -L says how deep to look.\n\n" + cli.ExitHelp(""),
		Example: `  # A bucket, two names deep
  kubectl rustfs tree photos -L 2

  # The folders alone
  kubectl rustfs tree photos --folders

  # With sizes
  kubectl rustfs tree photos/2026/ --sizes`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeObjects, completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().IntVarP(&o.level, "level", "L", 0, "How many names deep; 0 means all")
	cmd.Flags().BoolVar(&o.foldersOnly, "folders", false, "Show folders only")
	cmd.Flags().BoolVar(&o.sizes, "sizes", false, "Show the size of objects")
	return cmd
}

func (o *tree) run(ctx context.Context, args []string) error {
	l, err := remotePlace(args[0])
	if err != nil {
		return err
	}
	if o.level < 0 {
		return cli.Usagef("-L %d: it is 0 or more", o.level)
	}
	o.equivalent("mc", "tree", "rustfs/"+l.String())
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	var n listSum
	err = o.Lines(func(w io.Writer) error {
		if _, err := fmt.Fprintln(w, cli.Escape(l.String())); err != nil {
			return err
		}
		return o.branch(ctx, t, w, l.Bucket, l.Folder(), "", 1, &n)
	})
	if err != nil {
		return err
	}
	if n.objects+n.folders == 0 {
		o.Remarkf("No objects found below %s.", l.String())
		return nil
	}
	o.Remarkf("%s", n.text(false))
	return nil
}

// branch shows what is in a folder. An entry is shown when it is known
// whether another one follows.
func (o *tree) branch(ctx context.Context, t *target, w io.Writer, bucket, folder, indent string, depth int, n *listSum) error {
	var last *s3.Object
	show := func(e s3.Object, final bool) error {
		n.add(e)
		twig, below := "├── ", "│   "
		if final {
			twig, below = "└── ", "    "
		}
		if _, err := fmt.Fprintln(w, indent+twig+cli.Escape(o.label(strings.TrimPrefix(e.Key, folder), e))); err != nil {
			return err
		}
		if !e.Folder || o.level > 0 && depth >= o.level {
			return nil
		}
		return o.branch(ctx, t, w, bucket, e.Key, indent+below, depth+1, n)
	}
	for e, err := range t.s3.Objects(ctx, bucket, s3.List{Prefix: folder, Folders: true}) {
		if err != nil {
			return err
		}
		if e.Key == folder || o.foldersOnly && !e.Folder {
			continue
		}
		if last != nil {
			if err := show(*last, false); err != nil {
				return err
			}
		}
		last = &e
	}
	if last == nil {
		return nil
	}
	return show(*last, true)
}

func (o *tree) label(name string, e s3.Object) string {
	if o.sizes && !e.Folder {
		return name + "  (" + cli.Size(e.Size) + ")"
	}
	return name
}
