package s3

import (
	"context"
	"iter"
	"time"

	"github.com/minio/minio-go/v7"
)

// Unfinished is a multipart upload that was begun and neither completed nor
// aborted.
type Unfinished struct {
	Key      string
	UploadID string
	Begun    time.Time
	Size     int64 // bytes uploaded so far; 0 where the server does not tell
}

// UnfinishedUploads lists a bucket's, page after page; the list ends at the
// first error. RustFS before beta.12 tells none without a whole key as prefix.
func (s *Store) UnfinishedUploads(ctx context.Context, bucket, prefix string) iter.Seq2[Unfinished, error] {
	return func(yield func(Unfinished, error) bool) {
		pages, cancel := context.WithCancel(ctx)
		defer cancel()
		for u := range s.client.ListIncompleteUploads(pages, bucket, prefix, true) {
			if u.Err != nil {
				yield(Unfinished{}, wrap(u.Err, "uploads of bucket %q", bucket))
				return
			}
			if !yield(Unfinished{Key: u.Key, UploadID: u.UploadID, Begun: u.Initiated, Size: u.Size}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Unfinished{}, wrap(err, "uploads of bucket %q", bucket))
		}
	}
}

// TagsOfVersion are the tags of an object, or of one version of it.
func (s *Store) TagsOfVersion(ctx context.Context, bucket, key, versionID string) (map[string]string, error) {
	t, err := s.client.GetObjectTagging(ctx, bucket, key, minio.GetObjectTaggingOptions{VersionID: versionID})
	if err != nil {
		return nil, wrap(err, "tags of object %q of bucket %q", key, bucket)
	}
	return t.ToMap(), nil
}
