package s3

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/tags"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
)

const opPut = "put object %q into bucket %q"

// checksumHeader carries the CRC32C of what is sent; the server compares it.
const checksumHeader = "x-amz-checksum-crc32c"

// PutObject stores an object in one request. The content is not part of the
// signature: its checksum is. It is sent again after a broken connection when
// r is an io.Seeker.
func (s *Store) PutObject(ctx context.Context, ref object.Ref, r io.Reader, size int64, w object.Write) (object.Info, error) {
	o := putOptions(w)
	if w.CRC32C != "" {
		o.UserMetadata[checksumHeader] = w.CRC32C
	}
	i, err := s.core.PutObject(ctx, ref.Bucket, ref.Key, r, size, "", "", o)
	if err != nil {
		return object.Info{}, wrap(err, opPut, ref.Key, ref.Bucket)
	}
	return object.Info{Ref: object.Ref{Bucket: ref.Bucket, Key: ref.Key, Version: i.VersionID}, Size: size, ETag: i.ETag, Attributes: w.Attributes}, nil
}

func putOptions(w object.Write) minio.PutObjectOptions {
	o := minio.PutObjectOptions{
		ContentType: w.ContentType, ContentEncoding: w.ContentEncoding, ContentDisposition: w.ContentDisposition,
		ContentLanguage: w.ContentLanguage, CacheControl: w.CacheControl, UserTags: w.Tags,
		UserMetadata: map[string]string{}, DisableContentSha256: true,
	}
	for k, v := range w.Metadata {
		o.UserMetadata["x-amz-meta-"+k] = v
	}
	if w.NoClobber {
		o.SetMatchETagExcept("*")
	}
	return o
}

// StartUpload begins an object in parts.
func (s *Store) StartUpload(ctx context.Context, r object.Ref, w object.Write) (id string, err error) {
	o := putOptions(w)
	id, err = s.core.NewMultipartUpload(ctx, r.Bucket, r.Key, o)
	return id, wrap(err, opPut, r.Key, r.Bucket)
}

// Uploads lists the unfinished uploads of the keys with a prefix;
// s3:ListBucketMultipartUploads. Servers before 1.0.0-beta.12 only know those
// of one key.
func (s *Store) Uploads(ctx context.Context, bucket, prefix string) iter.Seq2[object.Upload, error] {
	return func(yield func(object.Upload, error) bool) {
		marker, idMarker := "", ""
		for {
			page, err := s.core.ListMultipartUploads(ctx, bucket, prefix, marker, idMarker, "", pageKeys)
			if err != nil {
				yield(object.Upload{}, wrap(err, "unfinished uploads of bucket %q", bucket))
				return
			}
			for _, u := range page.Uploads {
				if !yield(object.Upload{Ref: object.Ref{Bucket: bucket, Key: u.Key}, ID: u.UploadID, Started: u.Initiated}, nil) {
					return
				}
			}
			if !page.IsTruncated || page.NextKeyMarker == marker && page.NextUploadIDMarker == idMarker {
				return
			}
			marker, idMarker = page.NextKeyMarker, page.NextUploadIDMarker
		}
	}
}

// Parts are what has been uploaded of an object; s3:ListMultipartUploadParts.
func (s *Store) Parts(ctx context.Context, r object.Ref, id string) (parts []object.Part, err error) {
	marker := 0
	for {
		page, err := s.core.ListObjectParts(ctx, r.Bucket, r.Key, id, marker, pageKeys)
		if err != nil {
			return nil, wrap(err, "parts of object %q of bucket %q", r.Key, r.Bucket)
		}
		for _, p := range page.ObjectParts {
			parts = append(parts, object.Part{Number: p.PartNumber, Size: p.Size, ETag: strings.Trim(p.ETag, `"`)})
		}
		if !page.IsTruncated || page.NextPartNumberMarker <= marker {
			return parts, nil
		}
		marker = page.NextPartNumberMarker
	}
}

// PutPart sends a part. crc is the CRC32C of its content, base64.
func (s *Store) PutPart(ctx context.Context, ref object.Ref, id string, number int, r io.Reader, size int64, crc string) (object.Part, error) {
	h := map[string][]string{"X-Amz-Checksum-Crc32c": {crc}}
	p, err := s.core.PutObjectPart(ctx, ref.Bucket, ref.Key, id, number, r, size, minio.PutObjectPartOptions{CustomHeader: h, DisableContentSha256: true})
	if err != nil {
		return object.Part{}, wrap(err, "part %d of object %q of bucket %q", number, ref.Key, ref.Bucket)
	}
	return object.Part{Number: number, Size: size, ETag: strings.Trim(p.ETag, `"`)}, nil
}

