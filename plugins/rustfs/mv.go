package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newMv(p *plugin) *cobra.Command {
	o := &copier{plugin: p, move: true}
	cmd := &cobra.Command{
		Use:     "mv SOURCE... TARGET",
		Aliases: []string{"move"},
		Short:   "Move or rename objects and files",
		Long: "Move or rename objects and files: copy, ask the server whether the copy is there, then delete the source. What changed\n" +
			"meanwhile, or could not be copied, stays." + placesHelp + cli.ExitHelp(""),
		Example: `  # Rename
  kubectl rustfs mv photos/a.jpg photos/b.jpg

  # A folder into another bucket
  kubectl rustfs mv -r photos/2019/ archive/2019/

  # Files into the store
  kubectl rustfs mv -r ./logs/ logs/ --older-than 7d`,
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: p.completePlaces,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.flags(cmd)
	return cmd
}
