// Command krew renders the krew manifests for the archives in dist, as
// krew-release-bot does on a release, but without asking any network.
//
// It is run from the repository's root, after hack/dist:
//
//	go run ./hack/krew -version v1.2.3
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/talos-rustfs/kubectl-plugins/hack/krew/manifest"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "krew:", err)
		os.Exit(1)
	}
}

// run renders the templates that are named, or all, and tells on log where the
// manifests are.
func run(args []string, log io.Writer) error {
	var o manifest.Options
	var out string
	flags := flag.NewFlagSet("krew", flag.ExitOnError)
	flags.StringVar(&o.Tag, "version", "v0.0.0-dev", "version of the release, as its tag is called")
	flags.StringVar(&o.Dist, "dist", "dist", "folder with the archives")
	flags.StringVar(&o.BaseURL, "base-url", "", "take the archives from below this URL, to test downloads")
	flags.StringVar(&out, "out", "dist/krew", "folder for the manifests")
	if err := flags.Parse(args); err != nil {
		return err
	}
	templates := flags.Args()
	if len(templates) == 0 {
		var err error
		if templates, err = filepath.Glob("krew-manifests/*.yaml"); err != nil {
			return err
		}
		if len(templates) == 0 {
			return errors.New("there is no krew-manifests/*.yaml here: run this from the repository's root")
		}
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, template := range templates {
		text, err := manifest.Render(template, o)
		if err != nil {
			return err
		}
		// The validator wants the file to bear the plugin's name.
		path := filepath.Join(out, filepath.Base(template))
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(log, path); err != nil {
			return err
		}
	}
	return nil
}