// CopyPart makes a part of a piece of another object on the server.
func (s *Store) CopyPart(ctx context.Context, from object.Info, to object.Ref, id string, piece object.Piece) (object.Part, error) {
	p, err := s.core.CopyObjectPart(ctx, from.Bucket, from.Key, to.Bucket, to.Key, id, piece.Number, piece.Offset, piece.Length, sourceHeaders(from))
	if err != nil {
		return object.Part{}, wrap(err, "part %d of object %q of bucket %q", piece.Number, to.Key, to.Bucket)
	}
	return object.Part{Number: piece.Number, Size: piece.Length, ETag: strings.Trim(p.ETag, `"`)}, nil
}

// sourceHeaders name the source of a copy, and make the server refuse when it
// is another object by now.
func sourceHeaders(from object.Info) map[string]string {
	h := map[string]string{}
	if from.Version != "" {
		h["x-amz-copy-source"] = escapePath(from.Bucket+"/"+from.Key) + "?versionId=" + from.Version
	}
	if from.ETag != "" {
		h["x-amz-copy-source-if-match"] = `"` + from.ETag + `"`
	}
	return h
}

// escapePath encodes everything but letters, digits, - _ . ~ and slashes.
func escapePath(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~/", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// CompleteUpload makes an object of parts, which are in order. noClobber
// refuses when there is an object by now.
func (s *Store) CompleteUpload(ctx context.Context, r object.Ref, id string, parts []object.Part, noClobber bool) (object.Info, error) {
	list := make([]minio.CompletePart, len(parts))
	var size int64
	for i, p := range parts {
		list[i] = minio.CompletePart{PartNumber: p.Number, ETag: p.ETag}
		size += p.Size
	}
	var o minio.PutObjectOptions
	if noClobber {
		o.SetMatchETagExcept("*")
	}
	i, err := s.core.CompleteMultipartUpload(ctx, r.Bucket, r.Key, id, list, o)
	if err != nil {
		return object.Info{}, wrap(err, opPut, r.Key, r.Bucket)
	}
	return object.Info{Ref: object.Ref{Bucket: r.Bucket, Key: r.Key, Version: i.VersionID}, Size: size, ETag: strings.Trim(i.ETag, `"`)}, nil
}

// AbortUpload gives an upload up, with its parts; s3:AbortMultipartUpload.
func (s *Store) AbortUpload(ctx context.Context, r object.Ref, id string) error {
	return wrap(s.core.AbortMultipartUpload(ctx, r.Bucket, r.Key, id), "unfinished upload of object %q of bucket %q", r.Key, r.Bucket)
}

// Copy copies an object on the server, in one request. Without attributes, it
// keeps those of the source, tags included. An object cannot be copied onto
// itself unless its attributes change.
func (s *Store) Copy(ctx context.Context, from object.Info, to object.Ref, replace *object.Attributes) (object.Info, error) {
	h := sourceHeaders(from)
	delete(h, "x-amz-copy-source") // the SDK's own, with the version
	if replace != nil {
		addAttributes(h, *replace)
	}
	i, err := s.core.CopyObject(ctx, from.Bucket, from.Key, to.Bucket, to.Key, h, minio.CopySrcOptions{VersionID: from.Version}, minio.PutObjectOptions{})
	if err != nil {
		return object.Info{}, wrap(err, "copy object %q of bucket %q to %q of %q", from.Key, from.Bucket, to.Key, to.Bucket)
	}
	return object.Info{Ref: to, Size: from.Size, ETag: i.ETag, Modified: i.LastModified}, nil
}

// addAttributes writes attributes as headers of a copy.
func addAttributes(h map[string]string, a object.Attributes) {
	h["x-amz-metadata-directive"] = "REPLACE"
	for name, value := range map[string]string{
		"Content-Type": a.ContentType, "Content-Encoding": a.ContentEncoding, "Content-Disposition": a.ContentDisposition,
		"Content-Language": a.ContentLanguage, "Cache-Control": a.CacheControl,
	} {
		if value != "" {
			h[name] = value
		}
	}
	for k, v := range a.Metadata {
		h["x-amz-meta-"+k] = v
	}
	h["x-amz-tagging-directive"] = "REPLACE"
	if len(a.Tags) == 0 {
		return
	}
	if t, err := tags.MapToObjectTags(a.Tags); err == nil { // they were validated
		h["x-amz-tagging"] = t.String()
	}
}
