package rustfs

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// source is a parsed x-amz-copy-source.
type source struct{ bucket, key, version string }

// copySource reads the header and checks s3:GetObject on the source, for a
// version s3:GetObjectVersion.
func (r *s3Request) copySource() (source, *apiError) {
	text := strings.TrimPrefix(r.r.Header.Get("X-Amz-Copy-Source"), "/")
	text, query, _ := strings.Cut(text, "?")
	decoded, err := url.PathUnescape(text)
	if err != nil {
		return source{}, fail("InvalidArgument")
	}
	bucket, key, ok := strings.Cut(decoded, "/")
	if !ok || key == "" {
		return source{}, fail("InvalidArgument")
	}
	src := source{bucket: bucket, key: key, version: strings.TrimPrefix(query, "versionId=")}
	action := "s3:GetObject"
	if src.version != "" {
		action = "s3:GetObjectVersion"
	}
	q := question{action: action, bucket: src.bucket, object: src.key, conditions: r.conditionsOf(action, src.bucket, src.key, src.version)}
	if !r.permitted(q) {
		return src, fail("AccessDenied")
	}
	return src, nil
}

// openSource opens the source; a delete marker is a missing key.
func (r *s3Request) openSource(src source) (store.Version, io.ReadCloser, *apiError) {
	v, file, serr := r.s.store.Open(src.bucket, src.key, src.version)
	if serr != nil {
		return v, nil, storeError(serr)
	}
	if v.DeleteMarker {
		return v, nil, fail("NoSuchKey")
	}
	if err := r.sourceConditions(v); err != nil {
		file.Close()
		return v, nil, err
	}
	return v, file, nil
}

// sourceConditions evaluates x-amz-copy-source-if-match and -if-none-match:
// strong ETags only (app/object/copy.rs).
func (r *s3Request) sourceConditions(v store.Version) *apiError {
	if m := r.r.Header.Get("X-Amz-Copy-Source-If-Match"); m != "" && m != `"`+v.ETag+`"` {
		return fail("PreconditionFailed")
	}
	if m := r.r.Header.Get("X-Amz-Copy-Source-If-None-Match"); m == `"`+v.ETag+`"` {
		return fail("PreconditionFailed")
	}
	return nil
}

// copyObject is PUT with x-amz-copy-source; s3:PutObject here and
// s3:GetObject there.
func (r *s3Request) copyObject() *apiError {
	src, err := r.copySource()
	if err != nil {
		return err
	}
	if err := r.allow("s3:PutObject", r.key); err != nil {
		return err
	}
	replace := strings.EqualFold(r.r.Header.Get("X-Amz-Metadata-Directive"), "REPLACE")
	if src.bucket == r.bucket && src.key == r.key && src.version == "" && !replace {
		return fail("InvalidRequest", "Cannot copy an object to itself. Source and destination must be different.")
	}
	old, body, err := r.openSource(src)
	if err != nil {
		return err
	}
	defer body.Close()
	v, err := r.newVersion()
	if err != nil {
		return err
	}
	if replace && r.r.Header.Get("Content-Type") == "" {
		v.ContentType = "binary/octet-stream"
	}
	if !replace {
		v.ContentType, v.Headers = old.ContentType, old.Headers
	}
	if !strings.EqualFold(r.r.Header.Get("X-Amz-Tagging-Directive"), "REPLACE") {
		v.Tags = old.Tags
	}
	v.Checksums = old.Checksums
	if err := r.quotaAllows(old.Size); err != nil {
		return err
	}
	blob, rerr := r.s.store.Receive(r.bucket, body)
	if rerr != nil {
		return storeError(rerr)
	}
	defer blob.Discard()
	v, serr := r.s.store.Put(r.bucket, r.key, blob, v, r.writeCondition())
	if serr != nil {
		return storeError(serr)
	}
	r.versionHeader(v)
	return r.xmlOK("<CopyObjectResult>" + tag("ETag", `"`+v.ETag+`"`) + tag("LastModified", v.Modified.UTC().Format(s3Time)) + "</CopyObjectResult>")
}

// copyPart is an upload part taken from an object.
func (r *s3Request) copyPart(id string, number int) *apiError {
	src, err := r.copySource()
	if err != nil {
		return err
	}
	old, body, err := r.openSource(src)
	if err != nil {
		return err
	}
	defer body.Close()
	first, length, _, err := parseRange(r.r.Header.Get("X-Amz-Copy-Source-Range"), old.Size)
	if err != nil {
		return err
	}
	if _, cerr := io.CopyN(io.Discard, body, first); cerr != nil {
		return storeError(cerr)
	}
	blob, rerr := r.s.store.Receive(r.bucket, io.LimitReader(body, length))
	if rerr != nil {
		return storeError(rerr)
	}
	defer blob.Discard()
	p, serr := r.s.store.PutPart(r.bucket, r.key, id, number, blob, nil)
	if serr != nil {
		return storeError(serr)
	}
	return r.xmlOK("<CopyPartResult>" + tag("ETag", `"`+p.ETag+`"`) + tag("LastModified", p.Modified.UTC().Format(s3Time)) + "</CopyPartResult>")
}

// objectTags returns the version the tag routes work on.
func (r *s3Request) objectTags(action string) (store.Version, string, *apiError) {
	if err := r.allow(action, r.key); err != nil {
		return store.Version{}, "", err
	}
	id, err := r.versionParam()
	if err != nil {
		return store.Version{}, "", err
	}
	v, serr := r.s.store.Head(r.bucket, r.key, id)
	if serr != nil {
		return v, "", storeError(serr)
	}
	if v.DeleteMarker {
		return v, "", markerError(v, id != "")
	}
	return v, v.ID, nil
}

// getObjectTags is GET ?tagging; s3:GetObjectTagging.
func (r *s3Request) getObjectTags() *apiError {
	v, _, err := r.objectTags("s3:GetObjectTagging")
	if err != nil {
		return err
	}
	set := &xmlNode{name: "TagSet"}
	for k, value := range v.Tags {
		set.children = append(set.children, &xmlNode{name: "Tag", children: []*xmlNode{
			{name: "Key", chars: k}, {name: "Value", chars: value},
		}})
	}
	root := &xmlNode{name: "Tagging", children: []*xmlNode{set}}
	return r.xmlOK(root.text(true))
}

// putObjectTags is PUT ?tagging; s3:PutObjectTagging.
func (r *s3Request) putObjectTags() *apiError {
	_, id, err := r.objectTags("s3:PutObjectTagging")
	if err != nil {
		return err
	}
	data, err := r.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	root, perr := parseXML(data)
	if perr != nil || root.child("TagSet") == nil {
		return fail("MalformedXML")
	}
	list := root.child("TagSet").all("Tag")
	if len(list) > maxTags {
		return fail("InvalidTag", "Cannot have more than 10 tags per object")
	}
	tags := map[string]string{}
	for _, t := range list {
		tags[t.value("Key")] = t.value("Value")
	}
	return r.updateVersion(id, func(v *store.Version) { v.Tags = tags })
}

// deleteObjectTags is DELETE ?tagging; s3:DeleteObjectTagging.
func (r *s3Request) deleteObjectTags() *apiError {
	_, id, err := r.objectTags("s3:DeleteObjectTagging")
	if err != nil {
		return err
	}
	if serr := r.s.store.Update(r.bucket, r.key, id, func(v *store.Version) { v.Tags = nil }); serr != nil {
		return storeError(serr)
	}
	return r.status(http.StatusNoContent)
}
