// Package store keeps the buckets and objects of the RustFS stand-in in a
// directory: one directory per bucket, one metadata file per object key and
// one data file per object version. Everything survives a restart. Several
// stores may live in one process; no path depends on the working directory.
package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The failures a caller turns into S3 error codes.
var (
	ErrNoSuchBucket   = errors.New("no such bucket")
	ErrBucketExists   = errors.New("bucket exists")
	ErrBucketNotEmpty = errors.New("bucket not empty")
	ErrNoSuchKey      = errors.New("no such key")
	ErrNoSuchVersion  = errors.New("no such version")
	ErrNoSuchUpload   = errors.New("no such upload")
	ErrInvalidPart    = errors.New("invalid part")
	ErrPartOrder      = errors.New("invalid part order")
	ErrPartTooSmall   = errors.New("part too small")
	ErrPrecondition   = errors.New("precondition failed")
)

// Versioning states of a bucket, as S3 spells them.
const (
	VersioningEnabled   = "Enabled"
	VersioningSuspended = "Suspended"
)

// NullVersion is the version id of objects written without versioning.
const NullVersion = "null"

// MinPartSize is the smallest size of every part but the last.
const MinPartSize = 5 << 20

// Store is a directory of buckets.
type Store struct {
	dir string
	now func() time.Time

	mu      sync.RWMutex
	buckets map[string]*bucket
	// done remembers completed uploads, because completing twice succeeds.
	done map[string]Version
}

// bucket is one loaded bucket.
type bucket struct {
	dir     string
	info    BucketInfo
	objects map[string]*object
	uploads map[string]*Upload
}

// BucketInfo is what is stored about a bucket.
type BucketInfo struct {
	Name       string            `json:"name"`
	Owner      string            `json:"owner"`
	Created    time.Time         `json:"created"`
	Versioning string            `json:"versioning,omitempty"`
	Lock       bool              `json:"lock,omitempty"`
	Quota      *uint64           `json:"quota,omitempty"`
	Documents  map[string]string `json:"documents,omitempty"`
}

// object is all versions of one key, newest first.
type object struct {
	Key      string     `json:"key"`
	Versions []*Version `json:"versions"`
}

// Version is one version of an object or a delete marker.
type Version struct {
	ID           string            `json:"id"`
	Data         string            `json:"data,omitempty"`
	Size         int64             `json:"size"`
	ETag         string            `json:"etag,omitempty"`
	Modified     time.Time         `json:"modified"`
	DeleteMarker bool              `json:"deleteMarker,omitempty"`
	ContentType  string            `json:"contentType,omitempty"`
	Headers      map[string]string `json:"headers,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
	Checksums    map[string]string `json:"checksums,omitempty"`
	LockMode     string            `json:"lockMode,omitempty"`
	LockUntil    time.Time         `json:"lockUntil,omitzero"`
	LegalHold    bool              `json:"legalHold,omitempty"`
	Parts        int               `json:"parts,omitempty"`
}

// Open loads the buckets below dir and creates dir if needed.
func Open(dir string, now func() time.Time) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &Store{dir: dir, now: now, buckets: map[string]*bucket{}, done: map[string]Version{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		b, err := loadBucket(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("bucket %s: %w", e.Name(), err)
		}
		s.buckets[b.info.Name] = b
	}
	return s, nil
}

func loadBucket(dir string) (*bucket, error) {
	b := &bucket{dir: dir, objects: map[string]*object{}, uploads: map[string]*Upload{}}
	if err := readJSON(filepath.Join(dir, "bucket.json"), &b.info); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(dir, "objects"))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		o := &object{}
		if err := readJSON(filepath.Join(dir, "objects", e.Name()), o); err != nil {
			return nil, err
		}
		b.objects[o.Key] = o
	}
	uploads, err := os.ReadDir(filepath.Join(dir, "uploads"))
	if err != nil {
		return nil, err
	}
	for _, e := range uploads {
		u := &Upload{}
		if err := readJSON(filepath.Join(dir, "uploads", e.Name(), "upload.json"), u); err != nil {
			return nil, err
		}
		b.uploads[u.ID] = u
	}
	return b, nil
}

// bucket returns a loaded bucket; the lock must be held.
func (s *Store) bucket(name string) (*bucket, error) {
	b, ok := s.buckets[name]
	if !ok {
		return nil, ErrNoSuchBucket
	}
	return b, nil
}

func (b *bucket) save() error {
	return WriteJSON(filepath.Join(b.dir, "bucket.json"), b.info)
}

func (b *bucket) objectFile(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(b.dir, "objects", hex.EncodeToString(sum[:])+".json")
}

func (b *bucket) saveObject(o *object) error {
	if len(o.Versions) == 0 {
		delete(b.objects, o.Key)
		return os.RemoveAll(b.objectFile(o.Key))
	}
	b.objects[o.Key] = o
	return WriteJSON(b.objectFile(o.Key), o)
}

func (b *bucket) dataFile(id string) string { return filepath.Join(b.dir, "data", id) }

func (b *bucket) dropData(v *Version) {
	if v.Data != "" {
		_ = os.Remove(b.dataFile(v.Data))
	}
}

// readJSON decodes one JSON file.
func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// WriteJSON replaces a file atomically; only its owner may read it.
func WriteJSON(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// NewUUID returns a random version 4 UUID.
func NewUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// copyFile appends the file at path to w.
func copyFile(w io.Writer, path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return io.Copy(w, f)
}
