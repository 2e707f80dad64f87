//go:build sandbox

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// write makes a file of a test and returns its path.
func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBucketSettings: each setting is set, is unchanged the second time, is
// shown, and is taken back; and the likeliest mistake is answered in one line.
func TestBucketSettings(t *testing.T) {
	b := cluster.up(t)
	const bucket = "kubectl rustfs bucket "
	b.must(t, bucket+"create -p e2e-settings")
	b.must(t, bucket+"create -p e2e-retention --with-lock")
	t.Cleanup(func() { b.down(t, bucket+"delete e2e-settings e2e-retention --force --yes") })
	dir := t.TempDir()

	t.Run("versioning", func(t *testing.T) {
		b.must(t, bucket+"versioning get e2e-settings").says(t, "Off")
		b.must(t, bucket+"versioning enable e2e-settings --dry-run").says(t, "(dry run)")
		b.must(t, bucket+"versioning get e2e-settings").says(t, "Off")
		b.must(t, bucket+"versioning enable e2e-settings --diff").says(t, "versioning enabled", "+Enabled")
		b.must(t, bucket+"versioning enable e2e-settings").says(t, "unchanged")
		b.must(t, bucket+"versioning suspend e2e-settings").says(t, "versioning suspended")
		b.try(t, bucket+"versioning enable e2e-nope").exits(t, 1).says(t, "NoSuchBucket", "hint: ")
		b.try(t, bucket+"versioning suspend e2e-retention").exits(t, 1).says(t, "hint: ")
	})
	t.Run("lock", func(t *testing.T) {
		b.must(t, bucket+"lock set e2e-retention --mode governance --days 1").says(t, "retention set to governance for 1 day")
		b.must(t, bucket+"lock set e2e-retention --mode governance --days 1").says(t, "unchanged")
		b.must(t, bucket+"lock get e2e-retention").says(t, "governance for 1 day")
		b.must(t, bucket+"lock clear e2e-retention").says(t, "retention cleared")
		b.must(t, bucket+"lock clear e2e-retention").says(t, "unchanged")
		b.try(t, bucket+"lock set e2e-settings --mode governance --days 1").exits(t, 1).says(t, "has no object lock", "hint: ")
		b.try(t, bucket+"lock set e2e-retention --mode forever --days 1").exits(t, 2)
		b.try(t, bucket+"lock set e2e-retention --mode governance").exits(t, 2)
	})
	t.Run("quota", func(t *testing.T) {
		b.must(t, bucket+"quota set e2e-settings 10Mi").says(t, "quota set to 10MiB")
		b.must(t, bucket+"quota set e2e-settings 10Mi").says(t, "unchanged")
		b.must(t, bucket+"quota get e2e-settings").says(t, "10MiB")
		b.must(t, bucket+"quota clear e2e-settings").says(t, "quota cleared")
		b.must(t, bucket+"quota clear e2e-settings").says(t, "unchanged")
		b.try(t, bucket+"quota set e2e-settings much").exits(t, 2).says(t, "must begin with a digit")
		b.try(t, bucket+"quota set e2e-nope 1Gi").exits(t, 1).says(t, "hint: ")
	})
	t.Run("lifecycle", func(t *testing.T) {
		b.must(t, bucket+"lifecycle add e2e-settings --prefix tmp/ --expire-days 30").says(t, "lifecycle rule added")
		b.must(t, bucket+"lifecycle add e2e-settings --prefix tmp/ --expire-days 30").says(t, "unchanged")
		b.must(t, bucket+"lifecycle get e2e-settings").says(t, "tmp-expire-30d", "deleted after 30 days")
		b.must(t, bucket+"lifecycle check e2e-settings").says(t, "tmp-expire-30d", "Works:", "Scanner:")
		rules := write(t, dir, "rules.yaml", b.must(t, bucket+"lifecycle get e2e-settings -o yaml").stdout)
		b.must(t, bucket+"lifecycle set e2e-settings -f "+rules).says(t, "unchanged")
		b.must(t, bucket+"lifecycle rm e2e-settings tmp-expire-30d").says(t, "removed")
		b.try(t, bucket+"lifecycle rm e2e-settings tmp-expire-30d").exits(t, 1)
		b.try(t, bucket+"lifecycle add e2e-settings --expire-days 0").exits(t, 2)
		b.try(t, bucket+"lifecycle set e2e-settings -f "+write(t, dir, "bad.yaml", "rules: {")).exits(t, 2)
	})
	t.Run("policy", func(t *testing.T) {
		policy := write(t, dir, "policy.json", `{"Version":"2012-10-17","Statement":[{"Sid":"mine","Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::e2e-settings/own/*"]}]}`)
		b.must(t, bucket+"policy get e2e-settings").says(t, "has no policy")
		b.must(t, bucket+"policy set e2e-settings -f "+policy+" --diff").says(t, "policy set", "own/*")
		b.must(t, bucket+"policy set e2e-settings -f "+policy).says(t, "unchanged")
		b.must(t, bucket+"policy edit e2e-settings", "KUBE_EDITOR=sed -i s,own/,theirs/,").says(t, "policy")
		b.must(t, bucket+"policy get e2e-settings").says(t, "theirs/*", "mine")
		b.must(t, bucket+"access e2e-settings download --prefix public/ --diff").says(t, "access set to download", "public/*")
		b.must(t, bucket+"access e2e-settings download --prefix public/").says(t, "unchanged")
		b.must(t, bucket+"access e2e-settings").says(t, "public/", "download")
		b.must(t, "kubectl rustfs cp "+write(t, dir, "p.txt", "for all\n")+" e2e-settings/public/p.txt")
		b.must(t, "kubectl rustfs exec -- sh -c 'curl -fsS $AWS_ENDPOINT_URL/e2e-settings/public/p.txt'").says(t, "for all")
		b.must(t, bucket+"access e2e-settings none --prefix public/").says(t, "access set to none")
		b.try(t, "kubectl rustfs exec -- sh -c 'curl -fsS $AWS_ENDPOINT_URL/e2e-settings/public/p.txt'").exits(t, 22)
		b.must(t, bucket+"policy get e2e-settings").says(t, "mine").never(t, "public/*")
		b.must(t, bucket+"policy rm e2e-settings").says(t, "removed")
		b.must(t, bucket+"policy rm e2e-settings").says(t, "unchanged")
		b.try(t, bucket+"policy set e2e-settings -f "+write(t, dir, "bad.json", "{")).exits(t, 2)
		b.try(t, bucket+"access e2e-settings everything").exits(t, 2)
	})
	t.Run("tag", func(t *testing.T) {
		b.must(t, bucket+"tag set e2e-settings team=shop").says(t, "tags set")
		b.must(t, bucket+"tag set e2e-settings team=shop").says(t, "unchanged")
		b.must(t, bucket+"tag get e2e-settings").says(t, "team=shop")
		b.must(t, bucket+"tag rm e2e-settings team")
		b.must(t, bucket+"tag get e2e-settings").never(t, "team=shop")
		b.try(t, bucket+"tag set e2e-settings team").exits(t, 2)
	})
	t.Run("cors", func(t *testing.T) {
		b.must(t, bucket+"cors set e2e-settings --origin https://example.com --method GET,HEAD").says(t, "CORS set")
		b.must(t, bucket+"cors set e2e-settings --origin https://example.com --method GET,HEAD").says(t, "unchanged")
		b.must(t, bucket+"cors get e2e-settings").says(t, "GET, HEAD from https://example.com")
		b.must(t, bucket+"cors rm e2e-settings").says(t, "CORS removed")
		b.must(t, bucket+"cors rm e2e-settings").says(t, "unchanged")
		b.try(t, bucket+"cors set e2e-settings --origin example --method FETCH").exits(t, 2)
	})
	t.Run("encryption", func(t *testing.T) {
		b.must(t, bucket+"encryption set e2e-settings --algorithm sse-s3").says(t, "encryption set", "warning: the server has no KMS")
		b.must(t, bucket+"encryption set e2e-settings --algorithm sse-s3").says(t, "unchanged")
		b.must(t, bucket+"encryption get e2e-settings").says(t, "sse-s3")
		b.must(t, bucket+"encryption clear e2e-settings").says(t, "encryption cleared")
		b.try(t, bucket+"encryption set e2e-settings").exits(t, 2).says(t, "--algorithm is missing")
	})
	t.Run("usage", func(t *testing.T) {
		b.must(t, bucket+"usage e2e-settings").says(t, "COUNTED")
		b.must(t, bucket+"usage e2e-settings --count").says(t, "listing")
		b.try(t, bucket+"usage e2e-nope").exits(t, 1).says(t, "hint: ")
	})
	t.Run("delete", func(t *testing.T) {
		b.try(t, bucket+"delete e2e-settings").exits(t, 1).says(t, "holds 1 object", "--force")
		b.try(t, bucket+"delete e2e-settings --force").exits(t, 2).says(t, "must be confirmed")
		b.try(t, bucket+"create E2E_Bad").exits(t, 2)
	})
}
