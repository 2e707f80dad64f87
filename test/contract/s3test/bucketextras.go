package s3test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

// bucketExtras are what lifecycle rules and bucket policies need beside the
// settings themselves.
func bucketExtras() []testCase {
	return []testCase{
		{"unfinished uploads are told", unfinishedUploads, []string{"Uploads"}},
		{"tags of objects are told", tagsOfVersion, []string{"ObjectTags"}},
		{"policies of levels are taken", levelPolicies, []string{"SetPolicy", "Policy"}},
		{"all kinds of lifecycle rules are taken", lifecycleRules, []string{"SetLifecycle", "Lifecycle"}},
		{"bad policies are refused", badPolicies, nil},
		{"bad lifecycle rules are refused", badRules, nil},
	}
}

func unfinishedUploads(t *testing.T, e env) {
	name := e.Bucket(t, e.store, false)
	for u, err := range e.store.Uploads(t.Context(), name, "") {
		t.Fatalf("a fresh bucket has an upload: %+v, %v", u, err)
	}
	e.Raw(t, scenario.Line{Method: http.MethodPost, Path: "/" + name + "/dir/half", Query: [][2]string{{"uploads", ""}}})
	var keys []string
	for u, err := range e.store.Uploads(t.Context(), name, "") {
		must(t, err)
		if u.ID == "" || time.Since(u.Started) > time.Hour {
			t.Errorf("%+v", u)
		}
		keys = append(keys, u.Key)
	}
	if diff := cmp.Diff([]string{"dir/half"}, keys); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, err := range e.store.Uploads(t.Context(), e.Name("no-such-bucket"), "") {
		wantCode(t, "a missing bucket", err, "NoSuchBucket", "bucket ls")
	}
}

func tagsOfVersion(t *testing.T, e env) {
	ctx, name := t.Context(), e.Bucket(t, e.store, false)
	put(t, e.store, name, "plain", "x")
	put(t, e.store, name, "tagged", "x")
	e.Raw(t, scenario.Line{
		Method: http.MethodPut, Path: "/" + name + "/tagged", Query: [][2]string{{"tagging", ""}},
		Body: "<Tagging><TagSet><Tag><Key>team</Key><Value>media</Value></Tag></TagSet></Tagging>",
	})
	got, err := e.store.ObjectTags(ctx, ref(name, "tagged"))
	must(t, err)
	if diff := cmp.Diff(map[string]string{"team": "media"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err = e.store.ObjectTags(ctx, ref(name, "plain"))
	if err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	_, err = e.store.ObjectTags(ctx, ref(name, "none"))
	wantCode(t, "a missing object", err, "NoSuchKey", "")
}

// levelPolicies holds the documents of all levels against the server, and what
// they do for those without a key.
func levelPolicies(t *testing.T, e env) {
	ctx, name := t.Context(), e.Bucket(t, e.store, false)
	put(t, e.store, name, "pub/a", "text")
	for level, want := range map[bucket.Access][2]bool{ // get, list below the prefix
		bucket.Download: {true, true}, bucket.Upload: {false, false}, bucket.Public: {true, true},
	} {
		for _, prefix := range []string{"", "pub/"} {
			d := bucket.WithAccess(bucket.Policy{}, name, prefix, level)
			must(t, e.store.SetPolicy(ctx, name, string(d.JSON())))
			text, err := e.store.Policy(ctx, name)
			must(t, err)
			back, err := bucket.ParsePolicy([]byte(text))
			must(t, err)
			if !bucket.EqualPolicy(d, back) || bucket.AccessOf(back, name, prefix) != level {
				t.Errorf("%s below %q came back as %s", level, prefix, text)
			}
			got := [2]bool{
				e.anonymous(t, "/"+name+"/pub/a"),
				e.anonymous(t, "/"+name+"?list-type=2&prefix="+"pub/"),
			}
			if got != want {
				t.Errorf("%s below %q lets anybody get and list: %v, want %v", level, prefix, got, want)
			}
		}
	}
	must(t, e.store.SetPolicy(ctx, name, ""))
	if e.anonymous(t, "/"+name+"/pub/a") {
		t.Error("without a policy anybody may get")
	}
}

// anonymous reports whether a request without a key is let through.
func (e env) anonymous(t *testing.T, path string) bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.Endpoint.String()+path, nil)
	must(t, err)
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusForbidden {
		t.Errorf("%s without a key: status %d", path, resp.StatusCode)
	}
	return resp.StatusCode == http.StatusOK
}

