package s3test

import (
	"context"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

// calls are all methods that ask about a bucket and one object in it.
func calls(ctx context.Context, s *s3.Store, bucket string) map[string]error {
	out := map[string]error{
		"EnableVersioning":  s.EnableVersioning(ctx, bucket),
		"DeleteBucket":      s.DeleteBucket(ctx, bucket),
		"Put":               s.Put(ctx, bucket, "a", strings.NewReader("1"), 1),
		"Objects":           firstError(ctx, s, bucket),
		"RemoveAllVersions": s.RemoveAllVersions(ctx, bucket, func(int64) {}),
	}
	_, out["Versioning"] = s.Versioning(ctx, bucket)
	_, out["Lock"] = s.Lock(ctx, bucket)
	_, out["Policy"] = s.Policy(ctx, bucket)
	_, out["Tags"] = s.Tags(ctx, bucket)
	_, out["Lifecycle"] = s.Lifecycle(ctx, bucket)
	_, out["DefaultEncryption"] = s.DefaultEncryption(ctx, bucket)
	_, out["CORS"] = s.CORS(ctx, bucket)
	_, out["Count"] = s.Count(ctx, bucket, 0)
	_, out["GetRange"] = s.GetRange(ctx, bucket, "a", 0, 1)
	_, _, out["Get"] = get(ctx, s, bucket, "a", 0, "")
	_, out["Stat"] = s.Stat(ctx, bucket, "a")
	return out
}

// missingBucket: RustFS' answer to HEAD says nothing of the reason, so that
// Stat cannot tell a missing bucket from a missing object; MinIO's does.
func missingBucket(t *testing.T, e env) {
	errs := calls(t.Context(), e.store, e.Name("missing"))
	if !s3.IsCode(errs["Stat"], "NoSuchKey", "NoSuchBucket") {
		t.Errorf("Stat: %v", errs["Stat"])
	}
	delete(errs, "Stat")
	delete(errs, "EnableVersioning") // missingVersioning
	for what, err := range errs {
		wantCode(t, what, err, "NoSuchBucket", "bucket ls")
	}
}

func missingVersioning(t *testing.T, e env) {
	wantCode(t, "EnableVersioning", e.store.EnableVersioning(t.Context(), e.Name("missing")), "NoSuchBucket", "bucket ls")
}

func missingObject(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	_, _, err := get(ctx, e.store, bucket, "a", 0, "")
	wantCode(t, "Get", err, "NoSuchKey", "")
	_, err = e.store.GetRange(ctx, bucket, "a", 0, 1)
	wantCode(t, "GetRange", err, "NoSuchKey", "")
	_, err = e.store.Stat(ctx, bucket, "a")
	wantCode(t, "Stat", err, "NoSuchKey", "")
}

func wrongSecret(t *testing.T, e env) {
	refusedKey(t, e, target.Key{Access: e.Root.Access, Secret: "not-the-secret"}, "SignatureDoesNotMatch")
}

func unknownKey(t *testing.T, e env) {
	refusedKey(t, e, target.Key{Access: "nobody-at-all", Secret: "not-the-secret"}, "InvalidAccessKeyId")
}

// refusedKey expects that no method works. RustFS' answer to HEAD says nothing
// of the reason, so that its status is all that is known; MinIO's does.
func refusedKey(t *testing.T, e env, k target.Key, code string) {
	t.Helper()
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	put(t, e.store, bucket, "a", "1")
	s := e.Store(t, k)
	errs := calls(ctx, s, bucket)
	errs["CreateBucket"] = s.CreateBucket(ctx, e.Name("new"), false)
	_, errs["Buckets"] = s.Buckets(ctx)
	_, exists := s.BucketExists(ctx, bucket)
	for what, err := range map[string]error{"Stat": errs["Stat"], "BucketExists": exists} {
		if !s3.IsCode(err, "AccessDenied", code) {
			t.Errorf("%s: %v, want AccessDenied or %s", what, err, code)
		}
	}
	delete(errs, "Stat")
	for what, err := range errs {
		wantCode(t, what, err, code, "the key is not the server's")
	}
}

func deniedUser(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	put(t, e.store, bucket, "a", "1")
	s := e.Store(t, e.User(t, ""))
	errs := calls(ctx, s, bucket)
	errs["CreateBucket"] = s.CreateBucket(ctx, e.Name("new"), false)
	_, errs["Buckets"] = s.Buckets(ctx)
	_, errs["BucketExists"] = s.BucketExists(ctx, bucket)
	for what, err := range errs {
		wantCode(t, what, err, "AccessDenied", "--access-key")
	}
}
