package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// Object is an object, or one version of it.
type Object struct {
	Key          string
	Size         int64 // bytes
	Modified     time.Time
	ETag         string
	VersionID    string
	DeleteMarker bool
	Latest       bool // of its key's versions; only listings of versions tell
	Folder       bool // what keys with this prefix have in common; there is nothing but Key
}

// List tells which objects to list.
type List struct {
	Prefix   string
	Versions bool // every version and delete marker, not only the newest
	Folders  bool // what lies below a slash behind the prefix is told as one Folder
	MaxKeys  int  // of a page; at most 1000, which is the default
	// SideBySide lists the folders of a long list at the same time, in the
	// same order. It is for who shows or counts: who decides what goes by what
	// is not in a list, asks for it in the plain way.
	SideBySide bool
}

// Get opens an object for reading from offset on; expect, an ETag, makes the
// store refuse when the object was replaced meanwhile.
func (s *Store) Get(ctx context.Context, bucket, key string, offset int64, expect string) (io.ReadCloser, Object, error) {
	o := minio.GetObjectOptions{}
	if offset > 0 {
		if err := o.SetRange(offset, 0); err != nil {
			return nil, Object{}, err
		}
	}
	if expect != "" {
		if err := o.SetMatchETag(expect); err != nil {
			return nil, Object{}, err
		}
	}
	body, info, header, err := s.core.GetObject(ctx, bucket, key, o)
	if err != nil {
		return nil, Object{}, wrap(err, "object %q of bucket %q", key, bucket)
	}
	return body, Object{Key: key, Size: wholeSize(header, info.Size), Modified: info.LastModified, ETag: info.ETag, VersionID: info.VersionID}, nil
}

// wholeSize is an object's size: that of the answer, unless it is a part of
// the object, which says so in "Content-Range: bytes 5-9/10".
func wholeSize(header http.Header, answer int64) int64 {
	_, total, _ := strings.Cut(header.Get("Content-Range"), "/")
	if n, err := strconv.ParseInt(total, 10, 64); err == nil && n >= 0 {
		return n
	}
	return answer
}

// GetRange reads length bytes of an object from offset on, fewer at its end.
func (s *Store) GetRange(ctx context.Context, bucket, key string, offset, length int64) ([]byte, error) {
	if offset < 0 || length < 1 {
		return nil, fmt.Errorf("object %q of bucket %q: no range of %d bytes from %d on", key, bucket, length, offset)
	}
	o := minio.GetObjectOptions{}
	if err := o.SetRange(offset, offset+length-1); err != nil {
		return nil, err
	}
	body, _, _, err := s.core.GetObject(ctx, bucket, key, o)
	if err != nil {
		return nil, wrap(err, "object %q of bucket %q", key, bucket)
	}
	b, err := io.ReadAll(io.LimitReader(body, length))
	return b, errors.Join(err, body.Close())
}

// Stat tells an object's size and ETag.
func (s *Store) Stat(ctx context.Context, bucket, key string) (Object, error) {
	info, err := s.client.StatObject(ctx, bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return Object{}, wrap(err, "object %q of bucket %q", key, bucket)
	}
	return Object{Key: key, Size: info.Size, Modified: info.LastModified, ETag: info.ETag, VersionID: info.VersionID}, nil
}

// Put stores an object; size is -1 when unknown.
func (s *Store) Put(ctx context.Context, bucket, key string, r io.Reader, size int64) error {
	_, err := s.client.PutObject(ctx, bucket, key, r, size, minio.PutObjectOptions{ContentType: "application/octet-stream", PartSize: 16 << 20})
	return wrap(err, "put object %q into bucket %q", key, bucket)
}

// Count is what a bucket holds.
type Count struct {
	Objects       int64 // that have not been deleted
	Versions      int64 // of all objects, deleted ones included
	DeleteMarkers int64
	Bytes         int64 // of all versions
}

// Empty reports whether a bucket could be deleted.
func (c Count) Empty() bool { return c.Versions == 0 && c.DeleteMarkers == 0 }

// Count lists a bucket with all versions and adds up. It stops after limit
// entries when limit is positive.
func (s *Store) Count(ctx context.Context, bucket string, limit int64) (Count, error) {
	var c Count
	for o, err := range s.Objects(ctx, bucket, List{Versions: true}) {
		if err != nil {
			return c, err
		}
		switch {
		case o.DeleteMarker:
			c.DeleteMarkers++
		default:
			c.Versions++
			c.Bytes += o.Size
			if o.Latest {
				c.Objects++
			}
		}
		if limit > 0 && c.Versions+c.DeleteMarkers >= limit {
			break
		}
	}
	return c, nil
}

// RemoveAllVersions deletes everything in a bucket, versions and delete
// markers included, and reports each batch to done. Locked objects stay and
// are the error.
func (s *Store) RemoveAllVersions(ctx context.Context, bucket string, done func(int64)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var listErr error
	source := func(yield func(minio.ObjectInfo) bool) {
		for o, err := range s.Objects(ctx, bucket, List{Versions: true}) {
			if err != nil {
				listErr = err
				return
			}
			if !yield(minio.ObjectInfo{Key: o.Key, VersionID: o.VersionID}) {
				return
			}
		}
	}
	results, err := s.client.RemoveObjectsWithIter(ctx, bucket, source, minio.RemoveObjectsOptions{})
	if err != nil {
		return wrap(err, "empty bucket %q", bucket)
	}
	var n, refused int64
	var name string
	var first error
	for r := range results {
		if r.Err != nil {
			if refused++; first == nil {
				name, first = r.ObjectName, r.Err
			}
			continue
		}
		n++
		if n%1000 == 0 {
			done(n)
		}
	}
	done(n)
	switch {
	case listErr != nil:
		return listErr
	case ctx.Err() != nil:
		return ctx.Err()
	case refused > 0:
		return notDeleted(wrap(first, "empty bucket %q: %d versions could not be deleted, the first of object %q", bucket, refused, name))
	}
	return nil
}

// notDeleted gives a refusal to delete its likeliest reason.
func notDeleted(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Code == "AccessDenied" {
		e.hint = "they are under retention or a legal hold, or this access key has no policy for it"
	}
	return err
}
