package seed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/signer"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

// policies by the user that gets them. A backup may be written and read; only the keeper may delete one.
var policies = map[string][]string{
	backupUser: {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"},
	keeperUser: {"s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject", "s3:DeleteObjectVersion"},
}

// bucketActions are what every user may do with the bucket itself.
var bucketActions = []string{"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"}

// Store makes the bucket and the accounts. It can be repeated.
func Store(ctx context.Context, b box.Box) error {
	root, err := box.ReadEnv(b.StoreEnv())
	if err != nil {
		return err
	}

	access, secret := root["AWS_ACCESS_KEY_ID"], root["AWS_SECRET_ACCESS_KEY"]

	s3, err := minio.New(box.StoreAddress, &minio.Options{Creds: credentials.NewStaticV4(access, secret, ""), Region: Region, BucketLookup: minio.BucketLookupPath})
	if err != nil {
		return err
	}

	exists, err := s3.BucketExists(ctx, Bucket)
	if err == nil && !exists {
		err = s3.MakeBucket(ctx, Bucket, minio.MakeBucketOptions{Region: Region})
	}

	if err != nil {
		return fmt.Errorf("make the bucket %s: %w", Bucket, err)
	}

	a := admin{access: access, secret: secret}

	for _, file := range []string{b.BackupEnv(), b.Path("keeper.env")} {
		env, err := box.ReadEnv(file)
		if err != nil {
			return err
		}

		if err = a.account(ctx, env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]); err != nil {
			return err
		}
	}

	return nil
}

// admin speaks as much of the store's admin API as an account takes.
type admin struct{ access, secret string }

// account makes a user and a policy of the same name for it.
func (a admin) account(ctx context.Context, name, secret string) error {
	document, err := json.Marshal(policy(policies[name]))
	if err != nil {
		return err
	}

	user, err := json.Marshal(map[string]string{"secretKey": secret, "status": "enabled"})
	if err != nil {
		return err
	}

	for _, call := range []struct {
		path string
		args url.Values
		body []byte
	}{
		{"add-canned-policy", url.Values{"name": {name}}, document},
		{"add-user", url.Values{"accessKey": {name}}, user},
		{"set-user-or-group-policy", url.Values{"policyName": {name}, "userOrGroup": {name}, "isGroup": {"false"}}, nil},
	} {
		if err = a.put(ctx, call.path, call.args, call.body); err != nil {
			return fmt.Errorf("make the store's account %s: %s: %w", name, call.path, err)
		}
	}

	return nil
}

// policy allows some actions on the bucket's objects and to look at the bucket.
func policy(actions []string) map[string]any {
	statement := func(actions []string, resource string) map[string]any {
		return map[string]any{"Effect": "Allow", "Action": actions, "Resource": []string{"arn:aws:s3:::" + resource}}
	}

	return map[string]any{
		"Version":   "2012-10-17",
		"Statement": []any{statement(bucketActions, Bucket), statement(actions, Bucket+"/*")},
	}
}

func (a admin) put(ctx context.Context, path string, args url.Values, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, box.StoreURL+"/rustfs/admin/v3/"+path+"?"+args.Encode(), bytes.NewReader(body))
	if err != nil {
		return err
	}

	sum := sha256.Sum256(body)
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))

	resp, err := http.DefaultClient.Do(signer.SignV4(*req, a.access, a.secret, "", Region))
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // only read

	if resp.StatusCode == http.StatusOK {
		return nil
	}

	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4096))

	return errors.Join(fmt.Errorf("%s: %s", resp.Status, strings.TrimSpace(string(answer))), err)
}
