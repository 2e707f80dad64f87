package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketEncryption(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "encryption",
		Aliases: []string{"encrypt"},
		Short:   "See, set and clear how a bucket encrypts new objects",
		Long: "See, set and clear how a bucket encrypts new objects where nobody says otherwise. The server needs a KMS for it, or for\n" +
			"sse-s3 a key of its own in RUSTFS_SSE_S3_MASTER_KEY.\n\n" + cli.ExitHelp(""),
		Example: "  # With keys of the server\n  kubectl rustfs bucket encryption set photos --algorithm sse-s3",
	}
	cmd.AddCommand(newBucketEncryptionGet(p), newBucketEncryptionSet(p), newBucketEncryptionClear(p))
	return cmd
}

// setEncryption brings the default encryption of one bucket to want; nil ends
// it.
func (p *plugin) setEncryption(ctx context.Context, t *target, name, verb string, want *bucket.Encryption) error {
	now, err := t.s3.DefaultEncryption(ctx, name)
	if err != nil {
		return err
	}
	if want != nil && want.KeyID == "" && now != nil && now.Algorithm == want.Algorithm {
		want = now // the server has filled in its own key
	}
	v := newSettingView(name)
	v.Encryption = want
	return p.change(ctx, change{
		kind: "Bucket", name: name, what: "encryption", before: encryptionWords(now), after: encryptionWords(want), verb: verb, object: v,
		do: func(ctx context.Context) error { return t.s3.SetDefaultEncryption(ctx, name, want) },
	})
}

// The words for S3's names of algorithms.
const (
	sseS3  = "sse-s3"
	sseKMS = "sse-kms"
)

// encryptionWords are "sse-s3", "sse-kms with key x", or nothing.
func encryptionWords(e *bucket.Encryption) string {
	if e == nil || e.Algorithm == "" {
		return ""
	}
	s := e.Algorithm
	switch e.Algorithm {
	case "AES256":
		s = sseS3
	case "aws:kms":
		s = sseKMS
	}
	if e.KeyID != "" {
		s += " with key " + e.KeyID
	}
	return s
}
