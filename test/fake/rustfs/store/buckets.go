package store

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// CreateBucket makes a bucket; an object lock bucket is versioned too.
func (s *Store) CreateBucket(name, owner string, lock bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.buckets[name]; ok {
		return ErrBucketExists
	}
	b := &bucket{
		dir:     filepath.Join(s.dir, name),
		info:    BucketInfo{Name: name, Owner: owner, Created: s.now().UTC(), Lock: lock},
		objects: map[string]*object{},
		uploads: map[string]*Upload{},
	}
	if lock {
		b.info.Versioning = VersioningEnabled
	}
	for _, d := range []string{"objects", "data", "uploads"} {
		if err := os.MkdirAll(filepath.Join(b.dir, d), 0o700); err != nil {
			return err
		}
	}
	if err := b.save(); err != nil {
		return err
	}
	s.buckets[name] = b
	return nil
}

// Bucket returns a copy of what is stored about a bucket.
func (s *Store) Bucket(name string) (BucketInfo, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, err := s.bucket(name)
	if err != nil {
		return BucketInfo{}, err
	}
	info := b.info
	info.Documents = make(map[string]string, len(b.info.Documents))
	for k, v := range b.info.Documents {
		info.Documents[k] = v
	}
	return info, nil
}

// Buckets returns all buckets by name.
func (s *Store) Buckets() []BucketInfo {
	s.mu.RLock()
	names := make([]string, 0, len(s.buckets))
	for n := range s.buckets {
		names = append(names, n)
	}
	s.mu.RUnlock()
	slices.Sort(names)
	list := make([]BucketInfo, 0, len(names))
	for _, n := range names {
		if info, err := s.Bucket(n); err == nil {
			list = append(list, info)
		}
	}
	return list
}

// UpdateBucket changes the stored facts of a bucket.
func (s *Store) UpdateBucket(name string, change func(*BucketInfo)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	if b.info.Documents == nil {
		b.info.Documents = map[string]string{}
	}
	change(&b.info)
	return b.save()
}

// DeleteBucket removes a bucket; force removes its contents, locked or not.
func (s *Store) DeleteBucket(name string, force bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	if len(b.objects) > 0 && !force {
		return ErrBucketNotEmpty
	}
	delete(s.buckets, name)
	return os.RemoveAll(b.dir)
}

// Usage is what a bucket holds.
type Usage struct {
	Size, Objects, Versions, DeleteMarkers int64
}

// Usage counts a bucket as RustFS' scanner does. Size is the sum of all
// versions; objects that were deleted count as long as a version or a marker is left.
func (s *Store) Usage(name, prefix string) (Usage, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var u Usage
	b, err := s.bucket(name)
	if err != nil {
		return u, err
	}
	for key, o := range b.objects {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		if len(o.Versions) > 0 {
			u.Objects++
		}
		for _, v := range o.Versions {
			if v.DeleteMarker {
				u.DeleteMarkers++
				continue
			}
			if v.ID != NullVersion {
				u.Versions++
			}
			u.Size += v.Size
		}
	}
	return u, nil
}
