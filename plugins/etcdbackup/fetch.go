package etcdbackup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/seal"
)

type fetch struct {
	*plugin
	file  string
	force bool
}

func newFetch(p *plugin) *cobra.Command {
	o := &fetch{plugin: p}
	cmd := &cobra.Command{
		Use:   "fetch NAME -f FILE",
		Short: "Write a backup's etcd snapshot to a file, decrypted and proven",
		Long: "Write the etcd snapshot of a backup to a file: decrypted, decompressed and proven. The file appears whole or not at\n" +
			"all, readable by its owner only. It holds every Secret of the cluster. With -f - the snapshot goes to a pipe, and its\n" +
			"last 32 bytes only after everything before was proven.\n\n" + nameHelp + "\n\n" + identityHelp + "\n\n" + cli.ExitHelp(""),
		Example: examples(p.UI, `  # To a file
  {} fetch latest -f etcd.snap --identity age.key

  # Through a pipe
  {} fetch latest -f - --identity age.key | sha256sum`),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: p.completeSnapshots,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	cmd.Flags().StringVarP(&o.file, "file", "f", "", "File to write; - writes to stdout")
	cmd.Flags().BoolVar(&o.force, "force", false, "Replace the file if it exists")
	p.keys.add(cmd)
	if err := cmd.MarkFlagRequired("file"); err != nil {
		panic(err) // the flag was added above
	}
	return cmd
}

func (o *fetch) run(ctx context.Context, name string) error {
	if err := o.checkTarget(); err != nil {
		return err
	}
	ids, err := o.identities(ctx)
	if err != nil {
		return err
	}
	a, s, err := o.pick(ctx, name)
	if err != nil {
		return err
	}
	if o.file == "-" {
		_, err = o.read(ctx, a.source(s), ids, "fetching "+s.Object, func(st *seal.Stream) error {
			_, err := io.Copy(patientWriter{ctx, o.Out}, st)
			return err
		})
		return err
	}
	report, err := o.toFile(ctx, a.source(s), ids)
	if err != nil {
		return fmt.Errorf("backup %q: %w", s.Object, err)
	}
	_, err = fmt.Fprintf(o.Out, "%s written (%s, sha256 %s)\n", o.file, cli.Size(report.PlainBytes), report.SHA256)
	return err
}

// checkTarget refuses early what would be refused after a long download.
func (o *fetch) checkTarget() error {
	if o.file == "-" {
		if o.StdoutIsTerminal() {
			return cli.Usagef("a snapshot is binary and holds Secrets: it is not written to a terminal").WithHint("use -f FILE, or a pipe")
		}
		return nil
	}
	fi, err := os.Lstat(o.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if d, err := os.Stat(filepath.Dir(o.file)); err != nil || !d.IsDir() {
			return cli.Usagef("%s: the directory does not exist", o.file)
		}
		return nil
	case err != nil:
		return err
	case !fi.Mode().IsRegular():
		return cli.Usagef("%s exists and is no regular file", o.file)
	case !o.force:
		return cli.Usagef("%s exists", o.file).WithHint("choose another name, or add --force to replace it")
	}
	return nil
}

// patientWriter writes to a pipe whose other end may not read: it waits for it
// only as long as ctx lasts. A write cannot be cancelled, so the last one is
// left behind.
type patientWriter struct {
	ctx context.Context // for an io.Writer has no other way to be told
	to  io.Writer
}

func (w patientWriter) Write(p []byte) (int, error) {
	type answer struct {
		n   int
		err error
	}
	own := bytes.Clone(p) // the caller may use its buffer again
	done := make(chan answer, 1)
	go func() {
		n, err := w.to.Write(own)
		done <- answer{n, err}
	}()
	select {
	case <-w.ctx.Done():
		return 0, w.ctx.Err()
	case a := <-done:
		return a.n, a.err
	}
}

// toFile writes beside the target, proves, and only then renames: there is
// never a half-written or unproven file under the name asked for, and none
// under another name when it fails.
func (o *fetch) toFile(ctx context.Context, s source, ids []seal.Identity) (report seal.Report, err error) {
	f, err := os.CreateTemp(filepath.Dir(o.file), "."+filepath.Base(o.file)+".part-*") // created with mode 0600
	if err != nil {
		return report, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	report, err = o.read(ctx, s, ids, "fetching "+s.name, func(st *seal.Stream) error {
		_, err := io.Copy(f, st)
		return err
	})
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return report, err
	}
	return report, os.Rename(f.Name(), o.file)
}
