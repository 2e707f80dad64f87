package candiff

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the protocol wants it
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// ask is one question that the server asks itself about a call.
type ask struct {
	Action, Bucket, Key, Version string
}

// call is a request and what the server asks itself about it: all of the
// questions must be answered with yes.
type call struct {
	Name    string
	Method  string
	Bucket  string
	Key     string
	Query   string
	Headers map[string]string
	Body    string
	Asks    []ask
	Any     bool // one yes is enough
	Visible bool // it is the list of all buckets
	Multi   bool // the answer has the refusal in its body
	Signed  bool // the server lets nobody through without a key, whatever policies say
	Source  string
	Tags    map[string]string // of the object, when it has any
}

// values are those of condition keys that the call has.
func (c call) values(a ask, who asker) map[string][]string {
	out := map[string][]string{"SourceIp": {"127.0.0.1"}, "UserAgent": {userAgent}, "user-agent": {userAgent}}
	if who.key.Access != "" {
		sum := sha256.Sum256([]byte(c.Body))
		out["x-amz-content-sha256"] = []string{hex.EncodeToString(sum[:])}
	}
	for name, v := range c.Headers {
		switch lower := strings.ToLower(name); lower {
		case "referer":
			out["Referer"] = []string{v}
		case "x-amz-tagging":
		case "x-amz-object-lock-mode", "x-amz-object-lock-legal-hold", "x-amz-object-lock-retain-until-date":
			out[strings.TrimPrefix(lower, "x-amz-")] = []string{v}
		default:
			out[lower] = []string{v}
		}
	}
	if strings.HasPrefix(a.Action, "s3:ListBucket") {
		query, _ := url.ParseQuery(c.Query)
		for _, k := range []string{"prefix", "delimiter", "max-keys"} {
			if query.Has(k) {
				out[k] = query[k]
			}
		}
	}
	if tagging := c.Headers["X-Amz-Tagging"]; tagging != "" && a.Action == "s3:PutObject" {
		tags, _ := url.ParseQuery(tagging)
		out["RequestObjectTagKeys"] = nil
		for k, v := range tags {
			out["RequestObjectTag/"+k] = v
			out["RequestObjectTagKeys"] = append(out["RequestObjectTagKeys"], k)
		}
	}
	if c.Tags != nil && a.Bucket == c.Bucket && a.Key == c.Key {
		for k, v := range c.Tags {
			out["ExistingObjectTag/"+k] = []string{v}
		}
	}
	return out
}

// decide answers a call's questions.
func (c call) decide(e *iam.Evaluator, w *world, who asker) (bool, []iam.Decision) {
	if c.Visible {
		_, ok := e.Visible(who.subject, c.values(ask{}, who))
		return ok, nil
	}
	decided := !c.Any && (!c.Signed || who.key.Access != "")
	var all []iam.Decision
	for _, a := range c.Asks {
		values := c.values(a, who)
		if tags := w.tags[a.Bucket+"/"+a.Key]; tags != nil && a.Version == "" && a.Key != "" {
			for k, v := range tags {
				values["ExistingObjectTag/"+k] = []string{v}
			}
		}
		d := e.Decide(who.subject, iam.Question{Action: a.Action, Bucket: a.Bucket, Key: a.Key, Version: a.Version, Values: values})
		all = append(all, d)
		if c.Any {
			decided = decided || d.Allowed
		} else {
			decided = decided && d.Allowed
		}
	}
	return decided, all
}

const nobodys = "3f2b8c1e-7a54-4d0e-9c11-5e8f0a6b7c2d" // a version and an upload that nobody has

// subresources are read for one action each.
func subresources() [][2]string {
	return [][2]string{
		{"location", "s3:GetBucketLocation"},
		{"policy", "s3:GetBucketPolicy"},
		{"versioning", "s3:GetBucketVersioning"},
		{"tagging", "s3:GetBucketTagging"},
		{"lifecycle", "s3:GetBucketLifecycle"},
		{"cors", "s3:GetBucketCors"},
		{"encryption", "s3:GetBucketEncryption"},
		{"notification", "s3:GetBucketNotification"},
		{"object-lock", "s3:GetBucketObjectLockConfiguration"},
		{"replication", "s3:GetReplicationConfiguration"},
		{"policyStatus", "s3:GetBucketPolicyStatus"},
		{"acl", "s3:GetBucketAcl"},
		{"publicAccessBlock", "s3:GetBucketPublicAccessBlock"},
		{"logging", "s3:GetBucketLogging"},
		{"uploads", "s3:ListBucketMultipartUploads"},
		{"website", "s3:GetBucketPolicy"},
		{"accelerate", "s3:GetBucketPolicy"},
		{"requestPayment", "s3:GetBucketPolicy"},
	}
}

