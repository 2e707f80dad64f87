package etcdbackup

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/backup"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// archive is where the backups are. This is the only place where Kubernetes
// and S3 meet.
type archive struct {
	settings
	store *s3.Store
	url   *url.URL
}

// place names the archive in messages.
func (a *archive) place() string { return fmt.Sprintf("bucket %q at %s", a.bucket, a.url) }

func (p *plugin) connectKube(context.Context) (*kube.Client, error) {
	return kube.Connect(p.kubeFlags)
}

func (p *plugin) connectArchive(ctx context.Context) (*archive, error) {
	s, err := p.where.given(p.In)
	if err != nil {
		return nil, err
	}
	if s.complete() {
		return p.openArchive(ctx, s, "")
	}
	cj, err := p.findCronJob(ctx)
	if err != nil {
		return nil, withoutKubernetes(err)
	}
	return p.archiveOf(ctx, cj, s)
}

// withoutKubernetes adds the way round to an error of the Kubernetes API.
func withoutKubernetes(err error) error {
	var none *kube.NoCronJobError
	var many *kube.ManyCronJobsError
	if asAny(err, &none) || asAny(err, &many) {
		return err
	}
	return cli.Hintf(fmt.Errorf("reading from the CronJob where the backups are: %w", err),
		"without Kubernetes: --endpoint URL --bucket NAME, and the key in %s and %s", accessKeyEnv, secretKeyEnv)
}

func (p *plugin) findCronJob(ctx context.Context) (*batchv1.CronJob, error) {
	k, err := p.kube(ctx)
	if err != nil {
		return nil, err
	}
	return k.FindBackupCronJob(ctx, p.where.cronjob)
}

// archiveOf is the archive that a CronJob writes to, as far as s does not say
// otherwise.
func (p *plugin) archiveOf(ctx context.Context, cj *batchv1.CronJob, s settings) (*archive, error) {
	k, err := p.kube(ctx)
	if err != nil {
		return nil, err
	}
	s, err = fromCronJob(ctx, k, cj, s)
	if err != nil {
		return nil, err
	}
	return p.openArchive(ctx, s, cj.Namespace)
}

// openArchive makes the store. namespace is where bare Service names of the
// endpoint are looked up; it is empty when no CronJob was read, and only names
// that end in .svc are the cluster's then.
func (p *plugin) openArchive(ctx context.Context, s settings, namespace string) (*archive, error) {
	u, err := parseEndpoint(s.endpoint, s.region)
	if err != nil {
		return nil, err
	}
	transport, err := p.transport(ctx, u, namespace)
	if err != nil {
		return nil, err
	}
	store, err := s3.New(s3.Options{
		Endpoint: u, Region: s.region, AccessKey: s.credential.AccessKey, SecretKey: s.credential.SecretKey, SessionToken: s.sessionToken,
		Transport: transport, UserAgent: "kubectl-etcdbackup", Version: cli.Version(),
	})
	if err != nil {
		return nil, err
	}
	return &archive{settings: s, store: store, url: u}, nil
}

func (p *plugin) transport(ctx context.Context, u *url.URL, namespace string) (http.RoundTripper, error) {
	ca, err := p.where.key.CA()
	if err != nil {
		return nil, err
	}
	t := kube.TLS{Insecure: p.where.key.Insecure, CA: ca}
	inCluster := namespace != "" || strings.Contains(u.Hostname()+".", ".svc.")
	if !inCluster {
		return kube.TransportPlain(t)
	}
	k, err := p.kube(ctx)
	if err != nil {
		return nil, err
	}
	return k.TransportToCluster(namespace, t)
}

// catalog lists the backups, newest first.
func (p *plugin) catalog(ctx context.Context) (*archive, backup.Catalog, error) {
	a, err := p.archive(ctx)
	if err != nil {
		return nil, backup.Catalog{}, err
	}
	c, err := a.list(ctx, p.where.prefix)
	if p.where.clusterName != "" {
		c = c.Cluster(p.where.clusterName)
	}
	return a, c, err
}

func (a *archive) list(ctx context.Context, prefix string) (backup.Catalog, error) {
	var c backup.Catalog
	for o, err := range a.store.Objects(ctx, a.bucket, s3.List{Prefix: prefix}) {
		if err != nil {
			return c, err
		}
		c.Add(o.Key, o.Size, o.Modified, o.ETag)
	}
	c.Sort()
	return c, nil
}
