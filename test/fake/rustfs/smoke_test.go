package rustfs_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/tags"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

// client returns an S3 client for a running stand-in.
func client(t *testing.T, web *httptest.Server, creds *credentials.Credentials) *minio.Client {
	t.Helper()
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := minio.New(u.Host, &minio.Options{
		Creds: creds, Region: "us-east-1", BucketLookup: minio.BucketLookupPath, MaxRetries: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func rootClient(t *testing.T, web *httptest.Server) *minio.Client {
	return client(t, web, credentials.NewStaticV4(rootKey, rootSecret, ""))
}

// must fails the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantCode expects an S3 error code.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := minio.ToErrorResponse(err).Code; got != code {
		t.Fatalf("error code %q (%v), want %q", got, err, code)
	}
}

// admin plays one request as root and expects success.
func admin(t *testing.T, p *scenario.Player, method, route string, query [][2]string, body string) {
	t.Helper()
	a, err := p.Play(t.Context(), scenario.Line{
		As: scenario.Root, Method: method, Path: "/rustfs/admin/v3/" + route, Query: query, Body: body,
	})
	must(t, err)
	if a.Status/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, route, a.Status, a.Body)
	}
}

func put(ctx context.Context, c *minio.Client, bucket, key string, data []byte) (minio.UploadInfo, error) {
	return c.PutObject(ctx, bucket, key, bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{ContentType: "text/plain"})
}

func read(ctx context.Context, c *minio.Client, bucket, key string, o minio.GetObjectOptions) ([]byte, error) {
	obj, err := c.GetObject(ctx, bucket, key, o)
	if err != nil {
		return nil, err
	}
	defer obj.Close()
	return io.ReadAll(obj)
}

func TestObjectsSurviveRestart(t *testing.T) {
	t.Parallel()
	const size = 20 << 20
	ctx, dir := t.Context(), t.TempDir()
	_, web := start(t, dir)
	c := rootClient(t, web)
	must(t, c.MakeBucket(ctx, "data", minio.MakeBucketOptions{}))
	big := make([]byte, size)
	_, _ = rand.Read(big)
	info, err := c.PutObject(ctx, "data", "dir/big", bytes.NewReader(big), size, minio.PutObjectOptions{PartSize: 8 << 20})
	must(t, err)
	if !strings.HasSuffix(strings.Trim(info.ETag, `"`), "-3") {
		t.Errorf("ETag %s of a multipart upload with 3 parts", info.ETag)
	}
	set, err := tags.NewTags(map[string]string{"a": "1", "b": "2"}, true)
	must(t, err)
	must(t, c.PutObjectTagging(ctx, "data", "dir/big", set, minio.PutObjectTaggingOptions{}))

	_, web = start(t, dir)
	c = rootClient(t, web)
	got, err := read(ctx, c, "data", "dir/big", minio.GetObjectOptions{})
	must(t, err)
	if !bytes.Equal(got, big) {
		t.Error("object changed")
	}
	var part minio.GetObjectOptions
	must(t, part.SetRange(5<<20, 9<<20))
	got, err = read(ctx, c, "data", "dir/big", part)
	must(t, err)
	if !bytes.Equal(got, big[5<<20:9<<20+1]) {
		t.Error("range differs")
	}
	stat, err := c.StatObject(ctx, "data", "dir/big", minio.StatObjectOptions{})
	must(t, err)
	if stat.Size != size || stat.UserTagCount != 2 {
		t.Errorf("stat: size %d, %d tags", stat.Size, stat.UserTagCount)
	}
	have, err := c.GetObjectTagging(ctx, "data", "dir/big", minio.GetObjectTaggingOptions{})
	must(t, err)
	if have.ToMap()["b"] != "2" {
		t.Errorf("tags %v", have.ToMap())
	}
	wantCode(t, c.RemoveBucket(ctx, "data"), "BucketNotEmpty")
}

func TestListing(t *testing.T) {
	t.Parallel()
	const objects = 1100
	ctx := t.Context()
	_, web := start(t, t.TempDir())
	c := rootClient(t, web)
	must(t, c.MakeBucket(ctx, "many", minio.MakeBucketOptions{}))
	for i := range objects {
		_, err := put(ctx, c, "many", fmt.Sprintf("p%d/k %04d", i%2, i), []byte("x"))
		must(t, err)
	}
	seen := map[string]bool{}
	for o := range c.ListObjects(ctx, "many", minio.ListObjectsOptions{Recursive: true}) {
		must(t, o.Err)
		seen[o.Key] = true
	}
	if len(seen) != objects {
		t.Errorf("%d keys, want %d", len(seen), objects)
	}
	var prefixes []string
	for o := range c.ListObjects(ctx, "many", minio.ListObjectsOptions{}) {
		must(t, o.Err)
		prefixes = append(prefixes, o.Key)
	}
	if strings.Join(prefixes, ",") != "p0/,p1/" {
		t.Errorf("prefixes %v", prefixes)
	}
}

