// Package profiletest holds profiles against a server: with a real key, what a
// profile promises must work, and everything else must be refused.
package profiletest

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

// call is one way to use an action.
type call struct {
	name    string
	actions []string // all of them are needed
	// seed prepares the bucket as root; the upload's id goes into the line
	// where it says {upload}.
	seed func(*suite, *testing.T, string, string) (upload string)
	line func(bucket, key, upload string) scenario.Line
	// whole says that the call concerns the bucket as a whole, which a listing
	// narrowed to a prefix does not allow.
	whole bool
	// inside says that a refusal is told in an answer of 200.
	inside bool
}

func at(method, bucket, key string, query ...string) scenario.Line {
	l := scenario.Line{Method: method, Path: "/" + bucket}
	if key != "" {
		l.Path += "/" + key
	}
	for i := 0; i+1 < len(query); i += 2 {
		l.Query = append(l.Query, [2]string{query[i], query[i+1]})
	}
	return l
}

// onObjects are calls for a key.
func onObjects() []call {
	obj := func(s *suite, t *testing.T, b, k string) string { s.put(t, b, k); return "" }
	upload := func(s *suite, t *testing.T, b, k string) string { return s.start(t, b, k) }
	const tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
	body := func(l scenario.Line, text string) scenario.Line { l.Body = text; return l }
	simple := func(method string, query ...string) func(string, string, string) scenario.Line {
		return func(b, k, _ string) scenario.Line { return at(method, b, k, query...) }
	}
	return []call{
		{name: "GET", actions: []string{"s3:GetObject"}, seed: obj, line: simple(http.MethodGet)},
		{name: "HEAD", actions: []string{"s3:GetObject"}, seed: obj, line: simple(http.MethodHead)},
		{name: "GET a range", actions: []string{"s3:GetObject"}, seed: obj, line: func(b, k, _ string) scenario.Line {
			l := at(http.MethodGet, b, k)
			l.Headers = map[string]string{"Range": "bytes=0-1"}
			return l
		}},
		{name: "PUT", actions: []string{"s3:PutObject"}, line: func(b, k, _ string) scenario.Line { return body(at(http.MethodPut, b, k), "text") }},
		{name: "PUT again", actions: []string{"s3:PutObject"}, seed: obj, line: func(b, k, _ string) scenario.Line { return body(at(http.MethodPut, b, k), "other") }},
		{name: "start an upload", actions: []string{"s3:PutObject"}, line: simple(http.MethodPost, "uploads", "")},
		{name: "upload a part", actions: []string{"s3:PutObject"}, seed: upload, line: func(b, k, id string) scenario.Line {
			return body(at(http.MethodPut, b, k, "partNumber", "1", "uploadId", id), "part")
		}},
		{name: "list parts", actions: []string{"s3:ListMultipartUploadParts"}, seed: upload, line: func(b, k, id string) scenario.Line { return at(http.MethodGet, b, k, "uploadId", id) }},
		{name: "abort an upload", actions: []string{"s3:AbortMultipartUpload"}, seed: upload, line: func(b, k, id string) scenario.Line { return at(http.MethodDelete, b, k, "uploadId", id) }},
		{name: "DELETE", actions: []string{"s3:DeleteObject"}, seed: obj, line: simple(http.MethodDelete)},
		{name: "DELETE nothing", actions: []string{"s3:DeleteObject"}, line: func(b, k, _ string) scenario.Line { return at(http.MethodDelete, b, k+"-none") }},
		{name: "multi-delete", actions: []string{"s3:DeleteObject"}, seed: obj, inside: true, line: func(b, k, _ string) scenario.Line {
			l := body(at(http.MethodPost, b, "", "delete", ""), "<Delete><Object><Key>"+k+"</Key></Object></Delete>")
			l.Headers = map[string]string{"Content-Md5": md5of(l.Body)}
			return l
		}},
		{name: "copy", actions: []string{"s3:GetObject", "s3:PutObject"}, seed: obj, line: func(b, k, _ string) scenario.Line {
			l := at(http.MethodPut, b, k+"-copy")
			l.Headers = map[string]string{"X-Amz-Copy-Source": escape("/" + b + "/" + k)}
			return l
		}},
		{name: "GET tags", actions: []string{"s3:GetObjectTagging"}, seed: obj, line: simple(http.MethodGet, "tagging", "")},
		{name: "PUT tags", actions: []string{"s3:PutObjectTagging"}, seed: obj, line: func(b, k, _ string) scenario.Line { return body(at(http.MethodPut, b, k, "tagging", ""), tags) }},
		{name: "DELETE tags", actions: []string{"s3:DeleteObjectTagging"}, seed: obj, line: simple(http.MethodDelete, "tagging", "")},
		{name: "list v2", actions: []string{"s3:ListBucket"}, line: func(b, k, _ string) scenario.Line { return at(http.MethodGet, b, "", "list-type", "2", "prefix", k) }},
		{name: "list v1", actions: []string{"s3:ListBucket"}, line: func(b, k, _ string) scenario.Line { return at(http.MethodGet, b, "", "prefix", k, "delimiter", "/") }},
		{name: "list uploads", actions: []string{"s3:ListBucketMultipartUploads"}, line: func(b, k, _ string) scenario.Line { return at(http.MethodGet, b, "", "uploads", "", "prefix", k) }},
		{name: "list versions", actions: []string{"s3:ListBucketVersions"}, line: func(b, k, _ string) scenario.Line { return at(http.MethodGet, b, "", "versions", "", "prefix", k) }},
		{name: "GET an old version", actions: []string{"s3:GetObjectVersion"}, seed: obj, line: simple(http.MethodGet, "versionId", "null")},
		{name: "DELETE an old version", actions: []string{"s3:DeleteObjectVersion"}, seed: obj, line: simple(http.MethodDelete, "versionId", "null")},
		{name: "GET retention", actions: []string{"s3:GetObjectRetention"}, seed: obj, line: simple(http.MethodGet, "retention", "")},
	}
}

