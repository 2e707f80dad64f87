package s3

import (
	"context"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/cors"
	"github.com/minio/minio-go/v7/pkg/sse"
	"github.com/minio/minio-go/v7/pkg/tags"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
)

// SetVersioning turns a bucket's versioning on, or suspends it; off it cannot
// be again.
func (s *Store) SetVersioning(ctx context.Context, name string, v Versioning) error {
	if v == Enabled {
		return s.EnableVersioning(ctx, name)
	}
	return wrap(s.client.SuspendVersioning(ctx, name), "versioning of bucket %q", name)
}

// SetLock sets the retention that new objects of a bucket with object locking
// get; one without a mode takes it away.
func (s *Store) SetLock(ctx context.Context, name string, l bucket.Lock) error {
	const op = "object lock of bucket %q"
	if l.Mode == "" {
		return wrap(s.client.SetObjectLockConfig(ctx, name, nil, nil, nil), op, name)
	}
	mode, unit, validity := minio.RetentionMode(l.Mode), minio.Days, l.Days
	if l.Years > 0 {
		unit, validity = minio.Years, l.Years
	}
	return wrap(s.client.SetObjectLockConfig(ctx, name, &mode, &validity, &unit), op, name)
}

// SetPolicy writes a bucket's policy; an empty document takes it away.
func (s *Store) SetPolicy(ctx context.Context, name, document string) error {
	return wrap(s.client.SetBucketPolicy(ctx, name, document), "policy of bucket %q", name)
}

// SetTags replaces a bucket's tags; none takes them away.
func (s *Store) SetTags(ctx context.Context, name string, t map[string]string) error {
	const op = "tags of bucket %q"
	if len(t) == 0 {
		return wrap(s.client.RemoveBucketTagging(ctx, name), op, name)
	}
	set, err := tags.MapToBucketTags(t)
	if err != nil {
		return wrap(err, op, name)
	}
	return wrap(s.client.SetBucketTagging(ctx, name, set), op, name)
}

// CORS are a bucket's rules for pages of other origins.
func (s *Store) CORS(ctx context.Context, name string) ([]bucket.CORSRule, error) {
	c, err := s.client.GetBucketCors(ctx, name)
	if err != nil {
		err = wrap(err, "CORS of bucket %q", name)
		if IsCode(err, "NoSuchCORSConfiguration") {
			return nil, nil
		}
		return nil, err
	}
	if c == nil { // the SDK's way to say that there are none
		return nil, nil
	}
	return rulesOf(c), nil
}

func rulesOf(c *cors.Config) []bucket.CORSRule {
	out := make([]bucket.CORSRule, len(c.CORSRules))
	for i, r := range c.CORSRules {
		out[i] = bucket.CORSRule{ID: r.ID, Origins: r.AllowedOrigin, Methods: r.AllowedMethod, Headers: r.AllowedHeader, Expose: r.ExposeHeader, MaxAgeSeconds: r.MaxAgeSeconds}
	}
	return out
}

// SetCORS replaces a bucket's CORS rules; none takes them away.
func (s *Store) SetCORS(ctx context.Context, name string, rules []bucket.CORSRule) error {
	var c *cors.Config
	if len(rules) > 0 {
		list := make([]cors.Rule, len(rules))
		for i, r := range rules {
			list[i] = cors.Rule{ID: r.ID, AllowedOrigin: r.Origins, AllowedMethod: r.Methods, AllowedHeader: r.Headers, ExposeHeader: r.Expose, MaxAgeSeconds: r.MaxAgeSeconds}
		}
		c = cors.NewConfig(list)
	}
	return wrap(s.client.SetBucketCors(ctx, name, c), "CORS of bucket %q", name)
}

// DefaultEncryption is how a bucket encrypts new objects; nil: not at all.
func (s *Store) DefaultEncryption(ctx context.Context, name string) (*bucket.Encryption, error) {
	c, err := s.client.GetBucketEncryption(ctx, name)
	if err != nil {
		err = wrap(err, "encryption of bucket %q", name)
		if IsCode(err, "ServerSideEncryptionConfigurationNotFoundError") {
			return nil, nil
		}
		return nil, err
	}
	for _, r := range c.Rules {
		return &bucket.Encryption{Algorithm: r.Apply.SSEAlgorithm, KeyID: r.Apply.KmsMasterKeyID}, nil
	}
	return nil, nil // alpha.82: 200 with an empty configuration
}

// SetDefaultEncryption sets how a bucket encrypts new objects; nil ends it.
func (s *Store) SetDefaultEncryption(ctx context.Context, name string, e *bucket.Encryption) error {
	const op = "encryption of bucket %q"
	if e == nil {
		return wrap(s.client.RemoveBucketEncryption(ctx, name), op, name)
	}
	c := &sse.Configuration{Rules: []sse.Rule{{Apply: sse.ApplySSEByDefault{SSEAlgorithm: e.Algorithm, KmsMasterKeyID: e.KeyID}}}}
	return wrap(s.client.SetBucketEncryption(ctx, name, c), op, name)
}
