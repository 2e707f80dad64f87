package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type bucketEncryptionSet struct {
	*plugin
	algorithm, keyID string
}

func newBucketEncryptionSet(p *plugin) *cobra.Command {
	o := &bucketEncryptionSet{plugin: p}
	cmd := &cobra.Command{
		Use:   "set NAME...",
		Short: "Let buckets encrypt new objects",
		Long: "Let buckets encrypt new objects where nobody says otherwise; what is there already stays as it is. A server without a KMS\n" +
			"takes sse-s3 and then refuses every write, unless RUSTFS_SSE_S3_MASTER_KEY is set; you are warned of that. sse-kms is\n" +
			"refused there.\n\n" + cli.ExitHelp(""),
		Example: `  # With keys of the server
  kubectl rustfs bucket encryption set photos --algorithm sse-s3

  # With a key of the KMS
  kubectl rustfs bucket encryption set photos --algorithm sse-kms --key-id photos-key`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringVar(&o.algorithm, "algorithm", "", "Must be sse-s3 or sse-kms")
	cmd.Flags().StringVar(&o.keyID, "key-id", "", "Key of the KMS; without it, the KMS' default key")
	completeFlag(cmd, "algorithm", cobra.FixedCompletions([]string{sseS3, sseKMS}, cobra.ShellCompDirectiveNoFileComp))
	p.addSetterFlags(cmd)
	return cmd
}

func (o *bucketEncryptionSet) run(ctx context.Context, names []string) error {
	want := &bucket.Encryption{KeyID: o.keyID}
	switch o.algorithm {
	case sseS3:
		want.Algorithm = "AES256"
	case sseKMS:
		want.Algorithm = "aws:kms"
	case "":
		return cli.Usagef("--algorithm is missing").WithHint("use --algorithm sse-s3 or --algorithm sse-kms")
	default:
		return cli.Usagef("--algorithm must be sse-s3 or sse-kms, not %q", o.algorithm)
	}
	if o.algorithm == sseS3 && o.keyID != "" {
		return cli.Usagef("--key-id is for --algorithm sse-kms")
	}
	checked := false
	return o.atBuckets(ctx, names, func(ctx context.Context, t *target, name string) error {
		if !checked {
			if err := o.check(ctx, t); err != nil {
				return err
			}
			checked = true
		}
		if words := []string{"encrypt", "set", o.algorithm}; o.keyID == "" {
			o.equivalent("mc", append(words, "rustfs/"+name)...)
		} else {
			o.equivalent("mc", append(words, o.keyID, "rustfs/"+name)...)
		}
		return o.setEncryption(ctx, t, name, "encryption set", want)
	})
}

// check tells what a server without a KMS does. A key that may not ask, and a
// version that does not know the route, are no obstacle.
func (o *bucketEncryptionSet) check(ctx context.Context, t *target) error {
	has, err := t.admin.HasKMS(ctx)
	switch {
	case err != nil:
		return soft(err)
	case has:
	case o.algorithm == sseKMS:
		return cli.Hintf(&kmsError{t.name(), "has no KMS, so nothing can be encrypted with its keys"}, "set up a KMS (RUSTFS_KMS_ENABLE), or use --algorithm sse-s3 with RUSTFS_SSE_S3_MASTER_KEY")
	default:
		o.Warnf("the server has no KMS: unless its RUSTFS_SSE_S3_MASTER_KEY is set, every write into the bucket is refused with 400 from now on; take it back with: kubectl rustfs bucket encryption clear NAME")
	}
	return nil
}

// kmsError is what stops a command at a server.
type kmsError struct{ name, why string }

func (e *kmsError) Error() string { return "server " + e.name + ": " + e.why }
