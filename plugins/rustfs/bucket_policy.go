package rustfs

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

func newBucketPolicy(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "See, set, edit and remove the policy of a bucket",
		Long: "See, set, edit and remove the policy of a bucket: the document that says who may do what with it, those without a key\n" +
			"too. What is only for everybody is easier with: kubectl rustfs bucket access.\n\n" + cli.ExitHelp(""),
		Example: "  # The document\n  kubectl rustfs bucket policy get photos",
	}
	cmd.AddCommand(newBucketPolicyGet(p), newBucketPolicySet(p), newBucketPolicyRm(p), newBucketPolicyEdit(p))
	return cmd
}

// bucketPolicy is the policy of a bucket; an empty one when there is none.
// Text is as the server has it.
func bucketPolicy(ctx context.Context, t *target, name string) (bucket.Policy, string, error) {
	text, err := t.s3.Policy(ctx, name)
	if err != nil || text == "" {
		return bucket.Policy{Version: iam.PolicyVersion}, "", err
	}
	d, err := bucket.ParsePolicy([]byte(text))
	if err != nil {
		err = &bucketError{name, "its policy cannot be read: " + err.Error()}
	}
	return d, text, err
}

// setBucketPolicy brings the policy of a bucket from before to want; an empty
// one takes it away. Equal meaning needs no change.
func (p *plugin) setBucketPolicy(ctx context.Context, t *target, name, verb, before string, want bucket.Policy) error {
	after := ""
	if !want.IsEmpty() {
		after = pretty(want.JSON())
	}
	now := pretty(json.RawMessage(before))
	if old, err := bucket.ParsePolicy([]byte(before)); err == nil && bucket.EqualPolicy(old, want) && !want.IsEmpty() {
		now = after
	}
	v := newSettingView(name)
	if after != "" {
		v.Policy = want.JSON()
	}
	return p.change(ctx, change{
		kind: "Bucket", name: name, what: "policy", before: now, after: after, verb: verb, object: v,
		do: func(ctx context.Context) error {
			document := ""
			if !want.IsEmpty() {
				document = string(want.JSON())
			}
			return publicError(t.s3.SetPolicy(ctx, name, document), want, name)
		},
	})
}

// publicError tells the other reason for a refusal: a bucket that blocks
// policies for everybody. (rustfs/src/app/bucket_usecase.rs at 1.0.1,
// execute_put_bucket_policy)
func publicError(err error, want bucket.Policy, name string) error {
	if !s3.IsCode(err, "AccessDenied") {
		return err
	}
	for _, s := range want.Statements {
		if s.Effect == "Allow" && s.Principal.IsAnybody() {
			return cli.Hintf(err, "either this access key has no policy for it, or the bucket blocks public policies: aws s3api get-public-access-block --bucket %s", name)
		}
	}
	return err
}

// checkPolicy reads a document and refuses what servers would refuse.
func checkPolicy(text []byte, name string) (bucket.Policy, []iam.Finding, error) {
	d, err := bucket.ParsePolicy(text)
	if err != nil {
		return d, nil, err
	}
	findings := bucket.LintPolicy(d, name)
	if fatal := iam.Fatal(findings); len(fatal) > 0 {
		return d, nil, errors.New(texts(fatal))
	}
	return d, findings, nil
}

// innerPolicy is the document of a bucket that was printed, or the text itself.
func innerPolicy(text []byte) []byte {
	var outer struct {
		Policy    json.RawMessage `json:"policy"`
		Statement json.RawMessage
	}
	if json.Unmarshal(text, &outer) == nil && outer.Statement == nil && len(outer.Policy) > 0 && outer.Policy[0] == '{' {
		return outer.Policy
	}
	return text
}
