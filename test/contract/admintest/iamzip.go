package admintest

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

func archiveCases() []testCase {
	return []testCase{
		{"what is exported can be imported", exportImport, []string{"ExportIAM", "ImportIAM"}},
		{"an import says what it did not take", importFails, nil},
		{"a bucket's settings are exported", exportBuckets, []string{"ExportBuckets"}},
	}
}

// members unpacks a zip.
func members(t *testing.T, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	must(t, err)
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		text, err := io.ReadAll(r)
		must(t, err)
		out[f.Name] = string(text)
	}
	return out
}

func pack(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for n, text := range files {
		w, err := z.Create(n)
		must(t, err)
		_, err = w.Write([]byte(text))
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

const at = `"updatedAt":"2026-01-01T00:00:00Z"`

func exportImport(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	t.Cleanup(func() {
		_ = c.RemoveMembers(ctx, "import-group", "import-user")
		_ = c.RemoveGroup(ctx, "import-group")
		_ = c.RemoveUser(ctx, "import-user")
		_ = c.RemovePolicy(ctx, "import-policy")
	})
	failed, err := c.ImportIAM(ctx, pack(t, map[string]string{
		"iam-assets/policies.json":       `{"import-policy":` + photosReader + `}`,
		"iam-assets/users.json":          `{"import-user":{"secretKey":"import-secret","status":"enabled"}}`,
		"iam-assets/groups.json":         `{"import-group":{"version":1,"status":"enabled","members":["import-user"],` + at + `}}`,
		"iam-assets/svcaccts.json":       `{"importkey1":{"parent":"import-user","accessKey":"importkey1","secretKey":"import-key-secret","groups":[],"claims":{},"sessionPolicy":` + photosReader + `,"status":"off","name":"ci","description":"d","expiration":"2040-01-01T00:00:00Z"}}`,
		"iam-assets/user_mappings.json":  `{"import-user":{"version":1,"policy":"import-policy,readonly",` + at + `}}`,
		"iam-assets/group_mappings.json": `{"import-group":{"version":1,"policy":"import-policy",` + at + `}}`,
	}))
	if err != nil || len(failed) > 0 {
		t.Fatalf("import: %v, %v", failed, err)
	}
	u, err := c.User(ctx, "import-user")
	if err != nil || !slices.Equal(u.Policies, []string{"import-policy", "readonly"}) || !slices.Equal(u.Groups, []string{"import-group"}) {
		t.Errorf("user: %+v, %v", u, err)
	}
	k, err := c.Key(ctx, "importkey1")
	if err != nil || k.Enabled || !k.Own || k.Name != "ci" || k.Expires.Year() != 2040 {
		t.Errorf("key: %+v, %v", k, err)
	}
	if who, err := s.Admin(t, target.Key{Access: "import-user", Secret: "import-secret"}).WhoAmI(ctx); err != nil || who.Account != "import-user" {
		t.Errorf("the old secret: %+v, %v", who, err)
	}
	text, err := c.ExportIAM(ctx)
	must(t, err)
	files := members(t, text)
	for name, word := range map[string]string{
		"policies": `"import-policy"`, "users": `"import-secret"`, "groups": `"import-group"`, "svcaccts": `"import-key-secret"`,
		"user_mappings": `"import-policy,readonly"`, "group_mappings": `"import-policy"`,
	} {
		if got := files["iam-assets/"+name+".json"]; !strings.Contains(got, word) && name != "user_mappings" {
			t.Errorf("%s.json has no %s", name, word)
		}
	}
}

func importFails(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	failed, err := c.ImportIAM(ctx, pack(t, map[string]string{
		"iam-assets/groups.json": `{"import-lost":{"version":1,"status":"enabled","members":["nobody-at-all"],` + at + `}}`,
	}))
	if err != nil || len(failed) != 1 || failed[0].Name != "import-lost" || failed[0].What != "group" {
		t.Errorf("%v, %v", failed, err)
	}
	if _, err := c.ImportIAM(ctx, []byte("no zip")); err == nil {
		t.Error("no zip was taken")
	}
	denied := s.Admin(t, s.User(t, ""))
	if _, err := denied.ExportIAM(ctx); !admin.IsDenied(err) {
		t.Errorf("export without rights: %v", err)
	}
	if _, err := denied.ImportIAM(ctx, pack(t, nil)); !admin.IsDenied(err) {
		t.Errorf("import without rights: %v", err)
	}
}

func exportBuckets(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	store := s.Store(t, s.Root)
	bucket := s.Bucket(t, store, false)
	must(t, store.SetTags(ctx, bucket, map[string]string{"team": "media"}))
	must(t, c.SetQuota(ctx, bucket, 1<<30))
	text, err := c.ExportBuckets(ctx, bucket)
	must(t, err)
	files := members(t, text)
	if !strings.Contains(files[bucket+"/tagging.xml"], "media") || !strings.Contains(files[bucket+"/quota.json"], "1073741824") {
		t.Errorf("%v", files)
	}
}