func TestVersionsAndLock(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	_, web := start(t, t.TempDir())
	c := rootClient(t, web)
	must(t, c.MakeBucket(ctx, "ver", minio.MakeBucketOptions{}))
	must(t, c.EnableVersioning(ctx, "ver"))
	first, err := put(ctx, c, "ver", "f", []byte("one"))
	must(t, err)
	_, err = put(ctx, c, "ver", "f", []byte("two"))
	must(t, err)
	must(t, c.RemoveObject(ctx, "ver", "f", minio.RemoveObjectOptions{}))
	got, err := read(ctx, c, "ver", "f", minio.GetObjectOptions{VersionID: first.VersionID})
	must(t, err)
	if string(got) != "one" {
		t.Errorf("first version %q", got)
	}
	_, err = c.StatObject(ctx, "ver", "f", minio.StatObjectOptions{})
	wantCode(t, err, "NoSuchKey")

	var all []minio.ObjectInfo
	for o := range c.ListObjects(ctx, "ver", minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
		must(t, o.Err)
		all = append(all, o)
	}
	if len(all) != 3 {
		t.Fatalf("%d versions, want 3", len(all))
	}
	queue := make(chan minio.ObjectInfo, len(all))
	for _, o := range all {
		queue <- o
	}
	close(queue)
	for e := range c.RemoveObjects(ctx, "ver", queue, minio.RemoveObjectsOptions{}) {
		t.Errorf("remove %s: %v", e.ObjectName, e.Err)
	}
	must(t, c.RemoveBucket(ctx, "ver"))

	must(t, c.MakeBucket(ctx, "lock", minio.MakeBucketOptions{ObjectLocking: true}))
	state, _, _, _, err := c.GetObjectLockConfig(ctx, "lock")
	must(t, err)
	if state != "Enabled" {
		t.Errorf("object lock %q", state)
	}
	locked, err := c.PutObject(ctx, "lock", "c", strings.NewReader("data"), 4, minio.PutObjectOptions{
		Mode: minio.Compliance, RetainUntilDate: time.Now().Add(time.Hour).UTC(), SendContentMd5: true,
	})
	must(t, err)
	err = c.RemoveObject(ctx, "lock", "c", minio.RemoveObjectOptions{VersionID: locked.VersionID, GovernanceBypass: true})
	wantCode(t, err, "AccessDenied")
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	const readTeam = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::team/*"]},{"Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::team"]}]}`
	const readOnly = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::*"]}]}`
	ctx := t.Context()
	_, web := start(t, t.TempDir())
	p := player(t, web)
	root := rootClient(t, web)
	for _, b := range []string{"team", "other"} {
		must(t, root.MakeBucket(ctx, b, minio.MakeBucketOptions{}))
		_, err := put(ctx, root, b, "f", []byte(b))
		must(t, err)
	}
	admin(t, p, http.MethodPut, "add-user", [][2]string{{"accessKey", "carla"}}, `{"secretKey":"carla-secret","status":"enabled"}`)
	admin(t, p, http.MethodPut, "add-canned-policy", [][2]string{{"name", "team"}}, readTeam)
	admin(t, p, http.MethodPost, "idp/builtin/policy/attach", nil, `{"policies":["team"],"user":"carla"}`)
	admin(t, p, http.MethodPut, "add-service-accounts", nil,
		`{"accessKey":"carlakey","secretKey":"carlakey-secret","targetUser":"carla","policy":`+readOnly+`}`)

	carla := client(t, web, credentials.NewStaticV4("carla", "carla-secret", ""))
	_, err := put(ctx, carla, "team", "mine", []byte("x"))
	must(t, err)
	_, err = put(ctx, carla, "other", "mine", []byte("x"))
	wantCode(t, err, "AccessDenied")
	wantCode(t, carla.RemoveObject(ctx, "team", "mine", minio.RemoveObjectOptions{}), "AccessDenied")

	key := client(t, web, credentials.NewStaticV4("carlakey", "carlakey-secret", ""))
	_, err = read(ctx, key, "team", "f", minio.GetObjectOptions{})
	must(t, err)
	_, err = read(ctx, key, "other", "f", minio.GetObjectOptions{})
	wantCode(t, err, "AccessDenied")
	_, err = put(ctx, key, "team", "f2", []byte("x"))
	wantCode(t, err, "AccessDenied")

	session, err := credentials.NewSTSAssumeRole(web.URL, credentials.STSAssumeRoleOptions{AccessKey: "carla", SecretKey: "carla-secret"})
	must(t, err)
	_, err = read(ctx, client(t, web, session), "team", "f", minio.GetObjectOptions{})
	must(t, err)

	nobody := client(t, web, credentials.NewStaticV4("", "", ""))
	_, err = read(ctx, nobody, "other", "f", minio.GetObjectOptions{})
	wantCode(t, err, "AccessDenied")
	must(t, root.SetBucketPolicy(ctx, "other", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::other/*"]}]}`))
	got, err := read(ctx, nobody, "other", "f", minio.GetObjectOptions{})
	must(t, err)
	if string(got) != "other" {
		t.Errorf("anonymous read %q", got)
	}
	link, err := root.PresignedGetObject(ctx, "team", "f", time.Minute, nil)
	must(t, err)
	resp, err := web.Client().Get(link.String())
	must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("presigned GET: %d", resp.StatusCode)
	}
}

func TestInject(t *testing.T) {
	t.Parallel()
	server, web := start(t, t.TempDir())
	server.Inject(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	resp, err := web.Client().Get(web.URL + "/health")
	must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestQuota(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	server, web := start(t, t.TempDir())
	c := rootClient(t, web)
	must(t, c.MakeBucket(ctx, "quo", minio.MakeBucketOptions{}))
	admin(t, player(t, web), http.MethodPut, "quota/quo", nil, `{"quota":1000,"quota_type":"HARD"}`)
	_, err := put(ctx, c, "quo", "a", make([]byte, 500))
	must(t, err)
	_, err = put(ctx, c, "quo", "b", make([]byte, 600))
	wantCode(t, err, "InvalidRequest")
	server.SetUsageKnown(false)
	_, err = put(ctx, c, "quo", "c", []byte("x"))
	wantCode(t, err, "ServiceUnavailable")
}
