package etcdbackup

import (
	"context"
	"fmt"
	"strings"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

// explainDenied looks behind a store's "Access Denied". A key that has rights
// to nothing but its own bucket gets that answer for a bucket that does not
// exist too (RustFS 1.0.1), so that a mistyped BUCKET looks like a missing
// right. Where the store is a RustFS of this cluster and its root key may be
// read, the root key is asked whether the bucket is there, and nothing else.
func (o *run) explainDenied(ctx context.Context, k *kube.Client, cj *batchv1.CronJob, err error) error {
	if !strings.Contains(err.Error(), "Access Denied") {
		return err
	}
	s, readErr := fromCronJob(ctx, k, cj, settings{})
	if readErr != nil {
		return err
	}
	exists, known := o.bucketExists(ctx, k, cj, s)
	switch {
	case !known:
		return err
	case !exists:
		return cli.Hintf(fmt.Errorf("%w: the bucket %q does not exist", err, s.bucket), "create it: kubectl rustfs bucket create %s; or correct BUCKET in the CronJob", s.bucket)
	}
	return cli.Hintf(fmt.Errorf("%w: access key %s may not write to bucket %q", err, s.credential.AccessKey, s.bucket), "give its policy s3:PutObject on arn:aws:s3:::%s/*", s.bucket)
}

// bucketExists asks the server behind the CronJob's endpoint with its root
// key; known is false where that server or key is not to be had.
func (o *run) bucketExists(ctx context.Context, k *kube.Client, cj *batchv1.CronJob, s settings) (exists, known bool) {
	u, err := parseEndpoint(s.endpoint, s.region)
	if err != nil {
		return false, false
	}
	service, ok := kube.ParseServiceHost(u.Hostname(), cj.Namespace)
	if !ok {
		return false, false
	}
	servers, err := k.Servers(ctx, service.Namespace)
	if err != nil || len(servers) != 1 {
		return false, false
	}
	if s.credential, err = k.RootCredential(ctx, servers[0]); err != nil {
		return false, false
	}
	a, err := o.openArchive(ctx, s, cj.Namespace)
	if err != nil {
		return false, false
	}
	exists, err = a.store.BucketExists(ctx, s.bucket)
	return exists, err == nil
}
