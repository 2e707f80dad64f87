package rustfs

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
)

type catObjects struct {
	*plugin
	version        string
	offset, length string
	head           int
}

func newCat(p *plugin) *cobra.Command {
	o := &catObjects{plugin: p}
	cmd := &cobra.Command{
		Use:   "cat BUCKET/KEY...",
		Short: "Write objects to stdout",
		Long: "Write objects to stdout, one after the other. What was read whole is compared with the checksum that the server has; a\n" +
			"difference is an error at the end.\n\n" + cli.ExitHelp(""),
		Example: `  # A text
  kubectl rustfs cat config/app.yaml

  # Its first ten lines
  kubectl rustfs cat logs/app.log --head 10

  # The last bytes of a large one
  kubectl rustfs cat logs/app.log --offset 1Gi --length 4Ki`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeObjects,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	versionFlag(cmd, &o.version)
	cmd.Flags().StringVar(&o.offset, "offset", "", "Leave this many bytes out at the beginning, such as 100 or 5Mi")
	cmd.Flags().StringVar(&o.length, "length", "", "Write this many bytes at most, such as 100 or 5Mi")
	cmd.Flags().IntVar(&o.head, "head", 0, "Write this many lines at most")
	return cmd
}

func (o *catObjects) run(ctx context.Context, args []string) error {
	places, err := versionPlaces(args, o.version)
	if err != nil {
		return err
	}
	read, err := o.read()
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	for _, l := range places {
		o.equivalent("mc", "cat", "rustfs/"+l.String())
		ref := l.Ref()
		ref.Version = o.version
		if err := o.cat(ctx, t, ref, read); err != nil {
			return missingObject(err, l)
		}
	}
	return nil
}

func (o *catObjects) read() (r object.Read, err error) {
	offset, err := sizeFlag("--offset", o.offset)
	if err != nil {
		return r, err
	}
	length, err := sizeFlag("--length", o.length)
	switch {
	case err != nil:
		return r, err
	case o.head < 0:
		return r, cli.Usagef("--head %d: not a number of lines", o.head)
	case length != nil && *length == 0:
		return r, cli.Usagef("--length 0: there is nothing to write")
	}
	if offset != nil {
		r.Offset = *offset
	}
	if length != nil {
		r.Length = *length
	}
	return r, nil
}

func (o *catObjects) cat(ctx context.Context, t *target, ref object.Ref, read object.Read) error {
	body, info, err := t.s3.Open(ctx, ref, read)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // the copy has reported
	if o.head > 0 {
		return firstLines(o.Out, body, o.head)
	}
	return copyChecked(o.Out, body, info, read)
}

// copyChecked copies an object and compares it, when it is whole, with its
// checksum.
func copyChecked(w io.Writer, body io.Reader, info object.Info, read object.Read) error {
	check := object.NewCheck(info)
	if check == nil || read != (object.Read{}) {
		_, err := io.Copy(w, body)
		return err
	}
	n, err := io.Copy(io.MultiWriter(w, check), body)
	switch {
	case err != nil:
		return err
	case n != info.Size:
		return fmt.Errorf("object %q of bucket %q: it broke off after %d of %d bytes", info.Key, info.Bucket, n, info.Size)
	case check.Certain():
		return check.Err()
	}
	return nil
}

// firstLines copies lines.
func firstLines(w io.Writer, r io.Reader, n int) error {
	in := bufio.NewReader(r)
	for n > 0 {
		b, err := in.ReadSlice('\n')
		if _, err := w.Write(b); err != nil {
			return err
		}
		if bytes.HasSuffix(b, []byte("\n")) {
			n--
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
	return nil
}
