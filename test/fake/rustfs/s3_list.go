package rustfs

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// maxListKeys caps every page.
const maxListKeys = 1000

// hasToken looks for a comma-separated token in header values.
func hasToken(values []string, token string) bool {
	for _, v := range values {
		for _, t := range strings.Split(v, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}

// maxKeys reads max-keys, capped at 1000.
func (r *s3Request) maxKeys(param string) (int, *apiError) {
	text := r.query.Get(param)
	if text == "" {
		return maxListKeys, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fail("InvalidArgument", "Invalid max keys")
	}
	return min(n, maxListKeys), nil
}

// encoder returns how keys are written under encoding-type.
func (r *s3Request) encoder() func(string) string {
	if r.query.Get("encoding-type") == "url" {
		return func(s string) string { return awsEscape(s, true) }
	}
	return func(s string) string { return s }
}

// listObjects is GET /{bucket}, version 1 or 2; s3:ListBucket.
func (r *s3Request) listObjects() *apiError {
	if err := r.allow("s3:ListBucket", ""); err != nil {
		return err
	}
	limit, err := r.maxKeys("max-keys")
	if err != nil {
		return err
	}
	q := store.Query{Prefix: r.query.Get("prefix"), Delimiter: r.query.Get("delimiter"), Max: limit, After: r.query.Get("marker")}
	v2 := r.query.Get("list-type") == "2"
	token := r.query.Get("continuation-token")
	if v2 {
		q.After = r.query.Get("start-after")
		if token != "" {
			key, derr := base64.StdEncoding.DecodeString(token)
			if derr != nil || len(key) == 0 {
				return fail("InvalidArgument", "Invalid continuation token")
			}
			q.After = string(key)
		}
	}
	page, serr := r.s.store.List(r.bucket, q)
	if serr != nil {
		return storeError(serr)
	}
	enc := r.encoder()
	var b strings.Builder
	b.WriteString("<ListBucketResult" + s3NS + ">" + tag("Name", r.bucket) + tag("Prefix", enc(q.Prefix)))
	if !v2 {
		b.WriteString(tag("Marker", enc(q.After)))
	}
	b.WriteString(tag("MaxKeys", strconv.Itoa(limit)))
	if v2 {
		b.WriteString(tag("KeyCount", strconv.Itoa(len(page.Items)+len(page.Prefixes))))
		if token != "" {
			b.WriteString(tag("ContinuationToken", token))
		}
	}
	b.WriteString(tag("IsTruncated", strconv.FormatBool(page.Truncated)))
	if v2 && page.Truncated {
		b.WriteString(tag("NextContinuationToken", base64.StdEncoding.EncodeToString([]byte(page.Next))))
	}
	for _, item := range page.Items {
		b.WriteString("<Contents>" + quotedETag(item.ETag) + tag("Key", enc(item.Key)) + tag("LastModified", item.Modified.UTC().Format(s3Time)))
		if r.query.Get("fetch-owner") == "true" {
			b.WriteString(owner("Owner"))
		}
		b.WriteString(tag("Size", strconv.FormatInt(item.Size, 10)) + tag("StorageClass", "STANDARD") + "</Contents>")
	}
	r.writePrefixes(&b, page, q, "")
	if !v2 && page.Truncated {
		b.WriteString(tag("NextMarker", enc(page.Next)))
	}
	if v2 && r.query.Get("start-after") != "" {
		b.WriteString(tag("StartAfter", enc(r.query.Get("start-after"))))
	}
	return r.xmlOK(b.String() + "</ListBucketResult>")
}

// quotedETag is an ETag in a list: its quotes are not escaped, unlike in other
// answers.
func quotedETag(etag string) string { return `<ETag>"` + etag + `"</ETag>` }

// writePrefixes writes the common prefixes, the delete markers, the delimiter
// and the encoding, in the order of their names.
func (r *s3Request) writePrefixes(b *strings.Builder, page store.Page, q store.Query, markers string) {
	enc := r.encoder()
	for _, p := range page.Prefixes {
		b.WriteString("<CommonPrefixes>" + tag("Prefix", enc(p)) + "</CommonPrefixes>")
	}
	b.WriteString(markers)
	if q.Delimiter != "" {
		b.WriteString(tag("Delimiter", q.Delimiter))
	}
	if e := r.query.Get("encoding-type"); e != "" {
		b.WriteString(tag("EncodingType", e))
	}
}

// listVersions is GET /{bucket}?versions; s3:ListBucketVersions. Delete
// markers come before versions, as RustFS writes them.
func (r *s3Request) listVersions() *apiError {
	if err := r.allow("s3:ListBucketVersions", ""); err != nil {
		return err
	}
	limit, err := r.maxKeys("max-keys")
	if err != nil {
		return err
	}
	q := store.Query{
		Prefix: r.query.Get("prefix"), Delimiter: r.query.Get("delimiter"), Max: limit,
		After: r.query.Get("key-marker"), AfterVersion: r.query.Get("version-id-marker"),
	}
	page, serr := r.s.store.ListVersions(r.bucket, q)
	if serr != nil {
		return storeError(serr)
	}
	enc := r.encoder()
	var markers, versions strings.Builder
	for _, item := range page.Items {
		head := tag("IsLatest", strconv.FormatBool(item.Latest)) + tag("Key", enc(item.Key)) + tag("LastModified", item.Modified.UTC().Format(s3Time))
		if item.DeleteMarker {
			markers.WriteString("<DeleteMarker>" + head + tag("VersionId", item.ID) + "</DeleteMarker>")
			continue
		}
		versions.WriteString("<Version>" + quotedETag(item.ETag) + head + tag("Size", strconv.FormatInt(item.Size, 10)) +
			tag("StorageClass", "STANDARD") + tag("VersionId", item.ID) + "</Version>")
	}
	var b strings.Builder
	b.WriteString("<ListVersionsResult" + s3NS + ">")
	r.writePrefixes(&b, page, q, markers.String())
	b.WriteString(tag("IsTruncated", strconv.FormatBool(page.Truncated)) + tag("KeyMarker", enc(q.After)) +
		tag("MaxKeys", strconv.Itoa(limit)) + tag("Name", r.bucket))
	if page.Truncated {
		b.WriteString(tag("NextKeyMarker", enc(page.Next)))
		if page.NextVersion != "" {
			b.WriteString(tag("NextVersionIdMarker", page.NextVersion))
		}
	}
	b.WriteString(tag("Prefix", enc(q.Prefix)) + tag("VersionIdMarker", q.AfterVersion) + versions.String())
	return r.xmlOK(b.String() + "</ListVersionsResult>")
}

// deleteObject is DELETE /{bucket}/{key}; s3:DeleteObject, with a versionId
// s3:DeleteObjectVersion. A force header removes everything below the key.
func (r *s3Request) deleteObject() *apiError {
	action := "s3:DeleteObject"
	if r.query.Get("versionId") != "" {
		action = "s3:DeleteObjectVersion"
	}
	if err := r.allow(action, r.key); err != nil {
		return err
	}
	if strings.EqualFold(r.r.Header.Get("X-Amz-Bypass-Governance-Retention"), "true") {
		if err := r.allow("s3:BypassGovernanceRetention", r.key); err != nil {
			return err
		}
	}
	id, err := r.versionParam()
	if err != nil {
		return err
	}
	info, err := r.exists()
	if err != nil {
		return err
	}
	force, _, err := r.forced()
	if err != nil {
		return err
	}
	if force {
		return r.deletePrefix(info)
	}
	if err := r.mayDelete(r.key, id); err != nil {
		return err
	}
	done, serr := r.s.store.Delete(r.bucket, r.key, id, r.writeCondition())
	if serr != nil {
		return storeError(serr)
	}
	if done.VersionID != "" {
		r.w.Header().Set("X-Amz-Version-Id", done.VersionID)
		r.w.Header().Set("X-Amz-Delete-Marker", strconv.FormatBool(done.Marker))
	}
	return r.status(http.StatusNoContent)
}

func (r *s3Request) deletePrefix(info store.BucketInfo) *apiError {
	if err := r.allow("s3:ForceDeleteObject", r.key); err != nil {
		return err
	}
	if info.Lock {
		return fail("InvalidArgument", "Invalid argument: force-delete is forbidden on Object Locking enabled buckets")
	}
	if serr := r.s.store.DeletePrefix(r.bucket, r.key); serr != nil {
		return storeError(serr)
	}
	return r.status(http.StatusNoContent)
}

// deleteObjects is POST /{bucket}?delete. Every key is checked on its own;
// refused ones are reported inside the 200 answer.
func (r *s3Request) deleteObjects() *apiError {
	data, err := r.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	root, perr := parseXML(data)
	if perr != nil || root.child("Object") == nil {
		return fail("MalformedXML")
	}
	objects := root.all("Object")
	if len(objects) > maxListKeys {
		return fail("InvalidArgument", "No objects to delete or too many objects to delete")
	}
	if _, err := r.exists(); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("<DeleteResult" + s3NS + ">")
	for _, o := range objects {
		key := ""
		if k := o.child("Key"); k != nil {
			key = k.chars
		}
		b.WriteString(r.deleteOne(key, o.value("VersionId")))
	}
	return r.xmlOK(b.String() + "</DeleteResult>")
}

// deleteOne deletes one object of a multi-delete and returns its XML.
func (r *s3Request) deleteOne(key, id string) string {
	refuse := func(code, message string) string {
		out := "<Error>" + tag("Code", code) + tag("Key", key) + tag("Message", message)
		if id != "" {
			out += tag("VersionId", id)
		}
		return out + "</Error>"
	}
	action := "s3:DeleteObject"
	if id != "" {
		action = "s3:DeleteObjectVersion"
	}
	if id != "" && id != store.NullVersion && !versionPattern.MatchString(id) {
		return refuse("NoSuchVersion", "invalid character: found `"+id[:1]+"` at 0")
	}
	if !r.may(action, key) {
		return refuse("AccessDenied", "Access Denied")
	}
	if r.mayDelete(key, id) != nil {
		return refuse("AccessDenied", "Access Denied.")
	}
	done, err := r.s.store.Delete(r.bucket, key, id, store.Condition{})
	if err != nil {
		e := storeError(err)
		return refuse(e.Code, e.Message)
	}
	out := "<Deleted>"
	if done.Marker {
		out += tag("DeleteMarker", "true") + tag("DeleteMarkerVersionId", done.VersionID)
	}
	out += tag("Key", key)
	if id != "" {
		out += tag("VersionId", id)
	}
	return out + "</Deleted>"
}
