// Command dist builds the archives of a release: one per program and platform,
// and their checksums. The same commit, version and Go give the same bytes.
//
// It is run from the repository's root:
//
//	go run ./hack/dist -version v1.2.3
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/talos-rustfs/kubectl-plugins/hack/dist/release"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// run builds what the arguments ask for and tells progress on log.
func run(ctx context.Context, args []string, log io.Writer) error {
	o := release.Options{Root: ".", Programs: release.Programs(), Log: log}
	flags := flag.NewFlagSet("dist", flag.ExitOnError)
	flags.StringVar(&o.Version, "version", "v0.0.0-dev", "version of the release, as its tag is called")
	flags.StringVar(&o.Out, "out", "dist", "folder for the archives")
	flags.Func("platform", "build for this os/arch only; may be repeated (default: all)", func(s string) error {
		p, err := release.ParsePlatform(s)
		o.Platforms = append(o.Platforms, p)
		return err
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is too much: there are flags only", flags.Arg(0))
	}
	if len(o.Platforms) == 0 {
		o.Platforms = release.Platforms()
	}
	var err error
	if o.Time, err = release.Time(ctx, o.Root, os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		return err
	}
	_, err = release.Make(ctx, o)
	return err
}
