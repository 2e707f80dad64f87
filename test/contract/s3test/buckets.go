package s3test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

func bucketsComeAndGo(t *testing.T, e env) {
	ctx, name := t.Context(), e.Name("coming")
	exists := func(want bool) {
		t.Helper()
		if got, err := e.store.BucketExists(ctx, name); err != nil || got != want {
			t.Errorf("bucket exists: %v, %v; want %v", got, err, want)
		}
	}
	exists(false)
	must(t, e.store.CreateBucket(ctx, name, false))
	exists(true)
	all, err := e.store.Buckets(ctx)
	must(t, err)
	i := slices.IndexFunc(all, func(b s3.Bucket) bool { return b.Name == name })
	if i < 0 {
		t.Fatalf("%s is not in the list %v", name, all)
	}
	if age := time.Since(all[i].Created); age < -time.Minute || age > time.Hour {
		t.Errorf("created %s", all[i].Created)
	}
	if !slices.IsSortedFunc(all, func(a, b s3.Bucket) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("not sorted: %v", all)
	}
	must(t, e.store.DeleteBucket(ctx, name))
	exists(false)
}

func createAgain(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, false)
	put(t, e.store, bucket, "a", "kept")
	must(t, e.store.CreateBucket(t.Context(), bucket, false)) // RustFS says 200 to the owner
	if got, _, err := get(t.Context(), e.store, bucket, "a", 0, ""); err != nil || got != "kept" {
		t.Errorf("afterwards the object is %q, %v", got, err)
	}
}

func createOfAnother(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, false)
	other := e.Store(t, e.User(t, "readwrite"))
	wantCode(t, "create", other.CreateBucket(t.Context(), bucket, false), "BucketAlreadyExists", "")
}

func badName(t *testing.T, e env) {
	for _, name := range []string{"", "ab", "Upper", "192.168.0.1", "a..b", "-a-"} {
		if err := e.store.CreateBucket(t.Context(), name, false); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
}

func reservedName(t *testing.T, e env) {
	wantCode(t, "a reserved name", e.store.CreateBucket(t.Context(), "rustfs", false), "InvalidBucketName", "")
}

func notEmpty(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, false)
	put(t, e.store, bucket, "a", "1")
	wantCode(t, "delete", e.store.DeleteBucket(t.Context(), bucket), "BucketNotEmpty", "")
	if c, err := e.store.Count(t.Context(), bucket, 0); err != nil || c.Empty() {
		t.Errorf("afterwards it holds %+v, %v", c, err)
	}
}

// bucketSettings is everything there is to know of a bucket.
type bucketSettings struct {
	Versioning s3.Versioning
	Lock       s3.Lock
	Policy     string
	Tags       map[string]string
	Rules      int
	Encryption string
}

func settingsOf(t *testing.T, s *s3.Store, bucket string) (b bucketSettings) {
	t.Helper()
	ctx := t.Context()
	var err error
	b.Versioning, err = s.Versioning(ctx, bucket)
	must(t, err)
	b.Lock, err = s.Lock(ctx, bucket)
	must(t, err)
	b.Policy, err = s.Policy(ctx, bucket)
	must(t, err)
	b.Tags, err = s.Tags(ctx, bucket)
	must(t, err)
	rules, err := s.Lifecycle(ctx, bucket)
	must(t, err)
	b.Rules = len(rules)
	e, err := s.DefaultEncryption(ctx, bucket)
	must(t, err)
	if e != nil {
		b.Encryption = e.Algorithm
	}
	return b
}

func freshBucket(t *testing.T, e env) {
	got := settingsOf(t, e.store, e.Bucket(t, e.store, false))
	if diff := cmp.Diff(bucketSettings{Versioning: s3.Unversioned}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func settings(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::` + bucket + `/*"]}]}`
	config(t, e, bucket, "policy", policy)
	config(t, e, bucket, "tagging", `<Tagging><TagSet><Tag><Key>team</Key><Value>a b</Value></Tag></TagSet></Tagging>`)
	config(t, e, bucket, "lifecycle", `<LifecycleConfiguration>`+rule("one", 1)+rule("two", 30)+`</LifecycleConfiguration>`)
	must(t, e.store.EnableVersioning(ctx, bucket))

	got := settingsOf(t, e.store, bucket)
	if got.Policy == "" {
		t.Error("no policy")
	}
	got.Policy = ""
	want := bucketSettings{Versioning: s3.Enabled, Tags: map[string]string{"team": "a b"}, Rules: 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	config(t, e, bucket, "versioning", `<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>`)
	if v, err := e.store.Versioning(ctx, bucket); err != nil || v != s3.Suspended {
		t.Errorf("versioning %q, %v", v, err)
	}
}

func rule(id string, days int) string {
	return fmt.Sprintf(`<Rule><ID>%s</ID><Status>Enabled</Status><Filter><Prefix>%s/</Prefix></Filter>`+
		`<Expiration><Days>%d</Days></Expiration></Rule>`, id, id, days)
}

func encryption(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, false)
	config(t, e, bucket, "encryption", `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>`+
		`<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`)
	if got, err := e.store.DefaultEncryption(t.Context(), bucket); err != nil || got == nil || got.Algorithm != "AES256" {
		t.Errorf("encryption %v, %v", got, err)
	}
}

func lockedBucket(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, true)
	want := bucketSettings{Versioning: s3.Enabled, Lock: s3.Lock{Enabled: true}}
	if diff := cmp.Diff(want, settingsOf(t, e.store, bucket)); diff != "" {
		t.Errorf("without retention (-want +got):\n%s", diff)
	}
	config(t, e, bucket, "object-lock", `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>`+
		`<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>7</Days></DefaultRetention></Rule></ObjectLockConfiguration>`)
	want.Lock = s3.Lock{Enabled: true, Mode: "GOVERNANCE", Validity: 7, Unit: "DAYS"}
	if diff := cmp.Diff(want, settingsOf(t, e.store, bucket)); diff != "" {
		t.Errorf("with retention (-want +got):\n%s", diff)
	}
}
