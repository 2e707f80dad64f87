package rustfs

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/archive"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/declared"
)

type restore struct {
	*plugin
	identities []string
	secrets    []string
	conflict   string
	only       string
	leaveOut   []string
}

func newRestore(p *plugin) *cobra.Command {
	o := &restore{plugin: p}
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Bring back users, keys, policies and bucket settings",
		Long: "Bring back what kubectl rustfs backup has saved, with the old secrets, to this server or another. FILE may also be a zip\n" +
			"that mc admin cluster iam export or mc admin cluster bucket export wrote, of RustFS or of MinIO; - reads stdin.\n\n" +
			"The archive is read to its end and held against the server first. What is there already as it was is left alone; what\n" +
			"is there and different is a conflict, and --conflict says what becomes of it. Nothing that the archive does not have is\n" +
			"deleted. Policies of MinIO with actions that RustFS refuses, like s3:Get*, are written out; people of LDAP and OpenID,\n" +
			"built-in policies and keys that have expired are left out, with a word. A backup has no objects.\n\n" +
			"The age identity that opens a backup comes from --identity FILE (an age key file, also one locked with a passphrase, or\n" +
			"an SSH key) or from --identity-secret.\n\n" + cli.ExitHelp(""),
		Example: `  # What would be done
  kubectl rustfs restore rustfs.age --identity key.txt --dry-run

  # Only users, groups, policies and keys; those that are there stay as they are
  kubectl rustfs restore rustfs.age --identity key.txt --only iam --conflict skip

  # From MinIO
  kubectl rustfs restore minio-iam-info.zip --dry-run`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	cmd.Flags().StringArrayVarP(&o.identities, "identity", "i", nil, "File with the age identity (private key) that opens the backup; may be repeated")
	cmd.Flags().StringArrayVar(&o.secrets, "identity-secret", nil, "Secret with the identity, [NAMESPACE/]NAME[:KEY]; may be repeated")
	cmd.Flags().StringVar(&o.conflict, "conflict", string(archive.Fail), "What becomes of things that exist and are different: fail, skip or overwrite")
	cmd.Flags().StringVar(&o.only, "only", "", "Restore only iam (users, groups, policies, keys) or only buckets")
	cmd.Flags().StringArrayVar(&o.leaveOut, "leave-out", nil, "Leave out user/NAME, group/NAME, policy/NAME, key/NAME or bucket/NAME; may be repeated")
	completeFlag(cmd, "conflict", cobra.FixedCompletions([]string{"fail", "skip", "overwrite"}, cobra.ShellCompDirectiveNoFileComp))
	completeFlag(cmd, "only", cobra.FixedCompletions([]string{"iam", "buckets"}, cobra.ShellCompDirectiveNoFileComp))
	completeFlag(cmd, "leave-out", completeNothing)
	o.AddYesFlag(cmd)
	o.AddDryRunFlag(cmd, false)
	o.AddDiffFlag(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *restore) run(ctx context.Context, file string) error {
	if err := o.check(); err != nil {
		return err
	}
	r, err := o.read(ctx, file)
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	w := &restoring{restore: o, t: t, from: r}
	if w.root, err = rootName(ctx, t); err != nil {
		return err
	}
	if o.only != "buckets" && r.hasIAM {
		o.equivalent("mc", "admin", "cluster", "iam", "import", "rustfs", file)
		if err := w.planIAM(ctx); err != nil {
			return err
		}
	}
	if o.only != "iam" && len(r.buckets.Buckets) > 0 {
		o.equivalent("mc", "admin", "cluster", "bucket", "import", "rustfs", file)
		if err := w.planBuckets(ctx); err != nil {
			return err
		}
	}
	if err := w.judge(ctx); err != nil {
		return err
	}
	return w.do(ctx)
}

// check reads the flags.
func (o *restore) check() error {
	if !slices.Contains([]archive.Conflict{archive.Fail, archive.Skip, archive.Overwrite}, archive.Conflict(o.conflict)) {
		return cli.Usagef("--conflict: must be fail, skip or overwrite, not %q", o.conflict)
	}
	if !slices.Contains([]string{"", "iam", "buckets"}, o.only) {
		return cli.Usagef("--only: must be iam or buckets, not %q", o.only)
	}
	for _, id := range o.leaveOut {
		kind, name, _ := strings.Cut(id, "/")
		if k, ok := declared.KindOf(kind); !ok || string(k) != kind || name == "" {
			return cli.Usagef("--leave-out: %q is none of user/NAME, group/NAME, policy/NAME, key/NAME and bucket/NAME", id)
		}
	}
	return nil
}
