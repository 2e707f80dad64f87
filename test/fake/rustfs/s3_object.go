package rustfs

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// httpTime is the format of Last-Modified and expiry dates.
const httpTime = "Mon, 02 Jan 2006 15:04:05 GMT"

// maxTags is the limit of tags per object.
const maxTags = 10

// storedHeaders are kept with an object besides x-amz-meta-*.
var storedHeaders = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires", "X-Amz-Website-Redirect-Location"}

// responseOverrides map response-* query parameters to headers.
var responseOverrides = map[string]string{
	"response-cache-control": "Cache-Control", "response-content-disposition": "Content-Disposition",
	"response-content-encoding": "Content-Encoding", "response-content-language": "Content-Language",
	"response-content-type": "Content-Type", "response-expires": "Expires",
}

// typesByExtension are the content types guessed for keys.
var typesByExtension = map[string]string{
	".txt": "text/plain", ".html": "text/html", ".json": "application/json", ".xml": "text/xml",
	".css": "text/css", ".js": "text/javascript", ".png": "image/png", ".jpg": "image/jpeg", ".pdf": "application/pdf",
	".gz": "application/gzip", ".zip": "application/zip", ".csv": "text/csv", ".md": "text/markdown",
}

var versionPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// versionParam reads versionId: a UUID or null.
func (r *s3Request) versionParam() (string, *apiError) {
	id := r.query.Get("versionId")
	if id == "" || id == store.NullVersion || versionPattern.MatchString(id) {
		return id, nil
	}
	return "", fail("InvalidArgument")
}

// newVersion reads the properties of an object from request headers.
func (r *s3Request) newVersion() (store.Version, *apiError) {
	h := r.r.Header
	v := store.Version{ContentType: h.Get("Content-Type"), Headers: map[string]string{}}
	if v.ContentType == "" {
		v.ContentType = "application/octet-stream"
		if t, ok := typesByExtension[strings.ToLower(path.Ext(r.key))]; ok {
			v.ContentType = t
		}
	}
	for _, name := range storedHeaders {
		value := h.Get(name)
		if name == "Content-Encoding" {
			value = withoutChunked(value)
		}
		if value != "" {
			v.Headers[name] = value
		}
	}
	for name, values := range h {
		if strings.HasPrefix(strings.ToLower(name), "x-amz-meta-") {
			v.Headers[name] = strings.Join(values, ",")
		}
	}
	tags, err := parseTagHeader(h.Get("X-Amz-Tagging"))
	if err != nil {
		return v, err
	}
	v.Tags = tags
	if strings.EqualFold(h.Get("X-Amz-Server-Side-Encryption"), "AES256") {
		return v, fail("InvalidRequest", "SSE-S3 requires RUSTFS_SSE_S3_MASTER_KEY to be set to a base64-encoded 32-byte key when KMS is not configured")
	}
	info, err := r.exists()
	if err != nil {
		return v, err
	}
	if strings.Contains(info.Documents["encryption"], ">AES256<") {
		return v, fail("InvalidRequest", "SSE-S3 requires RUSTFS_SSE_S3_MASTER_KEY to be set to a base64-encoded 32-byte key when KMS is not configured")
	}
	err = r.lockProperties(info, &v)
	return v, err
}

// withoutChunked removes the transport coding of streamed uploads.
func withoutChunked(encoding string) string {
	var out []string
	for _, e := range strings.Split(encoding, ",") {
		if e = strings.TrimSpace(e); e != "" && e != "aws-chunked" {
			out = append(out, e)
		}
	}
	return strings.Join(out, ",")
}

func parseTagHeader(text string) (map[string]string, *apiError) {
	if text == "" {
		return nil, nil
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, fail("InvalidTag", "The tag provided was not a valid tag.")
	}
	tags := map[string]string{}
	for k := range values {
		tags[k] = values.Get(k)
	}
	if len(tags) > maxTags {
		return nil, fail("InvalidTag", "Cannot have more than 10 tags per object")
	}
	return tags, nil
}

// writeCondition reads If-Match and If-None-Match of a write.
func (r *s3Request) writeCondition() store.Condition {
	return store.Condition{
		Absent: strings.TrimSpace(r.r.Header.Get("If-None-Match")) == "*",
		ETag:   strings.Trim(r.r.Header.Get("If-Match"), `"`),
	}
}

