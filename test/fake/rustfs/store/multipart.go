package store

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Upload is a multipart upload in progress.
type Upload struct {
	ID      string       `json:"id"`
	Key     string       `json:"key"`
	Started time.Time    `json:"started"`
	Object  Version      `json:"object"`
	Parts   map[int]Part `json:"parts"`
}

// Part is one received part.
type Part struct {
	Number    int               `json:"number"`
	Size      int64             `json:"size"`
	ETag      string            `json:"etag"`
	Modified  time.Time         `json:"modified"`
	Checksums map[string]string `json:"checksums,omitempty"`
}

// CompletePart names a part in a completion.
type CompletePart struct {
	Number int
	ETag   string
}

// uploadDir is the directory of an upload; ids are base64, hence no slashes.
func (b *bucket) uploadDir(id string) string { return filepath.Join(b.dir, "uploads", id) }

func (b *bucket) upload(key, id string) (*Upload, error) {
	u, ok := b.uploads[id]
	if !ok || u.Key != key {
		return nil, ErrNoSuchUpload
	}
	return u, nil
}

func (b *bucket) saveUpload(u *Upload) error {
	return WriteJSON(filepath.Join(b.uploadDir(u.ID), "upload.json"), u)
}

// StartUpload begins a multipart upload of an object with these properties.
func (s *Store) StartUpload(bucketName, key string, v Version) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return "", err
	}
	id := base64.RawURLEncoding.EncodeToString([]byte(NewUUID() + "." + NewUUID()))
	u := &Upload{ID: id, Key: key, Started: s.now().UTC(), Object: v, Parts: map[int]Part{}}
	if err := os.MkdirAll(b.uploadDir(id), 0o700); err != nil {
		return "", err
	}
	b.uploads[id] = u
	return id, b.saveUpload(u)
}

// ValidUploadID says whether an id could have come from StartUpload.
func ValidUploadID(id string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	return err == nil && len(raw) == 73 && raw[36] == '.'
}

// PutPart makes a blob a part of an upload.
func (s *Store) PutPart(bucketName, key, id string, number int, blob *Blob, sums map[string]string) (Part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return Part{}, err
	}
	u, err := b.upload(key, id)
	if err != nil {
		return Part{}, err
	}
	p := Part{Number: number, Size: blob.Size, ETag: blob.MD5, Modified: s.now().UTC(), Checksums: sums}
	if err := os.Rename(blob.path, b.partFile(id, number)); err != nil {
		return Part{}, err
	}
	blob.path = ""
	u.Parts[number] = p
	return p, b.saveUpload(u)
}

func (b *bucket) partFile(id string, number int) string {
	return filepath.Join(b.uploadDir(id), fmt.Sprintf("part-%05d", number))
}

// GetUpload returns an upload and its parts in order.
func (s *Store) GetUpload(bucketName, key, id string) (Upload, []Part, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return Upload{}, nil, err
	}
	u, err := b.upload(key, id)
	if err != nil {
		return Upload{}, nil, err
	}
	parts := make([]Part, 0, len(u.Parts))
	for _, p := range u.Parts {
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(x, y Part) int { return x.Number - y.Number })
	return *u, parts, nil
}

// Uploads lists the uploads in progress by key and start.
func (s *Store) Uploads(bucketName, prefix string) ([]Upload, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return nil, err
	}
	var list []Upload
	for _, u := range b.uploads {
		if strings.HasPrefix(u.Key, prefix) {
			list = append(list, *u)
		}
	}
	slices.SortFunc(list, func(x, y Upload) int {
		if c := strings.Compare(x.Key, y.Key); c != 0 {
			return c
		}
		return x.Started.Compare(y.Started)
	})
	return list, nil
}

// AbortUpload drops an upload with its parts.
func (s *Store) AbortUpload(bucketName, key, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return err
	}
	if _, err := b.upload(key, id); err != nil {
		return err
	}
	delete(b.uploads, id)
	return os.RemoveAll(b.uploadDir(id))
}

// CompleteUpload joins the named parts to an object.
func (s *Store) CompleteUpload(bucketName, key, id string, parts []CompletePart) (Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return Version{}, err
	}
	u, err := b.upload(key, id)
	if err != nil {
		if v, ok := s.done[id]; ok {
			return v, nil
		}
		return Version{}, err
	}
	sums := md5.New()
	for i, c := range parts {
		p, ok := u.Parts[c.Number]
		if !ok || p.ETag != strings.Trim(c.ETag, `"`) {
			return Version{}, ErrInvalidPart
		}
		if i > 0 && parts[i-1].Number >= c.Number {
			return Version{}, ErrPartOrder
		}
		if i < len(parts)-1 && p.Size < MinPartSize {
			return Version{}, ErrPartTooSmall
		}
		raw, err := hex.DecodeString(p.ETag)
		if err != nil {
			return Version{}, ErrInvalidPart
		}
		sums.Write(raw)
	}
	v := u.Object
	v.Data = NewUUID()
	v.Parts = len(parts)
	v.ETag = fmt.Sprintf("%x-%d", sums.Sum(nil), len(parts))
	if v.Size, err = b.join(u, parts, v.Data); err != nil {
		return Version{}, err
	}
	v, err = b.insert(s, key, v)
	if err != nil {
		return Version{}, err
	}
	delete(b.uploads, id)
	s.done[id] = v
	return v, os.RemoveAll(b.uploadDir(id))
}

// join writes the parts into one data file and returns its size.
func (b *bucket) join(u *Upload, parts []CompletePart, data string) (int64, error) {
	f, err := os.OpenFile(b.dataFile(data), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	var size int64
	for _, c := range parts {
		n, err := copyFile(f, b.partFile(u.ID, c.Number))
		size += n
		if err != nil {
			_ = f.Close()
			return size, err
		}
	}
	return size, f.Close()
}
