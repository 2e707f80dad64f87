package s3

import (
	"context"
	"time"

	"github.com/minio/minio-go/v7"
)

// Bucket is a bucket as ListBuckets tells it.
type Bucket struct {
	Name    string
	Created time.Time
}

// Versioning is the state of a bucket's versioning.
type Versioning string

// The states; Unversioned is a bucket that never had versioning.
const (
	Unversioned Versioning = "Off"
	Enabled     Versioning = "Enabled"
	Suspended   Versioning = "Suspended"
)

// Buckets lists the buckets this key may see. A key that may see none is
// refused with AccessDenied by RustFS, not answered with an empty list.
func (s *Store) Buckets(ctx context.Context) ([]Bucket, error) {
	list, err := s.client.ListBuckets(ctx)
	if err != nil {
		return nil, wrap(err, "list buckets")
	}
	out := make([]Bucket, len(list))
	for i, b := range list {
		out[i] = Bucket{Name: b.Name, Created: b.CreationDate}
	}
	return out, nil
}

// BucketExists reports whether there is such a bucket.
func (s *Store) BucketExists(ctx context.Context, name string) (bool, error) {
	ok, err := s.client.BucketExists(ctx, name)
	return ok, wrap(err, "bucket %q", name)
}

// CreateBucket makes a bucket; lock turns object locking on, and with it
// versioning, which can only be done now. To have it already is no error:
// servers say so with 200 or, up to alpha, with 409.
func (s *Store) CreateBucket(ctx context.Context, name string, lock bool) error {
	err := wrap(s.client.MakeBucket(ctx, name, minio.MakeBucketOptions{ObjectLocking: lock, Region: DefaultRegion}), "create bucket %q", name)
	if IsCode(err, "BucketAlreadyOwnedByYou") {
		return nil
	}
	return err
}

// DeleteBucket removes an empty bucket.
func (s *Store) DeleteBucket(ctx context.Context, name string) error {
	return wrap(s.client.RemoveBucket(ctx, name), "delete bucket %q", name)
}

// Versioning tells a bucket's state.
func (s *Store) Versioning(ctx context.Context, bucket string) (Versioning, error) {
	v, err := s.client.GetBucketVersioning(ctx, bucket)
	if err != nil {
		return "", wrap(err, "versioning of bucket %q", bucket)
	}
	switch {
	case v.Enabled():
		return Enabled, nil
	case v.Suspended():
		return Suspended, nil
	}
	return Unversioned, nil
}

// EnableVersioning keeps old versions of objects from now on.
func (s *Store) EnableVersioning(ctx context.Context, bucket string) error {
	return wrap(s.client.EnableVersioning(ctx, bucket), "versioning of bucket %q", bucket)
}

// Lock is a bucket's object locking and the retention new objects get.
type Lock struct {
	Enabled  bool
	Mode     string // GOVERNANCE, COMPLIANCE or empty
	Validity uint
	Unit     string // DAYS or YEARS
}

// Lock tells a bucket's object locking.
func (s *Store) Lock(ctx context.Context, bucket string) (Lock, error) {
	status, mode, validity, unit, err := s.client.GetObjectLockConfig(ctx, bucket)
	if err != nil {
		err = wrap(err, "object lock of bucket %q", bucket)
		if IsCode(err, "ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration") {
			return Lock{}, nil
		}
		return Lock{}, err
	}
	l := Lock{Enabled: status == "Enabled"}
	if mode != nil && validity != nil && unit != nil {
		l.Mode, l.Validity, l.Unit = string(*mode), *validity, string(*unit)
	}
	return l, nil
}

// Policy is a bucket's policy document; empty when there is none.
func (s *Store) Policy(ctx context.Context, bucket string) (string, error) {
	p, err := s.client.GetBucketPolicy(ctx, bucket)
	return p, wrap(err, "policy of bucket %q", bucket)
}

// Tags are a bucket's tags.
func (s *Store) Tags(ctx context.Context, bucket string) (map[string]string, error) {
	t, err := s.client.GetBucketTagging(ctx, bucket)
	if err != nil {
		err = wrap(err, "tags of bucket %q", bucket)
		if IsCode(err, "NoSuchTagSet") {
			return nil, nil
		}
		return nil, err
	}
	return t.ToMap(), nil
}
