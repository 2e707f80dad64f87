// Command readme fills the tables of README.md, each between its markers, from
// the programs themselves.
//
// It is run from the repository's root:
//
//	go run ./hack/readme          # write
//	go run ./hack/readme -check   # exit with 1 when a table is stale
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/talos-rustfs/kubectl-plugins/hack/readme/tables"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "readme:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("readme", flag.ExitOnError)
	check := flags.Bool("check", false, "write nothing; fail when a table is stale")
	path := flags.String("file", "README.md", "file to fill")
	if err := flags.Parse(args); err != nil {
		return err
	}
	have, err := os.ReadFile(*path)
	if err != nil {
		return err
	}
	want, err := tables.Fill(string(have), tables.All())
	if err != nil {
		return fmt.Errorf("%s: %w", *path, err)
	}
	switch {
	case want == string(have):
		return nil
	case *check:
		return fmt.Errorf("%s is stale: run: go run ./hack/readme", *path)
	}
	return os.WriteFile(*path, []byte(want), 0o644)
}