// object makes the calls on an object.
func (g *generator) object(w *world) call {
	b, k := pick(g, w.buckets), pick(g, keys())
	on := func(name, method, query string, actions ...string) call {
		c := call{Name: name, Method: method, Bucket: b, Key: k, Query: query}
		for _, a := range actions {
			c.Asks = append(c.Asks, ask{a, b, k, ""})
		}
		return c
	}
	fresh := fmt.Sprintf("gone/%d", g.number())
	if g.wide && g.rng.IntN(3) == 0 {
		return g.rare(w, on, fresh)
	}
	switch g.rng.IntN(20) {
	case 0, 1, 2:
		if g.rng.IntN(8) == 0 {
			k = "dir/"
		}
		return on("GetObject", "GET", "", "s3:GetObject")
	case 3:
		return on("HeadObject", "HEAD", "", "s3:GetObject")
	case 4:
		c := on("GetObjectVersion", "GET", "versionId="+nobodys, "s3:GetObjectVersion")
		c.Asks[0].Version = nobodys
		return c
	case 5, 6:
		return g.put(on("PutObject", "PUT", "", "s3:PutObject"), w)
	case 7:
		c := on("DeleteObject", "DELETE", "", "s3:DeleteObject")
		c.Key = fresh
		c.Asks[0].Key = fresh
		return g.bypass(c)
	case 8:
		c := on("DeleteObjectVersion", "DELETE", "versionId="+nobodys, "s3:DeleteObjectVersion")
		c.Key = fresh
		c.Asks[0].Key, c.Asks[0].Version = fresh, nobodys
		return c
	case 9:
		return multiDelete(b, fresh)
	case 10:
		return on("GetObjectTagging", "GET", "tagging=", "s3:GetObjectTagging")
	case 11:
		return on("GetObjectAcl", "GET", "acl=", "s3:GetObjectAcl")
	case 12:
		c := on("GetObjectAttributes", "GET", "attributes=", "s3:GetObjectAttributes", "s3:GetObject")
		c.Headers = map[string]string{"X-Amz-Object-Attributes": "ObjectSize"}
		return c
	case 13:
		return g.copy(w, on("CopyObject", "PUT", ""))
	case 14:
		return on("UploadPart", "PUT", "partNumber=1&uploadId="+nobodys, "s3:PutObject")
	case 15:
		return on("ListParts", "GET", "uploadId="+nobodys, "s3:ListMultipartUploadParts")
	case 16:
		return on("AbortMultipartUpload", "DELETE", "uploadId="+nobodys, "s3:AbortMultipartUpload")
	case 17:
		return on("CreateMultipartUpload", "POST", "uploads=", "s3:PutObject")
	case 18:
		c := on("CompleteMultipartUpload", "POST", "uploadId="+nobodys, "s3:PutObject")
		c.Body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"0"</ETag></Part></CompleteMultipartUpload>`
		return c
	}
	return on("GetObjectRetention", "GET", "retention=", "s3:GetObjectRetention")
}

// rare makes the calls that the stand-in does not know, or not so well.
func (g *generator) rare(w *world, on func(name, method, query string, actions ...string) call, fresh string) call {
	named := func(c call, key string) call {
		c.Key = key
		for i := range c.Asks {
			c.Asks[i].Key = key
		}
		return c
	}
	version := func(c call) call {
		for i := range c.Asks {
			c.Asks[i].Version = nobodys
		}
		return c
	}
	switch g.rng.IntN(19) {
	case 0, 1:
		return named(on("GetObject of an odd name", "GET", "", "s3:GetObject"), pick(g, []string{"dir//a", "dir/./a", "dir/../a", "dir/", "../candiff-two/a", "a//", ".a", "dir/..a", "a\b"}))
	case 2:
		return version(on("HeadObject of a version", "HEAD", "versionId="+nobodys, "s3:GetObject"))
	case 3:
		c := version(on("GetObjectAttributes of a version", "GET", "attributes=&versionId="+nobodys, "s3:GetObjectVersionAttributes", "s3:GetObjectVersion"))
		c.Headers = map[string]string{"X-Amz-Object-Attributes": "ObjectSize"}
		return c
	case 4:
		return version(on("GetObjectTagging of a version", "GET", "tagging=&versionId="+nobodys, "s3:GetObjectTagging"))
	case 5:
		return on("GetObjectLegalHold", "GET", "legal-hold=", "s3:GetObjectLegalHold")
	case 6:
		c := named(on("PutObjectTagging", "PUT", "tagging=", "s3:PutObjectTagging"), fresh)
		c.Body = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
		return withMD5(c)
	case 7:
		return named(on("DeleteObjectTagging", "DELETE", "tagging=", "s3:DeleteObjectTagging"), fresh)
	case 8:
		c := named(on("PutObject with a hold", "PUT", "", "s3:PutObject", "s3:PutObjectLegalHold"), "scratch/held")
		c.Headers = map[string]string{"X-Amz-Object-Lock-Legal-Hold": "OFF"}
		return c
	case 9:
		c := named(on("PutObject with retention", "PUT", "", "s3:PutObject", "s3:PutObjectRetention"), "scratch/retained")
		c.Headers = map[string]string{"X-Amz-Object-Lock-Mode": "GOVERNANCE", "X-Amz-Object-Lock-Retain-Until-Date": "2030-01-01T00:00:00Z"}
		return c
	case 10:
		c := named(on("PutObjectAcl", "PUT", "acl=", "s3:PutObjectAcl"), fresh)
		c.Headers = map[string]string{"X-Amz-Acl": "private"}
		return c
	case 11:
		c := named(on("RestoreObject", "POST", "restore=", "s3:RestoreObject"), fresh)
		c.Body = "<RestoreRequest><Days>1</Days></RestoreRequest>"
		return c
	case 12:
		c := named(on("PutObjectRetention", "PUT", "retention=", "s3:PutObjectRetention"), fresh)
		c.Body = "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate></Retention>"
		if g.rng.IntN(2) == 0 {
			c.Headers = map[string]string{"X-Amz-Bypass-Governance-Retention": "true"}
			c.Asks = append(c.Asks, ask{"s3:BypassGovernanceRetention", c.Bucket, c.Key, ""})
		}
		return withMD5(c)
	case 13:
		c := named(on("PutObjectLegalHold", "PUT", "legal-hold=", "s3:PutObjectLegalHold"), fresh)
		c.Body = "<LegalHold><Status>OFF</Status></LegalHold>"
		return withMD5(c)
	case 14:
		c := g.copy(w, on("UploadPartCopy", "PUT", "partNumber=1&uploadId="+nobodys))
		return c
	case 15:
		c := named(on("PutObject of a replica", "PUT", "", "s3:PutObject", "s3:ReplicateObject"), "scratch/replica")
		c.Headers = map[string]string{"X-Minio-Source-Replication-Request": "true"}
		return c
	case 16:
		c := named(on("PutObject with encryption", "PUT", "", "s3:PutObject"), "scratch/sse")
		c.Headers = map[string]string{"X-Amz-Server-Side-Encryption": "AES256", "X-Amz-Meta-A": "b"}
		return c
	case 17:
		c := named(on("DeleteObject by force", "DELETE", "", "s3:DeleteObject", "s3:ForceDeleteObject"), fresh)
		c.Headers, c.Signed = map[string]string{"X-Minio-Force-Delete": "true"}, true
		return c
	}
	c := on("SelectObjectContent", "POST", "select=&select-type=2", "s3:GetObject")
	c.Body = "<SelectObjectContentRequest><Expression>select * from s3object</Expression><ExpressionType>SQL</ExpressionType>" +
		"<InputSerialization><CSV/></InputSerialization><OutputSerialization><CSV/></OutputSerialization></SelectObjectContentRequest>"
	return c
}

// put varies what a PutObject carries. Objects that have tags are left alone.
func (g *generator) put(c call, w *world) call {
	if w.tags[c.Bucket+"/"+c.Key] != nil {
		c.Key = "dir/new"
		c.Asks[0].Key = c.Key
	}
	c.Body, c.Headers = "x", map[string]string{}
	switch g.rng.IntN(6) {
	case 0:
		c.Headers["X-Amz-Tagging"] = "env=" + pick(g, []string{"prod", "test"})
		c.Key = fmt.Sprintf("scratch/%d", g.number()) // or later calls would meet the tags
		c.Asks[0].Key = c.Key
	case 1:
		c.Headers["X-Amz-Storage-Class"] = "STANDARD"
	case 2:
		c.Headers["Referer"] = "http://example.com/page"
	case 3:
		c.Headers["X-Amz-Acl"] = "private"
	}
	return c
}

func (g *generator) bypass(c call) call {
	if g.rng.IntN(3) == 0 {
		c.Headers = map[string]string{"X-Amz-Bypass-Governance-Retention": "true"}
		c.Asks = append(c.Asks, ask{"s3:BypassGovernanceRetention", c.Bucket, c.Key, ""})
	}
	return c
}

func (g *generator) copy(w *world, c call) call {
	from, key := pick(g, w.buckets), pick(g, keys())
	c.Key, c.Source = fmt.Sprintf("copied/%d", g.number()), from // tags come along
	c.Headers = map[string]string{"X-Amz-Copy-Source": "/" + from + "/" + strings.ReplaceAll(url.PathEscape(key), "%2F", "/")}
	read := ask{"s3:GetObject", from, key, ""}
	if g.rng.IntN(4) == 0 {
		c.Headers["X-Amz-Copy-Source"] += "?versionId=" + nobodys
		read = ask{"s3:GetObjectVersion", from, key, nobodys}
	}
	c.Asks = []ask{read, {"s3:PutObject", c.Bucket, c.Key, ""}}
	return c
}

func multiDelete(bucket, key string) call {
	body := "<Delete><Object><Key>" + key + "</Key></Object></Delete>"
	sum := md5.Sum([]byte(body)) //nolint:gosec // the protocol wants it
	return call{
		Name: "DeleteObjects", Method: "POST", Bucket: bucket, Query: "delete=", Body: body, Multi: true,
		Headers: map[string]string{"Content-Md5": base64.StdEncoding.EncodeToString(sum[:])},
		Asks:    []ask{{"s3:DeleteObject", bucket, key, ""}},
	}
}

// onBucket makes the calls on a bucket.
func (g *generator) onBucket(w *world) call {
	b := pick(g, w.buckets)
	on := func(name, method, query, action string) call {
		return call{Name: name, Method: method, Bucket: b, Query: query, Asks: []ask{{action, b, "", ""}}}
	}
	list := url.Values{}
	if g.rng.IntN(3) > 0 {
		list.Set("prefix", pick(g, []string{"", "dir/", "dir/sub", "user/", "Dir/"}))
	}
	if g.rng.IntN(3) == 0 {
		list.Set("delimiter", pick(g, []string{"/", "-"}))
	}
	if g.rng.IntN(3) == 0 {
		list.Set("max-keys", pick(g, []string{"1", "5", "10", "100"}))
	}
	with := func(first string) string {
		if q := list.Encode(); q != "" {
			return first + "&" + q
		}
		return first
	}
	switch g.rng.IntN(14) {
	case 0, 1, 2:
		return on("ListObjectsV2", "GET", with("list-type=2"), "s3:ListBucket")
	case 3:
		return on("ListObjects", "GET", list.Encode(), "s3:ListBucket")
	case 4:
		return on("ListObjectVersions", "GET", with("versions="), "s3:ListBucketVersions")
	case 5:
		return on("HeadBucket", "HEAD", "", "s3:ListBucket")
	case 6:
		return on("CreateBucket", "PUT", "", "s3:CreateBucket")
	case 7:
		c := on("DeleteBucket", "DELETE", "", "s3:DeleteBucket")
		if g.rng.IntN(2) == 0 {
			c.Headers = map[string]string{"X-Minio-Force-Delete": "false"}
			c.Asks = append(c.Asks, ask{"s3:ForceDeleteBucket", b, "", ""})
		}
		return c
	case 8:
		c := on("PutBucketTagging", "PUT", "tagging=", "s3:PutBucketTagging")
		c.Body = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
		return withMD5(c)
	case 9:
		return on("DeleteBucketCors", "DELETE", "cors=", "s3:DeleteBucketCors")
	}
	s := pick(g, subresources())
	return on("GET ?"+s[0], "GET", s[0]+"=", s[1])
}

func withMD5(c call) call {
	sum := md5.Sum([]byte(c.Body)) //nolint:gosec // the protocol wants it
	h := map[string]string{"Content-Md5": base64.StdEncoding.EncodeToString(sum[:])}
	maps.Copy(h, c.Headers)
	c.Headers = h
	return c
}

// onServer makes the calls that are of no bucket.
func (g *generator) onServer() call {
	if g.rng.IntN(3) == 0 {
		return call{Name: "ListBuckets", Method: "GET", Visible: true}
	}
	routes := [][2]string{
		{"list-users", "admin:ListUsers"},
		{"groups", "admin:ListGroups"},
		{"list-canned-policies", "admin:ListUserPolicies"},
		{"info", "admin:ServerInfo"},
		{"storageinfo", "admin:StorageInfo"},
	}
	r := pick(g, routes)
	return call{Name: r[0], Method: "GET", Bucket: "rustfs", Key: "admin/v3/" + r[0], Asks: []ask{{r[1], "", "", ""}}}
}

// call makes any call.
func (g *generator) call(w *world) call {
	switch g.rng.IntN(10) {
	case 0:
		return g.onServer()
	case 1, 2, 3:
		return g.onBucket(w)
	}
	return g.object(w)
}

func containsCode(body []byte, code string) bool { return bytes.Contains(body, []byte(code)) }
