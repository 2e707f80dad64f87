package rustfs

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// apiError is a failure as RustFS reports it: S3 XML on every route.
type apiError struct {
	Status  int
	Code    string
	Message string
	// Header is added to the answer, for example for delete markers.
	Header map[string]string
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

// statusByCode maps error codes to HTTP statuses as recorded from 1.0.1.
var statusByCode = map[string]int{
	"AccessDenied": 403, "InvalidAccessKeyId": 403, "SignatureDoesNotMatch": 403, "RequestTimeTooSkewed": 403,
	"NoSuchResource": 404, "NoSuchBucket": 404, "NoSuchKey": 404, "NoSuchVersion": 404, "NoSuchUpload": 404,
	"NoSuchBucketPolicy": 404, "NoSuchLifecycleConfiguration": 404, "NoSuchCORSConfiguration": 404,
	"NoSuchTagSet": 404, "ObjectLockConfigurationNotFoundError": 404, "NoSuchWebsiteConfiguration": 404,
	"ReplicationConfigurationNotFoundError": 404, "NoSuchObjectLockConfiguration": 404,
	"NoSuchPublicAccessBlockConfiguration": 500,
	"MethodNotAllowed":                     405, "BucketAlreadyExists": 409, "BucketAlreadyOwnedByYou": 409,
	"BucketNotEmpty": 409, "InvalidBucketState": 409, "MissingContentLength": 411, "PreconditionFailed": 412,
	"InvalidRange": 416, "InternalError": 500, "NotImplemented": 501, "ServiceUnavailable": 503,
}

// messages are the texts of codes that always come with the same one.
var messages = map[string]string{
	"AccessDenied":          "Access Denied",
	"InvalidAccessKeyId":    "The Access Key Id you provided does not exist in our records.",
	"SignatureDoesNotMatch": "The request signature we calculated does not match the signature you provided. Check your AWS secret access key and signing method. For more information, see REST Authentication and SOAP Authentication for details.",
	"NotImplemented":        "A header you provided implies functionality that is not implemented.",
	"NoSuchBucket":          "The specified bucket does not exist",
	"NoSuchKey":             "The specified key does not exist.",
	"NoSuchVersion":         "The specified version does not exist.",
	"NoSuchUpload":          "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
	"BucketNotEmpty":        "The bucket you tried to delete is not empty",
	"BucketAlreadyExists":   "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
	"InvalidBucketName":     "The specified bucket is not valid.",
	"InvalidArgument":       "Invalid argument",
	"InvalidRange":          "The requested range is not satisfiable",
	"InvalidPart":           "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
	"InvalidPartOrder":      "The list of parts was not in ascending order. The parts list must be specified in order by part number.",
	"EntityTooSmall":        "Your proposed upload is smaller than the minimum allowed object size.",
	"EntityTooLarge":        "Your proposed upload exceeds the maximum allowed object size.",
	"KeyTooLongError":       "Your key is too long.",
	"PreconditionFailed":    "At least one of the pre-conditions you specified did not hold",
	"BadDigest":             "The Content-Md5 you specified did not match what we received.",
	"MethodNotAllowed":      "The specified method is not allowed against this resource.",
	"MalformedXML":          `This happens when the user sends malformed XML (XML that doesn't conform to the published XSD) for the configuration. The error message is, "The XML you provided was not well-formed or did not validate against our published schema."`,

	"AuthorizationQueryParametersError": "The authorization query parameters that you provided are not valid.",
}

// fail builds an error with the status of its code; without a message it
// takes the usual one.
func fail(code string, message ...string) *apiError {
	status, ok := statusByCode[code]
	if !ok {
		status = http.StatusBadRequest
	}
	text := messages[code]
	if len(message) > 0 {
		text = message[0]
	}
	return &apiError{Status: status, Code: code, Message: text}
}

// storeError turns a failure of the store into its S3 error.
func storeError(err error) *apiError {
	var api *apiError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &api):
		return api
	case errors.Is(err, store.ErrNoSuchBucket):
		return fail("NoSuchBucket")
	case errors.Is(err, store.ErrBucketExists):
		return fail("BucketAlreadyExists")
	case errors.Is(err, store.ErrBucketNotEmpty):
		return fail("BucketNotEmpty")
	case errors.Is(err, store.ErrNoSuchKey):
		return fail("NoSuchKey")
	case errors.Is(err, store.ErrNoSuchVersion):
		return fail("NoSuchVersion")
	case errors.Is(err, store.ErrNoSuchUpload):
		return fail("NoSuchUpload")
	case errors.Is(err, store.ErrInvalidPart):
		return fail("InvalidPart")
	case errors.Is(err, store.ErrPartOrder):
		return fail("InvalidPartOrder")
	case errors.Is(err, store.ErrPartTooSmall):
		return fail("EntityTooSmall")
	case errors.Is(err, store.ErrPrecondition):
		return fail("PreconditionFailed")
	}
	return fail("InternalError", err.Error())
}

// xmlHeader starts every XML answer.
const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>`

// xmlText escapes text the way RustFS does, with named entities only.
func xmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(s)
}

// writeError answers with S3 XML; HEAD requests get no body.
func (c *call) writeError(e *apiError) {
	for k, v := range e.Header {
		c.w.Header().Set(k, v)
	}
	c.xml(e.Status, "<Error><Code>"+xmlText(e.Code)+"</Code><Message>"+xmlText(e.Message)+"</Message></Error>")
}

// xml answers with an XML document.
func (c *call) xml(status int, body string) {
	c.w.Header().Set("Content-Type", "application/xml")
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = io.WriteString(c.w, xmlHeader+body)
	}
}
