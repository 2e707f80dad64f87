package rustfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/archive"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/declared"
	"github.com/talos-rustfs/kubectl-plugins/internal/seal"
)

type backup struct {
	*plugin
	file       string
	recipients []string
	files      []string
	force      bool
}

// backupView is a backup that was made, as it is printed.
type backupView struct {
	Metadata cli.Meta `json:"metadata"`
	Server   string   `json:"server"`
	Version  string   `json:"version,omitempty"`
	Buckets  int      `json:"buckets"`
	Users    int      `json:"users"`
	Groups   int      `json:"groups"`
	Policies int      `json:"policies"`
	Keys     int      `json:"keys"`
	Bytes    int64    `json:"bytes"`
}

func newBackup(p *plugin) *cobra.Command {
	o := &backup{plugin: p}
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Save users, keys, policies and bucket settings, encrypted",
		Long: "Save all users, groups, policies and access keys with their secrets, and the settings of every bucket: versioning,\n" +
			"lock, quota, lifecycle, policy, tags, CORS and encryption. Objects are not in it. The file is encrypted with age before\n" +
			"anything is written; without a recipient nothing is. kubectl rustfs restore reads it.\n\n" +
			"age-keygen makes a key and says its recipient, which begins age1; SSH keys do too.\n\n" + cli.ExitHelp(""),
		Example: `  # For a key that lies in a safe
  kubectl rustfs backup -o rustfs.age --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p

  # For everybody in a file, somewhere else
  kubectl rustfs backup -o - --recipient-file recipients.txt | ssh backup.example.com 'cat > rustfs.age'`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: completeNothing,
		RunE:              func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	cmd.Flags().StringVarP(&o.file, "output-file", "o", "", "File to write, readable by its owner only; - writes to stdout")
	cmd.Flags().StringArrayVar(&o.recipients, "recipient", nil, "Public key that opens the backup, age1… or of SSH; may be repeated")
	cmd.Flags().StringArrayVar(&o.files, "recipient-file", nil, "File with public keys, one a line; may be repeated")
	cmd.Flags().BoolVar(&o.force, "force", false, "Replace the file when it exists")
	return cmd
}

func (o *backup) run(ctx context.Context) error {
	to, err := o.check()
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	o.equivalent("mc", "admin", "cluster", "iam", "export", "rustfs")
	o.equivalent("mc", "admin", "cluster", "bucket", "export", "rustfs")
	m, files, v, err := o.collect(ctx, t)
	if err != nil {
		return err
	}
	if o.file == "-" {
		if _, err := sealed(o.Out, to, m, files); err != nil {
			return err
		}
		o.Remarkf("backup of %s: %s, %s", t.name(), cli.Plural(int64(v.Buckets), "bucket"), cli.Plural(int64(v.Users), "user"))
		return nil
	}
	if v.Bytes, err = o.write(to, m, files); err != nil {
		return err
	}
	v.Metadata.Name = o.file
	return cli.Report(o.UI, "Backup", o.file, fmt.Sprintf("written: %s, %s, %s", cli.Plural(int64(v.Buckets), "bucket"),
		cli.Plural(int64(v.Users), "user"), cli.Plural(int64(v.Keys), "access key")), v)
}

// check reads the command line; nothing has been sent when it refuses.
func (o *backup) check() ([]seal.Recipient, error) {
	var to []seal.Recipient
	for _, text := range o.recipients {
		r, err := seal.NewRecipient(text)
		if err != nil {
			return nil, &cli.UsageError{Err: fmt.Errorf("--recipient: %w", err), HintText: recipientHint}
		}
		to = append(to, r)
	}
	for _, name := range o.files {
		text, err := o.readUpTo(name, declaredLimit)
		if err != nil {
			return nil, usage(fmt.Errorf("--recipient-file: %w", err))
		}
		more, err := seal.ParseRecipients(bytesOf(text), name)
		if err != nil {
			return nil, &cli.UsageError{Err: fmt.Errorf("--recipient-file: %w", err), HintText: recipientHint}
		}
		to = append(to, more...)
	}
	switch {
	case len(to) == 0:
		return nil, cli.Usagef("a backup holds secrets and is not written without a recipient").WithHint("%s", recipientHint)
	case o.file == "":
		return nil, cli.Usagef("--output-file is missing").WithHint("name the file to write: -o FILE.age, or -o - for stdout")
	case o.file == "-" && o.StdoutIsTerminal():
		return nil, cli.Usagef("-o -: a backup is no text, and stdout is a terminal").WithHint("add | or > behind the command, or use -o FILE.age")
	case o.file == "-":
		return to, nil
	}
	if _, err := os.Lstat(o.file); err == nil && !o.force {
		return nil, cli.Usagef("-o: %s exists already", o.file).WithHint("choose another name, or add --force to replace it")
	}
	return to, nil
}

const recipientHint = "make a key with: age-keygen -o FILE; then add --recipient with the public key that it shows, age1…"

// collect asks the server for everything, and reads it once to see that it can
// be read again.
func (o *backup) collect(ctx context.Context, t *target) (archive.Manifest, []archive.File, backupView, error) {
	m := archive.Manifest{Created: time.Now().UTC().Truncate(time.Second), Server: t.name()}
	v := backupView{Server: t.name()}
	zip, err := t.admin.ExportIAM(ctx)
	if err != nil {
		return m, nil, v, err
	}
	assets, err := readAssets(zip)
	if err != nil {
		return m, nil, v, fmt.Errorf("the server's export of users and policies: %w", err)
	}
	s, err := readState(ctx, t, []declared.Kind{declared.KindBucket}, nil)
	if err != nil {
		return m, nil, v, err
	}
	buckets, err := s.YAML()
	if err != nil {
		return m, nil, v, err
	}
	if i, err := t.admin.Info(ctx); err == nil && len(i.Nodes) > 0 {
		m.Version = i.Nodes[0].Tag()
	} else if err = soft(err); err != nil {
		return m, nil, v, err
	}
	m.Root = s.root
	v.Version, v.Buckets, v.Users, v.Groups, v.Policies, v.Keys = m.Version, len(s.Buckets), len(assets.Users), len(assets.Groups), len(assets.Policies), len(assets.Keys)
	return m, []archive.File{{Name: archive.IAMName, Content: zip}, {Name: archive.BucketsName, Content: buckets}}, v, nil
}

func readAssets(zip []byte) (archive.Assets, error) {
	files, err := archive.ReadZip(zip)
	if err != nil {
		return archive.Assets{}, err
	}
	return archive.ParseAssets(files)
}

// sealed writes the encrypted bundle and says how many bytes it has.
func sealed(w io.Writer, to []seal.Recipient, m archive.Manifest, files []archive.File) (int64, error) {
	count := &counter{w: w}
	enc, err := seal.Encrypt(count, to...)
	if err != nil {
		return 0, err
	}
	if err := archive.Write(enc, m, files...); err != nil {
		return 0, err
	}
	err = enc.Close()
	return count.n, err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// write puts the file in its place when it is whole.
func (o *backup) write(to []seal.Recipient, m archive.Manifest, files []archive.File) (n int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(o.file), "."+filepath.Base(o.file)+".*") // mode 0600
	if err != nil {
		return 0, fmt.Errorf("-o: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if n, err = sealed(f, to, m, files); err != nil {
		return 0, err
	}
	if err = f.Sync(); err != nil {
		return 0, err
	}
	if err = f.Close(); err != nil {
		return 0, err
	}
	return n, os.Rename(f.Name(), o.file)
}
