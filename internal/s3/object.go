package s3

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/tags"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
)

const opObject = "object %q of bucket %q"

// Head tells all that the server says of an object; s3:GetObject.
func (s *Store) Head(ctx context.Context, r object.Ref) (object.Info, error) {
	o := minio.StatObjectOptions{VersionID: r.Version, Checksum: true}
	i, err := s.client.StatObject(ctx, r.Bucket, r.Key, o)
	if err != nil {
		return object.Info{}, wrap(err, opObject, r.Key, r.Bucket)
	}
	return infoOf(r, i, i.Headers), nil
}

// Open reads an object, or a part of it. Size of the Info is that of the whole
// object.
func (s *Store) Open(ctx context.Context, r object.Ref, read object.Read) (io.ReadCloser, object.Info, error) {
	o := minio.GetObjectOptions{VersionID: r.Version, Checksum: true}
	if err := readOptions(&o, read); err != nil {
		return nil, object.Info{}, err
	}
	body, i, header, err := s.core.GetObject(ctx, r.Bucket, r.Key, o)
	if err != nil {
		return nil, object.Info{}, wrap(err, opObject, r.Key, r.Bucket)
	}
	i.Size = wholeSize(header, i.Size)
	return body, infoOf(r, i, header), nil
}

func readOptions(o *minio.GetObjectOptions, read object.Read) (err error) {
	switch {
	case read.Length > 0:
		err = o.SetRange(read.Offset, read.Offset+read.Length-1)
	case read.Offset > 0:
		err = o.SetRange(read.Offset, 0)
	}
	if err == nil && read.ETag != "" {
		err = o.SetMatchETag(read.ETag)
	}
	return err
}

// infoOf reads the headers of an answer to HEAD or GET.
func infoOf(r object.Ref, i minio.ObjectInfo, h http.Header) object.Info {
	out := object.Info{
		Ref: object.Ref{Bucket: r.Bucket, Key: r.Key, Version: i.VersionID}, Size: i.Size, Modified: i.LastModified, ETag: i.ETag,
		Attributes: object.Attributes{
			ContentType: i.ContentType, ContentEncoding: h.Get("Content-Encoding"), ContentDisposition: h.Get("Content-Disposition"),
			ContentLanguage: h.Get("Content-Language"), CacheControl: h.Get("Cache-Control"),
		},
		TagCount: i.UserTagCount, StorageClass: i.StorageClass,
		Encryption: h.Get("X-Amz-Server-Side-Encryption"), EncryptionKey: h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"),
		LockMode: h.Get("X-Amz-Object-Lock-Mode"), LegalHold: h.Get("X-Amz-Object-Lock-Legal-Hold") == "ON",
		Expires: i.Expiration, ExpiryRule: i.ExpirationRuleID, Replication: i.ReplicationStatus,
	}
	if out.TagCount == 0 {
		out.TagCount, _ = strconv.Atoi(h.Get("X-Amz-Tagging-Count")) // 0 when there is none
	}
	out.LockUntil, _ = time.Parse(time.RFC3339, h.Get("X-Amz-Object-Lock-Retain-Until-Date")) // zero when there is none
	if h.Get("X-Amz-Server-Side-Encryption-Customer-Algorithm") != "" {
		out.Encryption = "SSE-C"
	}
	composite := h.Get("X-Amz-Checksum-Type") == "COMPOSITE"
	for name := range h {
		lower := strings.ToLower(name)
		if key, ok := strings.CutPrefix(lower, "x-amz-meta-"); ok {
			if out.Metadata == nil {
				out.Metadata = map[string]string{}
			}
			out.Metadata[key] = h.Get(name)
		}
		sum, ok := strings.CutPrefix(lower, "x-amz-checksum-")
		if !ok || sum == "type" {
			continue
		}
		if out.Checksums == nil {
			out.Checksums = map[string]string{}
		}
		value := h.Get(name)
		if composite && !strings.Contains(value, "-") {
			value += "-parts"
		}
		out.Checksums[sum] = value
	}
	return out
}

// ObjectTags are an object's tags; s3:GetObjectTagging.
func (s *Store) ObjectTags(ctx context.Context, r object.Ref) (map[string]string, error) {
	t, err := s.client.GetObjectTagging(ctx, r.Bucket, r.Key, minio.GetObjectTaggingOptions{VersionID: r.Version})
	if err != nil {
		err = wrap(err, "tags of "+opObject, r.Key, r.Bucket)
		if IsCode(err, "NoSuchTagSet") {
			return nil, nil
		}
		return nil, err
	}
	return t.ToMap(), nil
}

