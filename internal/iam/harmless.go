package iam

import "net/url"

// Harmless is a request that asks a server for one action and changes
// nothing: it reads, or it names an upload or a version that is nobody's. The
// server authorises first and looks then, so whatever is not refused is
// allowed. (rustfs src/storage/access.rs at 1.0.1)
type Harmless struct {
	Method  string
	Query   string
	Body    string
	Headers map[string]string
}

// Names that nobody has.
const (
	noUpload  = "00000000-0000-4000-8000-000000000000"
	noVersion = "00000000-0000-4000-8000-000000000000"
)

// HarmlessRequest is the request that asks for an action; false where every
// request that asks for it might change something.
func HarmlessRequest(action, prefix string) (Harmless, bool) {
	for query, of := range map[string]string{
		"location": "s3:GetBucketLocation", "versioning": "s3:GetBucketVersioning", "policy": "s3:GetBucketPolicy",
		"cors": "s3:GetBucketCors", "lifecycle": "s3:GetBucketLifecycle", "encryption": "s3:GetBucketEncryption",
		"notification": "s3:GetBucketNotification", "object-lock": "s3:GetBucketObjectLockConfiguration",
		"replication": "s3:GetReplicationConfiguration", "policyStatus": "s3:GetBucketPolicyStatus",
		"publicAccessBlock": "s3:GetBucketPublicAccessBlock", "logging": "s3:GetBucketLogging", "uploads": "s3:ListBucketMultipartUploads",
		"retention": "s3:GetObjectRetention", "legal-hold": "s3:GetObjectLegalHold",
	} {
		if of == action {
			return Harmless{Method: "GET", Query: query + "="}, true
		}
	}
	one := map[string]string{"Range": "bytes=0-0"}
	switch action {
	case "s3:ListBucket":
		return Harmless{Method: "GET", Query: listQuery("list-type=2&max-keys=1", prefix)}, true
	case "s3:ListBucketVersions":
		return Harmless{Method: "GET", Query: listQuery("versions=&max-keys=1", prefix)}, true
	case "s3:GetBucketTagging", "s3:GetObjectTagging":
		return Harmless{Method: "GET", Query: "tagging="}, true
	case "s3:GetBucketAcl", "s3:GetObjectAcl":
		return Harmless{Method: "GET", Query: "acl="}, true
	case "s3:GetObject":
		return Harmless{Method: "HEAD"}, true
	case "s3:GetObjectVersion":
		return Harmless{Method: "GET", Query: "versionId=" + noVersion, Headers: one}, true
	case "s3:PutObject":
		return Harmless{Method: "PUT", Query: "partNumber=1&uploadId=" + noUpload, Body: "probe"}, true
	case "s3:ListMultipartUploadParts":
		return Harmless{Method: "GET", Query: "uploadId=" + noUpload}, true
	case "s3:AbortMultipartUpload":
		return Harmless{Method: "DELETE", Query: "uploadId=" + noUpload}, true
	}
	return Harmless{}, false
}

func listQuery(query, prefix string) string {
	if prefix != "" {
		query += "&prefix=" + url.QueryEscape(prefix)
	}
	return query
}
