package rustfs

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// maxPartNumber is the highest part number.
const maxPartNumber = 10000

// uploadID reads and checks uploadId.
func (r *s3Request) uploadID() (string, *apiError) {
	id := r.query.Get("uploadId")
	if !store.ValidUploadID(id) {
		return "", fail("InvalidArgument")
	}
	return id, nil
}

// startUpload is POST ?uploads; s3:PutObject.
func (r *s3Request) startUpload() *apiError {
	if err := r.allow("s3:PutObject", r.key); err != nil {
		return err
	}
	v, err := r.newVersion()
	if err != nil {
		return err
	}
	if r.r.Header.Get("Content-Type") == "" {
		v.ContentType = "binary/octet-stream"
	}
	id, serr := r.s.store.StartUpload(r.bucket, r.key, v)
	if serr != nil {
		return storeError(serr)
	}
	return r.xmlOK("<InitiateMultipartUploadResult" + s3NS + ">" + tag("Bucket", r.bucket) + tag("Key", r.key) +
		tag("UploadId", id) + "</InitiateMultipartUploadResult>")
}

// putPart is PUT ?partNumber=&uploadId=; s3:PutObject. With a copy source it
// copies a part.
func (r *s3Request) putPart() *apiError {
	if err := r.allow("s3:PutObject", r.key); err != nil {
		return err
	}
	number, nerr := strconv.Atoi(r.query.Get("partNumber"))
	if nerr != nil || number < 1 || number > maxPartNumber {
		return fail("InvalidArgument", "partNumber must be between 1 and 10000")
	}
	id, err := r.uploadID()
	if err != nil {
		return err
	}
	if _, _, serr := r.s.store.GetUpload(r.bucket, r.key, id); serr != nil {
		return storeError(serr)
	}
	if r.r.Header.Get("X-Amz-Copy-Source") != "" {
		return r.copyPart(id, number)
	}
	blob, sums, err := r.receive()
	if err != nil {
		return err
	}
	defer blob.Discard()
	p, serr := r.s.store.PutPart(r.bucket, r.key, id, number, blob, sums)
	if serr != nil {
		return storeError(serr)
	}
	r.w.Header().Set("ETag", `"`+p.ETag+`"`)
	for name, value := range p.Checksums {
		r.w.Header().Set("X-Amz-Checksum-"+name, value)
	}
	return r.status(http.StatusOK)
}

// listParts is GET ?uploadId=; s3:ListMultipartUploadParts.
func (r *s3Request) listParts() *apiError {
	if err := r.allow("s3:ListMultipartUploadParts", r.key); err != nil {
		return err
	}
	id, err := r.uploadID()
	if err != nil {
		return err
	}
	limit, err := r.maxKeys("max-parts")
	if err != nil {
		return err
	}
	_, parts, serr := r.s.store.GetUpload(r.bucket, r.key, id)
	if serr != nil {
		return storeError(serr)
	}
	marker, _ := strconv.Atoi(r.query.Get("part-number-marker"))
	var rows strings.Builder
	count, last, truncated := 0, 0, false
	for _, p := range parts {
		if p.Number <= marker {
			continue
		}
		if count == limit {
			truncated = true
			break
		}
		count, last = count+1, p.Number
		rows.WriteString("<Part>" + tag("ETag", `"`+p.ETag+`"`) + tag("LastModified", p.Modified.UTC().Format(s3Time)) +
			tag("PartNumber", strconv.Itoa(p.Number)) + tag("Size", strconv.FormatInt(p.Size, 10)) + "</Part>")
	}
	var b strings.Builder
	b.WriteString("<ListPartsResult" + s3NS + ">" + tag("Bucket", r.bucket) + owner("Initiator") +
		tag("IsTruncated", strconv.FormatBool(truncated)) + tag("Key", r.key) + tag("MaxParts", strconv.Itoa(limit)))
	if truncated {
		b.WriteString(tag("NextPartNumberMarker", strconv.Itoa(last)))
	}
	b.WriteString(owner("Owner") + tag("PartNumberMarker", strconv.Itoa(marker)) + rows.String() + tag("StorageClass", "STANDARD") + tag("UploadId", id))
	return r.xmlOK(b.String() + "</ListPartsResult>")
}