// lifecycleRules sets every kind of rule that ValidateLifecycle lets pass.
func lifecycleRules(t *testing.T, e env) {
	ctx, name := t.Context(), e.Bucket(t, e.store, true)
	date := time.Date(2040, 1, 31, 0, 0, 0, 0, time.UTC)
	rules := []bucket.LifecycleRule{
		{ID: "date", ExpireDate: &date},
		{ID: "markers", ExpireDeleteMarkers: true, Prefix: "a/"},
		{ID: "sizes", LargerThan: 1 << 20, SmallerThan: 1 << 30, ExpireDays: 3},
		{ID: "larger", LargerThan: 1 << 20, ExpireDays: 3},
		{ID: "tags", Tags: map[string]string{"a": "b", "c": "d"}, ExpireDays: 3},
		{ID: "one tag", Tags: map[string]string{"a": "b"}, ExpireDays: 3},
		{ID: "keep", NoncurrentKeep: 3},
		{ID: "both", NoncurrentDays: 2, NoncurrentKeep: 3, AbortUploadDays: 1},
	}
	must(t, bucket.ValidateLifecycle(rules))
	must(t, e.store.SetLifecycle(ctx, name, rules))
	got, err := e.store.Lifecycle(ctx, name)
	must(t, err)
	if diff := cmp.Diff(rules, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// badPolicies are refused by the linter and by the server.
func badPolicies(t *testing.T, e env) {
	name := e.Bucket(t, e.store, false)
	for what, document := range map[string]string{
		"no principal":     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::` + name + `/*"]}]}`,
		"NotPrincipal":     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","NotPrincipal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::` + name + `/*"]}]}`,
		"no resource":      `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"]}]}`,
		"both resources":   `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::` + name + `/*"],"NotResource":["arn:aws:s3:::` + name + `/a"]}]}`,
		"no action":        `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Resource":["arn:aws:s3:::` + name + `/*"]}]}`,
		"a wildcard":       `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:Get*"],"Resource":["arn:aws:s3:::` + name + `/*"]}]}`,
		"KMS":              `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["kms:*"],"Resource":["arn:aws:s3:::` + name + `/*"]}]}`,
		"a foreign member": `{"Version":"2012-10-17","Owner":"x","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::` + name + `/*"]}]}`,
	} {
		d, err := bucket.ParsePolicy([]byte(document))
		must(t, err)
		if len(bucket.LintPolicy(d, name)) == 0 {
			t.Errorf("%s passes the linter", what)
		}
		if err := e.store.SetPolicy(t.Context(), name, document); err == nil {
			t.Errorf("%s passes the server", what)
		}
	}
}

// badRules are refused by the validator and by the server, as S3's XML.
func badRules(t *testing.T, e env) {
	name := e.Bucket(t, e.store, true)
	player, err := scenario.NewPlayer(e.Endpoint.String(), e.Root.Access, e.Root.Secret, http.DefaultClient)
	must(t, err)
	for _, rule := range []string{
		"<Expiration><Days>0</Days></Expiration>",
		"<Expiration><Days>1</Days><Date>2040-01-01T00:00:00Z</Date></Expiration>",
		"<Expiration><Date>2040-01-01T10:00:00Z</Date></Expiration>",
		"<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
		"<Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
		"<NoncurrentVersionExpiration><NoncurrentDays>0</NoncurrentDays></NoncurrentVersionExpiration>",
		"<AbortIncompleteMultipartUpload><DaysAfterInitiation>0</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
		"<Filter><Prefix>a</Prefix></Filter>",
		"<Filter><Tag><Key>a</Key></Tag></Filter><Expiration><Days>1</Days></Expiration>",
	} {
		text := "<LifecycleConfiguration><Rule><ID>x</ID><Status>Enabled</Status>" + rule + "</Rule></LifecycleConfiguration>"
		rules, err := bucket.ParseLifecycle([]byte(text))
		if err == nil && bucket.ValidateLifecycle(rules) == nil {
			t.Errorf("%s passes the validator", rule)
		}
		a, err := player.Play(t.Context(), scenario.Line{As: scenario.Root, Method: http.MethodPut, Path: "/" + name, Query: [][2]string{{"lifecycle", ""}}, Body: text})
		must(t, err)
		if a.Status != http.StatusBadRequest {
			t.Errorf("%s: the server answers %d %s", rule, a.Status, a.Body)
		}
	}
}
