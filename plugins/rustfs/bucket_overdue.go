package rustfs

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// overdueSearch lists a bucket and finds what a lifecycle rule has to act on
// by now.
type overdueSearch struct {
	t      *target
	bucket string
	rules  []bucket.LifecycleRule
	now    time.Time
	grace  time.Duration
	limit  int // entries to list at most; 0: all

	found bucket.Overdue
	asked int // objects whose tags were asked for
}

// tagLimit is how many objects are asked for their tags, which no listing
// tells.
const tagLimit = 1000

func (o *overdueSearch) run(ctx context.Context) (bucket.Overdue, error) {
	if len(o.rules) == 0 {
		return o.found, nil
	}
	versions, err := o.list(ctx)
	if err != nil {
		return o.found, err
	}
	for len(versions) > 0 {
		n := 1
		for n < len(versions) && versions[n].Key == versions[0].Key {
			n++
		}
		if err := o.key(ctx, versions[:n]); err != nil {
			return o.found, err
		}
		versions = versions[n:]
	}
	return o.found, o.uploads(ctx)
}

// list is all versions, those of a key together and the newest first.
func (o *overdueSearch) list(ctx context.Context) ([]s3.Object, error) {
	var all []s3.Object
	for v, err := range o.t.s3.Objects(ctx, o.bucket, s3.List{Versions: true}) {
		if err != nil {
			return nil, err
		}
		if o.limit > 0 && len(all) == o.limit {
			o.found.Partial = true
			break
		}
		all = append(all, v)
	}
	if o.found.Partial {
		all = whole(all)
	}
	slices.SortStableFunc(all, func(a, b s3.Object) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), boolOrder(a.Latest, b.Latest), b.Modified.Compare(a.Modified))
	})
	return all, nil
}

// whole leaves the keys out of a listing that was ended early whose versions
// may not all be in it: the last one with a version, and what is behind it. A
// page tells its delete markers first.
func whole(listed []s3.Object) []s3.Object {
	last := ""
	for _, v := range listed {
		if !v.DeleteMarker {
			last = max(last, v.Key)
		}
	}
	return slices.DeleteFunc(listed, func(v s3.Object) bool { return last != "" && v.Key >= last })
}

// boolOrder puts what is true first.
func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// key looks at the versions of one key.
func (o *overdueSearch) key(ctx context.Context, versions []s3.Object) error {
	older := 0
	for i, v := range versions {
		e := bucket.Entry{Key: v.Key, Size: v.Size, Modified: v.Modified, Latest: v.Latest, DeleteMarker: v.DeleteMarker, Alone: len(versions) == 1}
		if !v.Latest {
			if e.Newer = older; i > 0 {
				e.Replaced = versions[i-1].Modified
			}
			older++
		}
		if err := o.judge(ctx, e, v.VersionID); err != nil {
			return err
		}
	}
	return nil
}

func (o *overdueSearch) uploads(ctx context.Context) error {
	if !slices.ContainsFunc(o.rules, func(r bucket.LifecycleRule) bool { return !r.Disabled && r.AbortUploadDays > 0 }) {
		return nil
	}
	n := 0
	for u, err := range o.t.s3.Uploads(ctx, o.bucket, "") {
		if err != nil {
			return soft(err)
		}
		if n++; o.limit > 0 && n > o.limit {
			o.found.Partial = true
			break
		}
		if err := o.judge(ctx, bucket.Entry{Key: u.Key, Modified: u.Started, Upload: true}, u.ID); err != nil {
			return err
		}
	}
	return nil
}

// judge decides about one entry, and adds it up; id is that of its version or
// of its upload.
func (o *overdueSearch) judge(ctx context.Context, e bucket.Entry, id string) error {
	if !e.Upload && !e.DeleteMarker && bucket.NeedsTags(o.rules, e, o.now) {
		if o.asked++; o.asked > tagLimit {
			o.found.Partial = true
			return nil
		}
		tags, err := o.t.s3.ObjectTags(ctx, object.Ref{Bucket: o.bucket, Key: e.Key, Version: id})
		if err != nil && !s3.IsCode(err, "NoSuchKey", "NoSuchVersion") { // gone meanwhile
			return err
		}
		e.Tags = tags
	}
	d, due := bucket.Due(o.rules, e, o.now)
	if !due {
		return nil
	}
	if e.Upload {
		parts, err := o.t.s3.Parts(ctx, object.Ref{Bucket: o.bucket, Key: e.Key}, id)
		if err != nil && !s3.IsCode(err, "NoSuchUpload") { // gone meanwhile
			return err
		}
		for _, p := range parts {
			e.Size += p.Size
		}
	}
	f := &o.found
	f.Entries++
	f.Bytes += e.Size
	if o.now.Sub(d.At) > o.grace {
		f.Late++
	}
	if f.Entries == 1 || d.At.Before(f.Oldest.At) {
		f.Oldest, f.Key = d, e.Key
	}
	return nil
}
