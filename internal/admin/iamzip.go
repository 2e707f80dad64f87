package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// ExportIAM asks GET export-iam, admin:ExportIAM: a zip with all policies,
// users, groups, keys and attachments. It holds secrets in plain text.
func (c *Client) ExportIAM(ctx context.Context) ([]byte, error) {
	return c.do(ctx, "export of users and policies", http.MethodGet, prefix+"export-iam", nil, nil)
}

// ImportFailure is one thing of an archive that the server did not take.
type ImportFailure struct {
	What  string // "user", "group", "access key", "policies of user", "policies of group"
	Name  string
	Error string
}

func (f ImportFailure) String() string { return fmt.Sprintf("%s %q: %s", f.What, f.Name, f.Error) }

// importLimit is how large an archive the server takes, in bytes.
// (rustfs-config, MAX_IAM_IMPORT_SIZE)
const importLimit = 10 << 20

// ImportIAM asks PUT import-iam, admin:ImportIAM. What is there already is
// overwritten; keys are deleted and made again. The server goes on after most
// failures; they are returned. Up to alpha.82 every group must be there
// before.
func (c *Client) ImportIAM(ctx context.Context, archive []byte) ([]ImportFailure, error) {
	const op = "import of users and policies"
	if len(archive) > importLimit {
		return nil, fmt.Errorf("%s: the archive has %d MiB, and the server takes %d", op, len(archive)>>20, importLimit>>20)
	}
	b, err := c.do(ctx, op, http.MethodPut, prefix+"import-iam", nil, archive)
	if err != nil {
		return nil, err
	}
	type failure struct {
		Name  string `json:"name"`
		Error string `json:"error"`
	}
	var a struct {
		Failed struct {
			Policies      []failure `json:"policies"`
			Users         []failure `json:"users"`
			Groups        []failure `json:"groups"`
			Keys          []failure `json:"serviceAccounts"`
			UserPolicies  []failure `json:"userPolicies"`
			GroupPolicies []failure `json:"groupPolicies"`
		} `json:"failed"`
	}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &a); err != nil {
			return nil, fmt.Errorf("%s: the answer is no JSON of the known form: %w", op, err)
		}
	}
	var out []ImportFailure
	add := func(what string, list []failure) {
		for _, f := range list {
			out = append(out, ImportFailure{what, f.Name, f.Error})
		}
	}
	add("policy", a.Failed.Policies)
	add("user", a.Failed.Users)
	add("group", a.Failed.Groups)
	add("access key", a.Failed.Keys)
	add("policies of user", a.Failed.UserPolicies)
	add("policies of group", a.Failed.GroupPolicies)
	slices.SortFunc(out, func(a, b ImportFailure) int {
		return slices.Compare([]string{a.What, a.Name}, []string{b.What, b.Name})
	})
	return out, nil
}

// ExportBuckets asks GET export-bucket-metadata, admin:ExportBucketMetadata: a
// zip with the settings of a bucket as the server keeps them, BUCKET/quota.json
// among them. It came with alpha.91.
func (c *Client) ExportBuckets(ctx context.Context, bucket string) ([]byte, error) {
	return c.do(ctx, "settings of bucket "+bucket, http.MethodGet, prefix+"export-bucket-metadata", url.Values{"bucket": {bucket}}, nil)
}