// receive stores the body and verifies its digests.
func (r *s3Request) receive() (*store.Blob, map[string]string, *apiError) {
	if limit := r.query.Get("x-rustfs-max-content-length"); limit != "" {
		if n, err := strconv.ParseInt(limit, 10, 64); err == nil && r.body.size > n {
			return nil, nil, fail("EntityTooLarge")
		}
	}
	if r.body.size < 0 {
		return nil, nil, fail("MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	if !r.query.Has("uploadId") {
		// Parts are counted when the upload completes.
		if err := r.quotaAllows(r.body.size); err != nil {
			return nil, nil, err
		}
	}
	sums := newChecksums(r.r.Header)
	blob, err := r.s.store.Receive(r.bucket, io.TeeReader(r.body, sums))
	switch {
	case errors.Is(err, errSha256Mismatch):
		return nil, nil, fail("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	case errors.Is(err, errChunkSignature):
		return nil, nil, fail("SignatureDoesNotMatch")
	case errors.Is(err, errChunkFormat), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, nil, fail("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	case err != nil:
		return nil, nil, storeError(err)
	}
	values, ok := sums.verify(r.r.Header, r.body.trailer)
	if want := r.r.Header.Get("Content-Md5"); want != "" {
		raw, derr := base64.StdEncoding.DecodeString(want)
		ok = ok && derr == nil && hex.EncodeToString(raw) == blob.MD5
	}
	if !ok {
		blob.Discard()
		return nil, nil, fail("BadDigest")
	}
	return blob, values, nil
}

// putObject is PUT /{bucket}/{key}; s3:PutObject.
func (r *s3Request) putObject() *apiError {
	if err := r.allow("s3:PutObject", r.key); err != nil {
		return err
	}
	v, err := r.newVersion()
	if err != nil {
		return err
	}
	blob, sums, err := r.receive()
	if err != nil {
		return err
	}
	defer blob.Discard()
	v.Checksums = sums
	return r.store(blob, v)
}

// store makes a received body an object and answers.
func (r *s3Request) store(blob *store.Blob, v store.Version) *apiError {
	v, serr := r.s.store.Put(r.bucket, r.key, blob, v, r.writeCondition())
	if serr != nil {
		return storeError(serr)
	}
	h := r.w.Header()
	h.Set("ETag", `"`+v.ETag+`"`)
	for name, value := range v.Checksums {
		h.Set("X-Amz-Checksum-"+name, value)
	}
	r.versionHeader(v)
	if info, err := r.exists(); err == nil {
		if e := expirationHeader(info, r.key, v.Modified); e != "" {
			h.Set("X-Amz-Expiration", e)
		}
	}
	return r.status(http.StatusOK)
}

// versionHeader announces the version of a write; writes without versioning
// have none.
func (r *s3Request) versionHeader(v store.Version) {
	if v.ID != store.NullVersion {
		r.w.Header().Set("X-Amz-Version-Id", v.ID)
	}
}

// objectHeaders writes what GET and HEAD tell about an object.
func (r *s3Request) objectHeaders(v store.Version, info store.BucketInfo) {
	h := r.w.Header()
	for name, value := range v.Headers {
		h.Set(name, value)
	}
	h.Set("Content-Type", v.ContentType)
	h.Set("ETag", `"`+v.ETag+`"`)
	h.Set("Last-Modified", v.Modified.UTC().Format(httpTime))
	h.Set("Accept-Ranges", "bytes")
	if info.Versioning != "" {
		h.Set("X-Amz-Version-Id", v.ID)
	}
	if len(v.Tags) > 0 {
		h.Set("X-Amz-Tagging-Count", strconv.Itoa(len(v.Tags)))
	}
	if v.LockMode != "" {
		h.Set("X-Amz-Object-Lock-Mode", v.LockMode)
		h.Set("X-Amz-Object-Lock-Retain-Until-Date", rfc3339(v.LockUntil))
	}
	if v.LegalHold {
		h.Set("X-Amz-Object-Lock-Legal-Hold", "ON")
	}
	if strings.EqualFold(r.r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		for name, value := range v.Checksums {
			h.Set("X-Amz-Checksum-"+name, value)
		}
	}
	if e := expirationHeader(info, r.key, v.Modified); e != "" {
		h.Set("X-Amz-Expiration", e)
	}
	for param, name := range responseOverrides {
		if value := r.query.Get(param); value != "" {
			h.Set(name, value)
		}
	}
}

// markerError is the answer for a delete marker: 404 as the newest version,
// 405 when asked for by id.
func markerError(v store.Version, byID bool) *apiError {
	e := fail("NoSuchKey")
	if byID {
		e = fail("MethodNotAllowed")
	}
	e.Header = map[string]string{"X-Amz-Delete-Marker": "true", "X-Amz-Version-Id": v.ID}
	return e
}

// getObject is GET /{bucket}/{key}; s3:GetObject, with a versionId
// s3:GetObjectVersion.
func (r *s3Request) getObject() *apiError {
	action := "s3:GetObject"
	if r.query.Get("versionId") != "" {
		action = "s3:GetObjectVersion"
	}
	if err := r.allow(action, r.key); err != nil {
		return err
	}
	return r.sendObject()
}

// headObject is HEAD /{bucket}/{key}; s3:GetObject is enough for versions.
func (r *s3Request) headObject() *apiError {
	if err := r.allow("s3:GetObject", r.key); err != nil {
		return err
	}
	return r.sendObject()
}

func (r *s3Request) sendObject() *apiError {
	info, err := r.exists()
	if err != nil {
		return err
	}
	id, err := r.versionParam()
	if err != nil {
		return err
	}
	v, file, serr := r.s.store.Open(r.bucket, r.key, id)
	if serr != nil {
		return storeError(serr)
	}
	if v.DeleteMarker {
		return markerError(v, id != "")
	}
	defer file.Close()
	if done, err := r.readConditions(v); done || err != nil {
		return err
	}
	first, length, partial, err := parseRange(r.r.Header.Get("Range"), v.Size)
	if err != nil {
		return err
	}
	r.objectHeaders(v, info)
	h := r.w.Header()
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	code := http.StatusOK
	if partial {
		code = http.StatusPartialContent
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, first+length-1, v.Size))
	}
	r.w.WriteHeader(code)
	if r.r.Method == http.MethodHead {
		return nil
	}
	return r.copyRange(file, first, length)
}

func (r *s3Request) copyRange(file *os.File, first, length int64) *apiError {
	if _, err := file.Seek(first, io.SeekStart); err != nil {
		return nil
	}
	_, _ = io.CopyN(r.w, file, length)
	return nil
}

// readConditions evaluates If-Match, If-None-Match and the date conditions;
// true means the answer is already sent.
func (r *s3Request) readConditions(v store.Version) (bool, *apiError) {
	h := r.r.Header
	failed := fail("PreconditionFailed", "At least one of the preconditions you specified did not hold.")
	if m := h.Get("If-Match"); m != "" && m != "*" && strings.Trim(m, `"`) != v.ETag {
		return false, failed
	}
	if t, err := http.ParseTime(h.Get("If-Unmodified-Since")); err == nil && v.Modified.Truncate(time.Second).After(t) {
		return false, failed
	}
	notModified := false
	if m := h.Get("If-None-Match"); m != "" {
		notModified = m == "*" || strings.Trim(m, `"`) == v.ETag
	} else if t, err := http.ParseTime(h.Get("If-Modified-Since")); err == nil {
		notModified = !v.Modified.Truncate(time.Second).After(t)
	}
	if notModified {
		r.w.Header().Set("ETag", `"`+v.ETag+`"`)
		r.w.Header().Set("Last-Modified", v.Modified.UTC().Format(httpTime))
		r.w.WriteHeader(http.StatusNotModified)
	}
	return notModified, nil
}

// parseRange reads a single byte range.
func parseRange(text string, size int64) (first, length int64, partial bool, err *apiError) {
	spec, ok := strings.CutPrefix(text, "bytes=")
	if !ok || strings.Contains(spec, ",") {
		return 0, size, false, nil
	}
	from, to, _ := strings.Cut(spec, "-")
	last := size - 1
	if from == "" {
		n, perr := strconv.ParseInt(to, 10, 64)
		if perr != nil || n <= 0 {
			return 0, 0, false, fail("InvalidRange")
		}
		first = max(0, size-n)
	} else {
		n, perr := strconv.ParseInt(from, 10, 64)
		if perr != nil || n >= size {
			return 0, 0, false, fail("InvalidRange")
		}
		first = n
		if to != "" {
			if n, perr = strconv.ParseInt(to, 10, 64); perr != nil || n < first {
				return 0, 0, false, fail("InvalidRange")
			}
			last = min(last, n)
		}
	}
	return first, last - first + 1, true, nil
}

// objectAttributes is GET ?attributes; s3:GetObjectAttributes and
// s3:GetObject, or those of the version.
func (r *s3Request) objectAttributes() *apiError {
	actions := []string{"s3:GetObjectAttributes", "s3:GetObject"}
	if r.query.Get("versionId") != "" {
		actions = []string{"s3:GetObjectVersionAttributes", "s3:GetObjectVersion"}
	}
	for _, a := range actions {
		if err := r.allow(a, r.key); err != nil {
			return err
		}
	}
	id, err := r.versionParam()
	if err != nil {
		return err
	}
	v, serr := r.s.store.Head(r.bucket, r.key, id)
	if serr != nil {
		return storeError(serr)
	}
	if v.DeleteMarker {
		return markerError(v, id != "")
	}
	var b strings.Builder
	b.WriteString("<GetObjectAttributesResponse" + s3NS + ">")
	for _, name := range checksumNames {
		if value, ok := v.Checksums[name]; ok {
			b.WriteString("<Checksum>" + tag("Checksum"+strings.ToUpper(name), value) + "</Checksum>")
		}
	}
	b.WriteString(tag("ETag", v.ETag) + tag("ObjectSize", strconv.FormatInt(v.Size, 10)) + tag("StorageClass", "STANDARD"))
	r.w.Header().Set("Last-Modified", v.Modified.UTC().Format(httpTime))
	return r.xmlOK(b.String() + "</GetObjectAttributesResponse>")
}