// onBucket are calls for a bucket.
func onBucket() []call {
	get := func(action, sub string) call {
		return call{name: "GET ?" + sub, actions: []string{action}, line: func(b, _, _ string) scenario.Line { return at(http.MethodGet, b, "", sub, "") }}
	}
	put := func(action, sub, body string) call {
		return call{name: "PUT ?" + sub, actions: []string{action}, line: func(b, _, _ string) scenario.Line {
			l := at(http.MethodPut, b, "", sub, "")
			l.Body = body
			l.Headers = map[string]string{"Content-Md5": md5of(body)}
			return l
		}}
	}
	return []call{
		get("s3:GetBucketLocation", "location"), get("s3:GetBucketPolicy", "policy"), get("s3:GetBucketLifecycle", "lifecycle"),
		get("s3:GetBucketVersioning", "versioning"), get("s3:GetBucketTagging", "tagging"), get("s3:GetBucketCors", "cors"),
		get("s3:GetBucketEncryption", "encryption"), get("s3:GetBucketNotification", "notification"), get("s3:GetReplicationConfiguration", "replication"),
		get("s3:GetBucketObjectLockConfiguration", "object-lock"),
		put("s3:PutBucketPolicy", "policy", "{}"),
		put("s3:PutBucketVersioning", "versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
		put("s3:PutBucketTagging", "tagging", "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"),
		put("s3:PutBucketLifecycle", "lifecycle", "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>"),
		{name: "DELETE ?policy", actions: []string{"s3:DeleteBucketPolicy"}, line: func(b, _, _ string) scenario.Line { return at(http.MethodDelete, b, "", "policy", "") }},
		{name: "HEAD the bucket", actions: []string{"s3:ListBucket"}, whole: true, line: func(b, _, _ string) scenario.Line { return at(http.MethodHead, b, "") }},
		{name: "list all", actions: []string{"s3:ListBucket"}, whole: true, line: func(b, _, _ string) scenario.Line { return at(http.MethodGet, b, "", "list-type", "2") }},
		{name: "DELETE the bucket", actions: []string{"s3:DeleteBucket"}, line: func(b, _, _ string) scenario.Line { return at(http.MethodDelete, b, "") }},
		{name: "make another bucket", actions: []string{"s3:CreateBucket"}, line: func(b, _, _ string) scenario.Line { return at(http.MethodPut, b+"-more", "") }},
	}
}

// adminRoutes are what no profile opens.
func adminRoutes() []scenario.Line {
	var out []scenario.Line
	for _, route := range []string{"list-users", "groups", "list-canned-policies", "info", "storageinfo", "export-iam"} {
		out = append(out, scenario.Line{Method: http.MethodGet, Path: "/rustfs/admin/v3/" + route})
	}
	return out
}

var uploadID = regexp.MustCompile(`<UploadId>([^<]+)</UploadId>`)