// listUploads is GET ?uploads; s3:ListBucketMultipartUploads.
func (r *s3Request) listUploads() *apiError {
	if err := r.allow("s3:ListBucketMultipartUploads", ""); err != nil {
		return err
	}
	prefix := r.query.Get("prefix")
	list, serr := r.s.store.Uploads(r.bucket, prefix)
	if serr != nil {
		return storeError(serr)
	}
	enc := r.encoder()
	var b strings.Builder
	b.WriteString("<ListMultipartUploadsResult" + s3NS + ">" + tag("Bucket", r.bucket) + tag("IsTruncated", "false") +
		tag("MaxUploads", strconv.Itoa(maxListKeys)) + tag("Prefix", enc(prefix)))
	for _, u := range list {
		b.WriteString("<Upload>" + tag("Initiated", u.Started.UTC().Format(s3Time)) + owner("Initiator") + tag("Key", enc(u.Key)) +
			owner("Owner") + tag("UploadId", u.ID) + "</Upload>")
	}
	return r.xmlOK(b.String() + "</ListMultipartUploadsResult>")
}

// completeUpload is POST ?uploadId=; s3:PutObject. Completing again succeeds.
func (r *s3Request) completeUpload() *apiError {
	if err := r.allow("s3:PutObject", r.key); err != nil {
		return err
	}
	id, err := r.uploadID()
	if err != nil {
		return err
	}
	data, err := r.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	root, perr := parseXML(data)
	if perr != nil || root.child("Part") == nil {
		return fail("MalformedXML")
	}
	var parts []store.CompletePart
	for _, p := range root.all("Part") {
		n, nerr := strconv.Atoi(p.value("PartNumber"))
		if nerr != nil {
			return fail("MalformedXML")
		}
		parts = append(parts, store.CompletePart{Number: n, ETag: p.value("ETag")})
	}
	var size int64
	if _, have, uerr := r.s.store.GetUpload(r.bucket, r.key, id); uerr == nil {
		for _, p := range have {
			size += p.Size
		}
	}
	if err := r.quotaAllows(size); err != nil {
		return err
	}
	if err := r.completeConditions(); err != nil {
		return err
	}
	v, serr := r.s.store.CompleteUpload(r.bucket, r.key, id, parts)
	if serr != nil {
		return storeError(serr)
	}
	r.versionHeader(v)
	scheme := "http"
	if r.r.TLS != nil {
		scheme = "https"
	}
	return r.xmlOK("<CompleteMultipartUploadResult" + s3NS + ">" + tag("Bucket", r.bucket) + "<ETag>&quot;" + v.ETag + "&quot;</ETag>" +
		tag("Key", r.key) + tag("Location", scheme+"://"+r.r.Host+"/"+r.bucket+"/"+awsEscape(r.key, true)) + "</CompleteMultipartUploadResult>")
}

// completeConditions evaluates If-Match and If-None-Match of a completion
// against the object that is there (app/multipart_usecase.rs).
func (r *s3Request) completeConditions() *apiError {
	c := r.writeCondition()
	if !c.Absent && c.ETag == "" {
		return nil
	}
	v, err := r.s.store.Head(r.bucket, r.key, "")
	there := err == nil && !v.DeleteMarker
	switch {
	case there && (c.Absent || c.ETag != v.ETag):
		return fail("PreconditionFailed")
	case !there && c.ETag != "":
		return storeError(store.ErrNoSuchKey)
	}
	return nil
}

// abortUpload is DELETE ?uploadId=; s3:AbortMultipartUpload.
func (r *s3Request) abortUpload() *apiError {
	if err := r.allow("s3:AbortMultipartUpload", r.key); err != nil {
		return err
	}
	id, err := r.uploadID()
	if err != nil {
		return err
	}
	if serr := r.s.store.AbortUpload(r.bucket, r.key, id); serr != nil {
		return storeError(serr)
	}
	return r.status(http.StatusNoContent)
}
