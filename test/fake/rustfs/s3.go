package rustfs

import (
	"net/http"
	"net/netip"
	"regexp"
	"slices"
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
	q := question{action: action, bucket: r.bucket, object: key, conditions: r.conditions()}
	q.exact = action == "s3:ForceDeleteBucket"
	return r.permitted(q)
}

// allow is may with an error.
func (r *s3Request) allow(action, key string) *apiError {
	if r.may(action, key) {
		return nil
	}
	return fail("AccessDenied")
}

// permitted combines identity and bucket policies: an explicit deny of either
// wins, then any allow. Only bucket policies apply to anonymous requests.
func (c *call) permitted(q question) bool {
	doc, hasPolicy := c.s.bucketPolicy(q.bucket)
	bucketAllows := false
	if hasPolicy {
		for _, st := range doc.Statement {
			if !principalMatches(st.Principal, c.who) {
				continue
			}
			bq := q
			bq.account = c.who.account
			if !st.matches(bq) {
				continue
			}
			if st.Effect == "Deny" && !c.who.owner {
				return false
			}
			bucketAllows = bucketAllows || st.Effect == "Allow"
		}
	}
	if c.s.iam.allowed(c.who, q) {
		return true
	}
	if !bucketAllows {
		return false
	}
	deny := q
	deny.denyOnly = true
	return c.who.kind == anonymous || c.who.session == nil && !c.s.iam.denied(c.who, deny)
}

// denied says whether the identity policies hold an explicit deny.
func (i *iam) denied(p principal, q question) bool {
	q.account = p.account
	i.mu.RLock()
	defer i.mu.RUnlock()
	docs := i.policiesOf(&i.state, p.account)
	return len(docs) > 0 && !decide(docs, q)
}

// principalMatches compares the principals of a bucket policy statement.
func principalMatches(list []string, who principal) bool {
	return slices.ContainsFunc(list, func(p string) bool {
		if p == "*" {
			return true
		}
		return who.kind != anonymous && (p == who.account || strings.HasSuffix(p, ":user/"+who.account))
	})
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

// conditions are the condition keys a request carries, in lower case.
func (c *call) conditions() map[string][]string {
	out := map[string][]string{
		"aws:currenttime":     {rfc3339(c.now())},
		"aws:securetransport": {"false"},
		"aws:useragent":       {c.r.UserAgent()},
	}
	if c.r.TLS != nil {
		out["aws:securetransport"] = []string{"true"}
	}
	if addr, err := netip.ParseAddrPort(c.r.RemoteAddr); err == nil {
		out["aws:sourceip"] = []string{addr.Addr().Unmap().String()}
	}
	if ref := c.r.Referer(); ref != "" {
		out["aws:referer"] = []string{ref}
	}
	if c.who.account != "" {
		out["aws:username"] = []string{c.who.account}
		out["aws:userid"] = []string{c.who.account}
	}
	for _, name := range []string{"prefix", "delimiter", "max-keys", "versionId"} {
		if c.query.Has(name) {
			out["s3:"+strings.ToLower(name)] = c.query[name]
		}
	}
	for name, values := range c.r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") {
			out["s3:"+lower] = values
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
