package rustfs

import (
	"net/http"
	"slices"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// bucketConfig describes a sub-resource of a bucket that is stored as a
// document.
type bucketConfig struct {
	// get, put, remove are the actions; remove defaults to put.
	get, put, remove string
	// namespace says whether GET adds the S3 namespace.
	namespace bool
	// absent is the error without a document, or emptyBody the answer.
	absent    *apiError
	emptyBody string
	// check validates and may change a document.
	check func(r *s3Request, root *xmlNode) *apiError
	// unimplemented names the operation RustFS answers 501 for.
	unimplemented string
}

// bucketConfigs are the sub-resources by query parameter.
var bucketConfigs = map[string]bucketConfig{
	"policy": {
		get: "s3:GetBucketPolicy", put: "s3:PutBucketPolicy", remove: "s3:DeleteBucketPolicy",
		absent: fail("NoSuchBucketPolicy", "The specified bucket does not have a bucket policy."),
	},
	"policyStatus": {get: "s3:GetBucketPolicyStatus", emptyBody: "<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>"},
	"lifecycle": {
		get: "s3:GetBucketLifecycle", put: "s3:PutBucketLifecycle", namespace: true, check: checkLifecycle,
		absent: fail("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist."),
	},
	"cors": {
		get: "s3:GetBucketCors", put: "s3:PutBucketCors", remove: "s3:DeleteBucketCors", namespace: true,
		absent: fail("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
	},
	"tagging": {
		get: "s3:GetBucketTagging", put: "s3:PutBucketTagging", namespace: true,
		absent: fail("NoSuchTagSet", "The TagSet does not exist"),
	},
	"encryption": {
		get: "s3:GetBucketEncryption", put: "s3:PutBucketEncryption", check: checkEncryption,
		absent: &apiError{Status: 400, Code: "ServerSideEncryptionConfigurationNotFoundError", Message: "The server-side encryption configuration was not found."},
	},
	"object-lock": {
		get: "s3:GetBucketObjectLockConfiguration", put: "s3:PutBucketObjectLockConfiguration", check: checkObjectLock,
		absent: fail("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
	},
	"versioning": {get: "s3:GetBucketVersioning", put: "s3:PutBucketVersioning"},
	"replication": {
		get: "s3:GetReplicationConfiguration", put: "s3:PutReplicationConfiguration", namespace: true, check: checkReplication,
		absent: fail("ReplicationConfigurationNotFoundError", "replication not found"),
	},
	"notification": {
		get: "s3:GetBucketNotification", put: "s3:PutBucketNotification", check: checkNotification,
		emptyBody: "<NotificationConfiguration" + s3NS + "></NotificationConfiguration>",
	},
	"publicAccessBlock": {
		get: "s3:GetBucketPublicAccessBlock", put: "s3:PutBucketPublicAccessBlock", remove: "s3:DeleteBucketPublicAccessBlock",
		absent: fail("NoSuchPublicAccessBlockConfiguration", "Public access block configuration does not exist"),
	},
	"acl": {get: "s3:GetBucketAcl", put: "s3:PutBucketAcl"},
	"logging": {
		get: "s3:GetBucketLogging", put: "s3:PutBucketLogging", namespace: true,
		emptyBody: "<BucketLoggingStatus" + s3NS + "></BucketLoggingStatus>",
	},
	"website": {
		get: "s3:GetBucketPolicy", put: "s3:PutBucketPolicy", namespace: true,
		absent: fail("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration."),
	},
	"accelerate": {
		get: "s3:GetBucketPolicy", put: "s3:PutBucketPolicy", namespace: true,
		emptyBody: "<AccelerateConfiguration" + s3NS + "></AccelerateConfiguration>",
	},
	"requestPayment": {
		get: "s3:GetBucketPolicy", put: "s3:PutBucketPolicy", namespace: true,
		emptyBody: "<RequestPaymentConfiguration" + s3NS + "><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
	},
	"ownershipControls":   {unimplemented: "BucketOwnershipControls"},
	"inventory":           {unimplemented: "BucketInventoryConfigurations"},
	"metrics":             {unimplemented: "BucketMetricsConfigurations"},
	"analytics":           {unimplemented: "BucketAnalyticsConfigurations"},
	"intelligent-tiering": {unimplemented: "BucketIntelligentTieringConfigurations"},
}

// bucketConfig serves one sub-resource.
func (r *s3Request) bucketConfig(name string) *apiError {
	cfg := bucketConfigs[name]
	if cfg.unimplemented != "" {
		verb := map[string]string{http.MethodGet: "List", http.MethodPut: "Put", http.MethodDelete: "Delete"}[r.r.Method]
		if name == "ownershipControls" && verb == "List" {
			verb = "Get"
		}
		return fail("NotImplemented", verb+cfg.unimplemented+" is not implemented yet")
	}
	action := cfg.put
	switch {
	case r.r.Method == http.MethodGet:
		action = cfg.get
	case r.r.Method == http.MethodDelete && cfg.remove != "":
		action = cfg.remove
	}
	if action == "" {
		return fail("MethodNotAllowed")
	}
	if err := r.allow(action, ""); err != nil {
		return err
	}
	info, err := r.exists()
	if err != nil {
		return err
	}
	switch {
	case name == "versioning":
		return r.versioning(info)
	case name == "acl" && r.r.Method == http.MethodGet:
		return r.acl(action)
	case name == "acl":
		return r.status(http.StatusOK)
	}
	switch r.r.Method {
	case http.MethodGet:
		return r.getConfig(name, cfg, info)
	case http.MethodPut:
		return r.putConfig(name, cfg, info)
	case http.MethodDelete:
		return r.deleteConfig(name)
	}
	return fail("MethodNotAllowed")
}

func (r *s3Request) getConfig(name string, cfg bucketConfig, info store.BucketInfo) *apiError {
	text, ok := info.Documents[name]
	switch {
	case name == "object-lock" && info.Lock && !ok:
		return r.xmlOK("<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>")
	case !ok && cfg.absent != nil:
		return cfg.absent
	case !ok:
		return r.xmlOK(cfg.emptyBody)
	case name == "policy":
		// The policy is the one document that is not XML; 1.0.1 sends it
		// back byte by byte.
		_, _ = r.w.Write([]byte(text))
		return nil
	}
	return r.xmlOK(text)
}

func (r *s3Request) deleteConfig(name string) *apiError {
	err := r.s.store.UpdateBucket(r.bucket, func(i *store.BucketInfo) { delete(i.Documents, name) })
	if err != nil {
		return storeError(err)
	}
	return r.status(http.StatusNoContent)
}

func (r *s3Request) putConfig(name string, cfg bucketConfig, info store.BucketInfo) *apiError {
	data, err := r.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	if name == "policy" {
		return r.putPolicy(data, info)
	}
	root, perr := parseXML(data)
	if perr != nil {
		return fail("MalformedXML")
	}
	if cfg.check != nil {
		if err := cfg.check(r, root); err != nil {
			return err
		}
	}
	root.sortChildren()
	text := root.text(cfg.namespace)
	serr := r.s.store.UpdateBucket(r.bucket, func(i *store.BucketInfo) {
		i.Documents[name] = text
		i.Lock = i.Lock || name == "object-lock"
	})
	if serr != nil {
		return storeError(serr)
	}
	return r.status(http.StatusOK)
}

// putPolicy stores a bucket policy; Principal is mandatory, and a public one
// is refused while BlockPublicPolicy is set.
func (r *s3Request) putPolicy(data []byte, info store.BucketInfo) *apiError {
	doc, serr := parseBucketPolicy(data)
	if serr != nil {
		return fail("InvalidArgument", "parse policy failed "+serr.debug())
	}
	public := false
	for _, st := range doc.Statement {
		if len(st.Principal) == 0 {
			return fail("MalformedPolicy", "Your policy contains a principal that is not valid.")
		}
		if !st.fitsBucket() {
			return fail("MalformedPolicy")
		}
		for _, p := range st.Principal {
			public = public || (p == "*" && st.Effect == "Allow")
		}
	}
	if public && strings.Contains(info.Documents["publicAccessBlock"], "<BlockPublicPolicy>true<") {
		return fail("AccessDenied")
	}
	err := r.s.store.UpdateBucket(r.bucket, func(i *store.BucketInfo) { i.Documents["policy"] = string(data) })
	if err != nil {
		return storeError(err)
	}
	return r.status(http.StatusNoContent)
}

// fitsBucket applies the rules for statements of bucket policies: one of
// Action and NotAction, one of Resource and NotResource, and no KMS.
// (crates/policy/src/policy/statement.rs, BPStatement)
func (st statement) fitsBucket() bool {
	for _, a := range append(slices.Clone(st.Action), st.NotAction...) {
		if strings.HasPrefix(a, "kms:") {
			return false
		}
	}
	return (len(st.Action) > 0) != (len(st.NotAction) > 0) && (len(st.Resource) > 0) != (len(st.NotResource) > 0)
}

// versioning is GET and PUT ?versioning.
func (r *s3Request) versioning(info store.BucketInfo) *apiError {
	if r.r.Method == http.MethodGet {
		status := ""
		if info.Versioning != "" {
			status = tag("Status", info.Versioning)
		}
		return r.xmlOK("<VersioningConfiguration" + s3NS + ">" + status + "</VersioningConfiguration>")
	}
	data, err := r.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	root, perr := parseXML(data)
	if perr != nil {
		return fail("MalformedXML")
	}
	status := root.value("Status")
	switch {
	case status != store.VersioningEnabled && status != store.VersioningSuspended:
		return fail("InvalidArgument", "bucket versioning configuration has an invalid status")
	case status == store.VersioningSuspended && info.Lock:
		return fail("InvalidBucketState", "An Object Lock configuration is present on this bucket, versioning cannot be suspended.")
	}
	serr := r.s.store.UpdateBucket(r.bucket, func(i *store.BucketInfo) { i.Versioning = status })
	if serr != nil {
		return storeError(serr)
	}
	return r.status(http.StatusOK)
}
