package store

import (
	"crypto/md5"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
)

// Blob is a received body that does not belong to an object yet.
type Blob struct {
	path string
	Size int64
	// MD5 is the hex digest of the body.
	MD5 string
}

// Discard removes the blob; harmless once it belongs to an object.
func (b *Blob) Discard() {
	if b != nil && b.path != "" {
		_ = os.Remove(b.path)
		b.path = ""
	}
}

// Receive stores a body for a later Put or PutPart into the bucket.
func (s *Store) Receive(bucketName string, body io.Reader) (*Blob, error) {
	s.mu.RLock()
	b, err := s.bucket(bucketName)
	s.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Join(b.dir, "data"), ".tmp-*")
	if err != nil {
		return nil, err
	}
	h := md5.New()
	n, err := io.Copy(io.MultiWriter(f, h), body)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	blob := &Blob{path: f.Name(), Size: n, MD5: hex.EncodeToString(h.Sum(nil))}
	if err != nil {
		blob.Discard()
		return nil, err
	}
	return blob, nil
}

// Condition is a conditional write: If-None-Match: * or If-Match.
type Condition struct {
	Absent bool
	ETag   string
}

// check compares a condition with the current version, nil if there is none.
func (c Condition) check(cur *Version) error {
	exists := cur != nil && !cur.DeleteMarker
	if c.Absent && exists {
		return ErrPrecondition
	}
	if c.ETag != "" {
		if !exists {
			return ErrNoSuchKey
		}
		if c.ETag != cur.ETag {
			return ErrPrecondition
		}
	}
	return nil
}

// current returns the newest version of a key, delete marker or not.
func (b *bucket) current(key string) *Version {
	if o, ok := b.objects[key]; ok && len(o.Versions) > 0 {
		return o.Versions[0]
	}
	return nil
}

// Put makes a blob the newest version of a key and returns that version.
func (s *Store) Put(bucketName, key string, blob *Blob, v Version, cond Condition) (Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return Version{}, err
	}
	if err := cond.check(b.current(key)); err != nil {
		return Version{}, err
	}
	v.Data = NewUUID()
	v.Size = blob.Size
	if v.ETag == "" {
		v.ETag = blob.MD5
	}
	if err := os.Rename(blob.path, b.dataFile(v.Data)); err != nil {
		return Version{}, err
	}
	blob.path = ""
	return b.insert(s, key, v)
}

// insert adds a version on top, replacing the null version where S3 does.
func (b *bucket) insert(s *Store, key string, v Version) (Version, error) {
	v.Modified = s.now().UTC()
	v.ID = NullVersion
	if b.info.Versioning == VersioningEnabled {
		v.ID = NewUUID()
	}
	o, ok := b.objects[key]
	if !ok {
		o = &object{Key: key}
	}
	if v.ID == NullVersion {
		o.remove(b, NullVersion)
	}
	o.Versions = append([]*Version{&v}, o.Versions...)
	return v, b.saveObject(o)
}

// remove drops one version with its data.
func (o *object) remove(b *bucket, id string) *Version {
	for i, v := range o.Versions {
		if v.ID == id {
			b.dropData(v)
			o.Versions = append(o.Versions[:i:i], o.Versions[i+1:]...)
			return v
		}
	}
	return nil
}

// find returns a version: the newest with an empty id.
func (b *bucket) find(key, id string) (*object, *Version, error) {
	o, ok := b.objects[key]
	if !ok || len(o.Versions) == 0 {
		if id != "" {
			return nil, nil, ErrNoSuchVersion
		}
		return nil, nil, ErrNoSuchKey
	}
	if id == "" {
		return o, o.Versions[0], nil
	}
	for _, v := range o.Versions {
		if v.ID == id {
			return o, v, nil
		}
	}
	return nil, nil, ErrNoSuchVersion
}

// Head returns a version. A delete marker comes without an error: the caller
// decides between 404 and 405.
func (s *Store) Head(bucketName, key, id string) (Version, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return Version{}, err
	}
	_, v, err := b.find(key, id)
	if err != nil {
		return Version{}, err
	}
	return *v, nil
}

// Open returns a version with its data.
func (s *Store) Open(bucketName, key, id string) (Version, *os.File, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return Version{}, nil, err
	}
	_, v, err := b.find(key, id)
	if err != nil {
		return Version{}, nil, err
	}
	if v.DeleteMarker {
		return *v, nil, nil
	}
	f, err := os.Open(b.dataFile(v.Data))
	if err != nil {
		return Version{}, nil, err
	}
	return *v, f, nil
}

// Update changes the metadata of a version.
func (s *Store) Update(bucketName, key, id string, change func(*Version)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return err
	}
	o, v, err := b.find(key, id)
	if err != nil {
		return err
	}
	if v.DeleteMarker {
		return ErrNoSuchKey
	}
	change(v)
	return b.saveObject(o)
}

// Deleted says what a delete did.
type Deleted struct {
	// VersionID is empty when nothing with a version was touched.
	VersionID string
	Marker    bool
	// Found is false when there was nothing to delete.
	Found bool
}

// Delete removes a version, or without an id the object: behind a delete
// marker in a versioned bucket.
func (s *Store) Delete(bucketName, key, id string, cond Condition) (Deleted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return Deleted{}, err
	}
	if err := cond.check(b.current(key)); err != nil {
		return Deleted{}, err
	}
	if id != "" {
		o, _, err := b.find(key, id)
		if err != nil {
			return Deleted{}, nil
		}
		v := o.remove(b, id)
		return Deleted{VersionID: id, Marker: v.DeleteMarker, Found: true}, b.saveObject(o)
	}
	if b.info.Versioning != "" {
		v, err := b.insert(s, key, Version{DeleteMarker: true})
		return Deleted{VersionID: v.ID, Marker: true, Found: true}, err
	}
	o, ok := b.objects[key]
	if !ok {
		return Deleted{}, nil
	}
	o.remove(b, NullVersion)
	return Deleted{Found: true}, b.saveObject(o)
}

// DeletePrefix removes every version of the keys below a prefix.
func (s *Store) DeletePrefix(bucketName, prefix string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return err
	}
	for key, o := range b.objects {
		if len(key) < len(prefix) || key[:len(prefix)] != prefix {
			continue
		}
		for _, v := range o.Versions {
			b.dropData(v)
		}
		o.Versions = nil
		if err := b.saveObject(o); err != nil {
			return err
		}
	}
	return nil
}
