package rustfs

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// Key limits: a component is a path element of the real store.
const (
	maxKeyLength    = 1024
	maxKeyComponent = 255
)

var bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// s3Request is an S3 call split into bucket and key.
type s3Request struct {
	*call
	bucket, key string
}

// s3 dispatches an S3 request. It runs after authentication; every operation
// checks its own action.
func (c *call) s3() *apiError {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(c.path, "/"), "/")
	r := &s3Request{call: c, bucket: bucket, key: key}
	switch {
	case bucket == "" && c.r.Method == http.MethodGet:
		return r.listBuckets()
	case bucket == "":
		return fail("NotImplemented", "Unknown operation")
	case key == "":
		return r.bucketOperation()
	}
	if err := checkKey(key); err != nil && c.r.Method != http.MethodDelete {
		return err
	}
	return r.objectOperation()
}

// checkKey applies the key rules of the real store.
func checkKey(key string) *apiError {
	if len(key) > maxKeyLength {
		return fail("KeyTooLongError")
	}
	if strings.ContainsAny(key, "\n\r\x00") {
		quoted, _ := marshal(key)
		return fail("InvalidArgument", "Object key contains invalid control characters: "+string(quoted))
	}
	parts := strings.Split(strings.TrimSuffix(key, "/"), "/")
	for _, p := range parts {
		if p == "" || p == "." || p == ".." || len(p) > maxKeyComponent {
			return fail("InvalidArgument")
		}
	}
	return nil
}

// validBucketName applies the naming rules; "rustfs" is reserved.
func validBucketName(name string) bool {
	if !bucketPattern.MatchString(name) || name == "rustfs" || strings.HasPrefix(name, "xn--") {
		return false
	}
	for _, bad := range []string{"..", ".-", "-."} {
		if strings.Contains(name, bad) {
			return false
		}
	}
	_, err := netip.ParseAddr(name)
	return err != nil
}

// bucketOperation routes requests without a key.
func (r *s3Request) bucketOperation() *apiError {
	if name, ok := subresource(r.query, bucketConfigs); ok {
		return r.bucketConfig(name)
	}
	switch r.r.Method {
	case http.MethodPut:
		return r.createBucket()
	case http.MethodHead:
		return r.headBucket()
	case http.MethodDelete:
		return r.deleteBucket()
	case http.MethodPost:
		if r.query.Has("delete") {
			return r.deleteObjects()
		}
		return fail("NotImplemented", "Unknown operation")
	case http.MethodGet:
		switch {
		case r.query.Has("location"):
			return r.location()
		case r.query.Has("versions"):
			return r.listVersions()
		case r.query.Has("uploads"):
			return r.listUploads()
		}
		return r.listObjects()
	}
	return fail("MethodNotAllowed")
}

// objectOperation routes requests with a key.
func (r *s3Request) objectOperation() *apiError {
	q := r.query
	switch r.r.Method {
	case http.MethodGet:
		switch {
		case q.Has("tagging"):
			return r.getObjectTags()
		case q.Has("retention"):
			return r.getRetention()
		case q.Has("legal-hold"):
			return r.getLegalHold()
		case q.Has("attributes"):
			return r.objectAttributes()
		case q.Has("acl"):
			return r.acl("s3:GetObjectAcl")
		case q.Has("uploadId"):
			return r.listParts()
		}
		return r.getObject()
	case http.MethodHead:
		return r.headObject()
	case http.MethodPut:
		switch {
		case q.Has("tagging"):
			return r.putObjectTags()
		case q.Has("retention"):
			return r.putRetention()
		case q.Has("legal-hold"):
			return r.putLegalHold()
		case q.Has("acl"):
			return r.emptyOK("s3:PutObjectAcl")
		case q.Has("uploadId"):
			return r.putPart()
		case r.r.Header.Get("X-Amz-Copy-Source") != "":
			return r.copyObject()
		}
		return r.putObject()
	case http.MethodPost:
		switch {
		case q.Has("uploads"):
			return r.startUpload()
		case q.Has("uploadId"):
			return r.completeUpload()
		}
		return fail("NotImplemented", "Unknown operation")
	case http.MethodDelete:
		switch {
		case q.Has("tagging"):
			return r.deleteObjectTags()
		case q.Has("uploadId"):
			return r.abortUpload()
		}
		return r.deleteObject()
	}
	return fail("MethodNotAllowed")
}

// subresource finds a known sub-resource in a query.
func subresource(q map[string][]string, known map[string]bucketConfig) (string, bool) {
	for name := range q {
		if _, ok := known[name]; ok {
			return name, true
		}
	}
	return "", false
}

// may checks an action on the bucket, or on a key of it.
func (r *s3Request) may(action, key string) bool {
	return r.permitted(question{action: action, bucket: r.bucket, object: key, conditions: r.conditionsOf(action, r.bucket, key, r.query.Get("versionId"))})
}

// allow is may with an error.
func (r *s3Request) allow(action, key string) *apiError {
	if r.may(action, key) {
		return nil
	}
	return fail("AccessDenied")
}

// permitted combines identity and bucket policies: an explicit deny of the
// bucket wins, then any allow. An explicit deny of the identity policies only
// stands against a bucket's allow for what deletes. Only bucket policies apply
// to anonymous requests.
func (c *call) permitted(q question) bool {
	q.signer = c.who.key
	doc, _ := c.s.bucketPolicy(q.bucket)
	allows, denies := doc.bucketSays(q)
	if denies && (!c.who.owner || !rescue(q.action)) {
		return false
	}
	if c.s.iam.allowed(c.who, q) {
		return true
	}
	if c.who.kind == anonymous {
		if q.action == "s3:ListBucketVersions" && !allows {
			q.action, q.object = "s3:ListBucket", ""
			allows, denies = doc.bucketSays(q)
			return allows && !denies
		}
		return allows
	}
	return allows && (!deletes(q.action) || !c.s.iam.denied(c.who, q))
}