// SetObjectTags replaces an object's tags; none takes them away.
func (s *Store) SetObjectTags(ctx context.Context, r object.Ref, t map[string]string) error {
	const op = "tags of " + opObject
	if len(t) == 0 {
		return wrap(s.client.RemoveObjectTagging(ctx, r.Bucket, r.Key, minio.RemoveObjectTaggingOptions{VersionID: r.Version}), op, r.Key, r.Bucket)
	}
	set, err := tags.MapToObjectTags(t)
	if err != nil {
		return wrap(err, op, r.Key, r.Bucket)
	}
	return wrap(s.client.PutObjectTagging(ctx, r.Bucket, r.Key, set, minio.PutObjectTaggingOptions{VersionID: r.Version}), op, r.Key, r.Bucket)
}

// Remove deletes objects or versions, at most 1000 of one bucket at once, and
// tells which ones stayed. A version that is not there any more is no failure.
// bypass overrides retention in governance mode, for those who may.
func (s *Store) Remove(ctx context.Context, refs []object.Ref, bypass bool) ([]object.Failure, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	bucket := refs[0].Bucket
	source := func(yield func(minio.ObjectInfo) bool) {
		for _, r := range refs {
			if !yield(minio.ObjectInfo{Key: r.Key, VersionID: r.Version}) {
				return
			}
		}
	}
	results, err := s.client.RemoveObjectsWithIter(ctx, bucket, source, minio.RemoveObjectsOptions{GovernanceBypass: bypass})
	if err != nil {
		return nil, wrap(err, "delete from bucket %q", bucket)
	}
	open := make(map[object.Ref]bool, len(refs))
	for _, r := range refs {
		open[r] = true
	}
	var failures []object.Failure
	for r := range results {
		ref := asked(open, object.Ref{Bucket: bucket, Key: r.ObjectName, Version: r.ObjectVersionID})
		delete(open, ref)
		if r.Err != nil {
			failures = append(failures, object.Failure{Ref: ref, Err: notDeleted(wrap(r.Err, "delete object %q", r.ObjectName))})
		}
	}
	if err := ctx.Err(); err != nil {
		return failures, err
	}
	return append(failures, s.removeSilent(ctx, open, bypass)...), nil
}

// asked is what was asked for that an answer is about: servers name versions
// that were not asked for, or leave out the null version.
func asked(open map[object.Ref]bool, answered object.Ref) object.Ref {
	for _, version := range []string{answered.Version, "", "null"} {
		r := object.Ref{Bucket: answered.Bucket, Key: answered.Key, Version: version}
		if open[r] {
			return r
		}
	}
	return answered
}

// removeSilent deletes one by one what the SDK says nothing of: it keeps some
// answers to itself.
func (s *Store) removeSilent(ctx context.Context, open map[object.Ref]bool, bypass bool) (failures []object.Failure) {
	for r := range open {
		err := s.client.RemoveObject(ctx, r.Bucket, r.Key, minio.RemoveObjectOptions{VersionID: r.Version, GovernanceBypass: bypass})
		if err = wrap(err, "delete object %q", r.Key); err != nil && !IsCode(err, "NoSuchVersion", "NoSuchKey") {
			failures = append(failures, object.Failure{Ref: r, Err: notDeleted(err)})
		}
	}
	return failures
}

// Presign makes a URL with which anybody may do one thing to one object for
// some time, at most seven days. Nothing is sent. The URL is for the Store's
// endpoint: a server refuses it under another name.
func (s *Store) Presign(ctx context.Context, method string, r object.Ref, expires time.Duration) (string, error) {
	query := map[string][]string{}
	if r.Version != "" {
		query["versionId"] = []string{r.Version}
	}
	u, err := s.client.Presign(ctx, method, r.Bucket, r.Key, expires, query)
	if err != nil {
		return "", wrap(err, opObject, r.Key, r.Bucket)
	}
	return u.String(), nil
}

// IsMissing reports that there is no such object or version, or that it is
// deleted.
func IsMissing(err error) bool {
	return IsCode(err, "NoSuchKey", "NoSuchVersion", "MethodNotAllowed")
}

// IsChanged reports that an object is not the expected one any more, or that
// there is one where none was expected.
func IsChanged(err error) bool { return IsCode(err, "PreconditionFailed") }

// IsAnswer reports whether the server itself said no: asking again changes
// nothing.
func IsAnswer(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status < http.StatusInternalServerError && e.Code != "SlowDown" && e.Code != "RequestTimeout"
}
