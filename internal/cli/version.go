package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker for a release: -X …/internal/cli.version=v1.2.3.
var version = ""

// Version is the program's version: the release's, else what the build knows.
func Version() string {
	if version != "" {
		return version
	}
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "v0.0.0-dev"
}

type versionView struct {
	Metadata Meta   `json:"metadata"`
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersion(u *UI) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Long:    "Print the version of this program, the Go version it was built with and its platform.\n\n" + ExitHelp(""),
		Example: "  # The version alone\n  " + u.Display() + " version\n\n  # For a bug report\n  " + u.Display() + " version -o yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := versionView{Meta{Name: u.program.Name}, Version(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			if u.output.table() {
				_, err := fmt.Fprintf(u.Out, "%s %s (%s, %s)\n", u.program.Name, v.Version, v.Go, v.Platform)
				return err
			}
			return Print(u, List[versionView]{Kind: "Version", Items: []versionView{v}, Single: true})
		},
	}
	u.AddPrintFlags(cmd)
	return cmd
}
