package etcdbackup

import (
	"context"
	"errors"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

func asAny[T error](err error, target *T) bool { return errors.As(err, target) }

// misread are names that a widespread guide gives talos-backup's variables and
// that no build of it reads, with the names it does read.
func misread() [][2]string {
	return [][2]string{{"S3_BUCKET", "BUCKET"}, {"S3_ENDPOINT", "CUSTOM_S3_ENDPOINT"}}
}

// fromCronJob fills what s leaves open from the environment of the CronJob's
// container, as talos-backup reads it (pkg/config/service.go).
func fromCronJob(ctx context.Context, k *kube.Client, cj *batchv1.CronJob, s settings) (settings, error) {
	spec := cj.Spec.JobTemplate.Spec.Template.Spec
	container, ok := kube.BackupContainer(spec)
	if !ok {
		container = spec.Containers[0]
	}
	env := k.EnvOf(cj.Namespace, spec, container)
	s.cronjob = cj.Namespace + "/" + cj.Name
	for _, v := range []struct {
		name string
		to   *string
	}{
		{"CUSTOM_S3_ENDPOINT", &s.endpoint},
		{"BUCKET", &s.bucket},
		{"AWS_REGION", &s.region},
	} {
		if *v.to != "" {
			continue
		}
		found, _, err := env.Lookup(ctx, v.name)
		if err != nil {
			return s, fmt.Errorf("cronjob %s: %w", s.cronjob, err)
		}
		*v.to = found.Text()
	}
	if s.bucket == "" {
		return s, noBucket(ctx, env, s.cronjob)
	}
	for _, name := range []string{"AGE_RECIPIENT_PUBLIC_KEY", "AGE_X25519_PUBLIC_KEY"} {
		if v, ok, err := env.Lookup(ctx, name); err == nil && ok && s.recipients == "" {
			s.recipients = v.Text()
		}
	}
	return s, credentialOf(ctx, env, &s)
}

// noBucket explains a CronJob that says no bucket: often it says it under a
// name that talos-backup does not read.
func noBucket(ctx context.Context, env *kube.Env, cronjob string) error {
	for _, m := range misread() {
		if _, ok, err := env.Lookup(ctx, m[0]); err == nil && ok {
			return cli.Hintf(fmt.Errorf("cronjob %s sets %s, which talos-backup does not read: it has no bucket", cronjob, m[0]), "rename the variable to %s", m[1])
		}
	}
	return cli.Hintf(fmt.Errorf("cronjob %s sets no BUCKET", cronjob), "name it: --bucket NAME")
}

func credentialOf(ctx context.Context, env *kube.Env, s *settings) error {
	if s.credential.AccessKey != "" {
		return nil
	}
	var values [3]kube.Value
	for i, name := range []string{accessKeyEnv, secretKeyEnv, sessionTokenEnv} {
		v, _, err := env.Lookup(ctx, name)
		if err != nil {
			return fmt.Errorf("cronjob %s: %w", s.cronjob, err)
		}
		values[i] = v
	}
	if values[0].Text() == "" || values[1].Text() == "" {
		return cli.Hintf(fmt.Errorf("cronjob %s sets no %s and %s", s.cronjob, accessKeyEnv, secretKeyEnv), "give the key: --access-key NAME, and its secret in %s", secretKeyEnv)
	}
	s.credential = kube.Credential{AccessKey: values[0].Text(), SecretKey: secret.New(values[1].Text()), Origin: values[1].Origin}
	s.sessionToken = secret.New(values[2].Text())
	return nil
}
