package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/parts"
)

func newBuild() *cobra.Command {
	names, abouts := parts.Names()

	var list strings.Builder
	for i, name := range names {
		fmt.Fprintf(&list, "\n  %-13s %s", name, abouts[i])
	}

	return &cobra.Command{
		Use:   "build [PART…]",
		Short: "Build what a sandbox is made of",
		Long: `Build compiles the programs of a sandbox from Go modules into a cache outside the work tree (SANDBOX_CACHE). What is there already for the same
sources is kept. Without arguments everything is built but RustFS itself, which takes an hour. The parts:
` + list.String(),
		Example: `  sandbox build
  sandbox build kubernetes
  sandbox build rustfs`,
		ValidArgs: names,
		Args:      cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := parts.NewBuilder()
			if err != nil {
				return err
			}

			if len(args) == 0 {
				args = parts.Default()
			}

			missing, err := b.Missing(args...)
			if err != nil {
				return usage(cmd, err)
			}

			show := progress()
			if len(missing) == 0 {
				show.Say("everything is built; it is in %s", b.Cache.Root)

				return nil
			}

			return b.Build(cmd.Context(), show, args...)
		},
	}
}

// progress tells on standard error what is being done.
func progress() *parts.Progress {
	info, err := os.Stderr.Stat()

	return &parts.Progress{Out: os.Stderr, Live: err == nil && info.Mode()&os.ModeCharDevice != 0}
}