// bucketSays evaluates a bucket policy.
func (p policyDoc) bucketSays(q question) (allows, denies bool) {
	for _, st := range p.Statement {
		if st.matchesBucket(q) {
			allows = allows || st.Effect == "Allow"
			denies = denies || st.Effect == "Deny"
		}
	}
	return allows, denies
}

// rescue are the actions by which root mends a bucket policy that denies it.
func rescue(action string) bool {
	return slices.Contains([]string{"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}, action)
}

// deletes are the actions whose denial to a user stands against a bucket's
// allow.
func deletes(action string) bool {
	return slices.Contains([]string{
		"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ForceDeleteBucket", "s3:ForceDeleteObject", "s3:ListBucketVersions",
		"s3:BypassGovernanceRetention", "s3:ReplicateDelete",
	}, action)
}

// denied says whether the identity policies, or that of an access key, hold an
// explicit deny. Where no policy counts at all, nothing is denied.
func (i *iam) denied(p principal, q question) bool {
	q.denyOnly = true
	q.account, q.parent = p.account, p.parent()
	i.mu.RLock()
	defer i.mu.RUnlock()
	if p.account != i.root {
		docs := i.policiesOf(&i.state, p.account)
		if len(docs) == 0 {
			return false
		}
		if !decide(docs, q) {
			return true
		}
	}
	q.account = p.key
	return p.session != nil && !decide([]policyDoc{*p.session}, q)
}

// bucketPolicy returns the stored bucket policy.
func (s *Server) bucketPolicy(bucket string) (policyDoc, bool) {
	info, err := s.store.Bucket(bucket)
	if err != nil {
		return policyDoc{}, false
	}
	text, ok := info.Documents["policy"]
	if !ok {
		return policyDoc{}, false
	}
	doc, serr := parseBucketPolicy([]byte(text))
	return doc, serr == nil
}

// conditionsOf are conditions with what only one action, or one object, has.
func (c *call) conditionsOf(action, bucket, key, version string) map[string][]string {
	out := c.conditions()
	switch action {
	case "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads":
		for _, name := range []string{"prefix", "delimiter", "max-keys"} {
			if c.query.Has(name) {
				out[name] = c.query[name]
			}
		}
	case "s3:PutObject":
		if tags, err := url.ParseQuery(c.r.Header.Get("X-Amz-Tagging")); err == nil && len(tags) > 0 {
			for name, v := range tags {
				out["RequestObjectTag/"+name] = v
				out["RequestObjectTagKeys"] = append(out["RequestObjectTagKeys"], name)
			}
		}
	}
	if version != "" {
		out["versionid"] = []string{version}
	}
	if key != "" {
		if v, err := c.s.store.Head(bucket, key, version); err == nil {
			for name, value := range v.Tags {
				out["ExistingObjectTag/"+name] = []string{value}
			}
		}
	}
	return out
}

// conditions are the values of condition keys that a request carries, without
// their families. TLS of the server itself does not count as secure.
func (c *call) conditions() map[string][]string {
	out := map[string][]string{
		"CurrentTime":     {rfc3339(c.now())},
		"EpochTime":       {strconv.FormatInt(c.now().Unix(), 10)},
		"SecureTransport": {"false"},
		"UserAgent":       {c.r.UserAgent()},
		"authType":        {"Anonymous"},
		"principaltype":   {"Anonymous"},
		"username":        {c.who.account},
		"userid":          {c.who.account},
	}
	if addr, err := netip.ParseAddrPort(c.r.RemoteAddr); err == nil {
		out["SourceIp"] = []string{addr.Addr().Unmap().String()}
	}
	if ref := c.r.Referer(); ref != "" {
		out["Referer"] = []string{ref}
	}
	if c.who.kind != anonymous {
		out["signatureversion"], out["authType"] = []string{"AWS4-HMAC-SHA256"}, []string{"REST-HEADER"}
		if c.query.Has("X-Amz-Signature") {
			out["authType"] = []string{"REST-QUERY-STRING"}
		}
	}
	switch c.who.kind {
	case anonymous:
	case rootUser:
		out["principaltype"] = []string{"Account"}
	case iamUserKey:
		out["principaltype"] = []string{"User"}
	case serviceAccount, temporary:
		out["principaltype"] = []string{"AssumedRole"}
	}
	for name, values := range c.r.Header {
		lower := strings.ToLower(name)
		if lock := strings.TrimPrefix(lower, "x-amz-"); strings.HasPrefix(lock, "object-lock-") {
			lower = lock
		}
		if _, taken := out[lower]; !taken && lower != "x-amz-tagging" {
			out[lower] = values
		}
	}
	return out
}

// exists returns the bucket or NoSuchBucket.
func (r *s3Request) exists() (store.BucketInfo, *apiError) {
	info, err := r.s.store.Bucket(r.bucket)
	return info, storeError(err)
}

// status answers without a body.
func (c *call) status(code int) *apiError {
	if code == http.StatusOK {
		c.w.Header().Set("Content-Length", "0")
	}
	c.w.WriteHeader(code)
	return nil
}

// xmlOK answers 200 with an XML document.
func (c *call) xmlOK(body string) *apiError {
	c.xml(http.StatusOK, body)
	return nil
}
