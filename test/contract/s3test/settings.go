package s3test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// setAndRead sets everything that can be set, reads it back, and takes it away
// again.
func setAndRead(t *testing.T, e env) {
	ctx, name := t.Context(), e.Bucket(t, e.store, true)
	same := func(what string, want, got any, err error) {
		t.Helper()
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	lifecycle := []bucket.LifecycleRule{
		{ID: "days", Prefix: "logs/", ExpireDays: 30, NoncurrentDays: 7},
		{ID: "off", Prefix: "off/", ExpireDays: 3, Disabled: true},
		{ID: "tagged", Prefix: "tmp/", Tags: map[string]string{"keep": "no"}, ExpireDays: 1},
	}
	tags := map[string]string{"team": "media", "tier": "a b"}

	must(t, e.store.SetLifecycle(ctx, name, lifecycle))
	got, err := e.store.Lifecycle(ctx, name)
	same("lifecycle", lifecycle, got, err)
	must(t, e.store.SetTags(ctx, name, tags))
	gotTags, err := e.store.Tags(ctx, name)
	same("tags", tags, gotTags, err)
	must(t, e.store.SetLock(ctx, name, bucket.Lock{Mode: "GOVERNANCE", Days: 3}))
	lock, err := e.store.Lock(ctx, name)
	same("lock", s3.Lock{Enabled: true, Mode: "GOVERNANCE", Validity: 3, Unit: "DAYS"}, lock, err)
	must(t, e.store.SetDefaultEncryption(ctx, name, &bucket.Encryption{Algorithm: "AES256"}))
	encryption, err := e.store.DefaultEncryption(ctx, name)
	same("encryption", &bucket.Encryption{Algorithm: "AES256"}, encryption, err)
	must(t, e.store.SetPolicy(ctx, name, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::`+name+`/*"]}]}`))
	if p, err := e.store.Policy(ctx, name); err != nil || p == "" {
		t.Errorf("policy %q, %v", p, err)
	}

	must(t, e.store.SetLifecycle(ctx, name, nil))
	must(t, e.store.SetTags(ctx, name, nil))
	must(t, e.store.SetLock(ctx, name, bucket.Lock{}))
	must(t, e.store.SetDefaultEncryption(ctx, name, nil))
	must(t, e.store.SetPolicy(ctx, name, ""))
	want := bucketSettings{Versioning: s3.Enabled, Lock: s3.Lock{Enabled: true}}
	same("taken away", want, settingsOf(t, e.store, name), nil)

	plain := e.Bucket(t, e.store, false)
	for _, v := range []s3.Versioning{s3.Enabled, s3.Suspended} {
		must(t, e.store.SetVersioning(ctx, plain, v))
		got, err := e.store.Versioning(ctx, plain)
		same("versioning", v, got, err)
	}
}

func abortRule(t *testing.T, e env) {
	ctx, name := t.Context(), e.Bucket(t, e.store, false)
	want := []bucket.LifecycleRule{{ID: "all", AbortUploadDays: 3}}
	must(t, e.store.SetLifecycle(ctx, name, want))
	got, err := e.store.Lifecycle(ctx, name)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func corsRules(t *testing.T, e env) {
	ctx, name := t.Context(), e.Bucket(t, e.store, false)
	rules := []bucket.CORSRule{{Origins: []string{"https://example.com"}, Methods: []string{"GET", "PUT"}, Headers: []string{"*"}, Expose: []string{"ETag"}, MaxAgeSeconds: 60}}
	for _, want := range [][]bucket.CORSRule{rules, nil} {
		must(t, e.store.SetCORS(ctx, name, want))
		got, err := e.store.CORS(ctx, name)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
