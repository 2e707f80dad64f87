package s3

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"

	"github.com/minio/minio-go/v7/pkg/cors"
	"github.com/minio/minio-go/v7/pkg/lifecycle"
	"github.com/minio/minio-go/v7/pkg/sse"
	"github.com/minio/minio-go/v7/pkg/tags"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
)

// errForm is a setting that is not of the form that S3 has.
var errForm = errors.New("not of the form that S3 has")

// ExportedSetting reads one file of an export of bucket metadata, as RustFS and
// MinIO write it, into settings: "policy.json", "lifecycle.xml". known is false
// for files that settings have no place for. (rustfs-ecstore,
// src/bucket/metadata.rs)
func ExportedSetting(file string, content []byte, s *bucket.Settings) (known bool, err error) {
	read, ok := map[string]func([]byte, *bucket.Settings) error{
		"policy.json":           exportedPolicy,
		"quota.json":            exportedQuota,
		"lifecycle.xml":         exportedLifecycle,
		"tagging.xml":           exportedTags,
		"versioning.xml":        exportedVersioning,
		"object-lock.xml":       exportedLock,
		"cors.xml":              exportedCORS,
		"bucket-encryption.xml": exportedEncryption,
	}[file]
	if !ok {
		return false, nil
	}
	if len(content) == 0 {
		return true, nil
	}
	if err := read(content, s); err != nil {
		return true, fmt.Errorf("%s: %w", file, err)
	}
	return true, nil
}

func exportedPolicy(b []byte, s *bucket.Settings) error {
	var p map[string]json.RawMessage
	if json.Unmarshal(b, &p) != nil {
		return errForm
	}
	if len(p) > 0 {
		s.Policy = b
	}
	return nil
}

// exportedQuota reads RustFS' quota, and MinIO's under its old and new name.
func exportedQuota(b []byte, s *bucket.Settings) error {
	var q struct {
		Quota *int64 `json:"quota"`
		Size  int64  `json:"size"`
	}
	if json.Unmarshal(b, &q) != nil {
		return errForm
	}
	s.Quota = q.Size
	if q.Quota != nil && *q.Quota > 0 {
		s.Quota = *q.Quota
	}
	return nil
}

func exportedLifecycle(b []byte, s *bucket.Settings) error {
	c := lifecycle.NewConfiguration()
	if xml.Unmarshal(b, c) != nil {
		return errForm
	}
	for _, r := range c.Rules {
		s.Lifecycle = append(s.Lifecycle, ruleFromXML(r))
	}
	return nil
}

func exportedTags(b []byte, s *bucket.Settings) error {
	t, err := tags.ParseBucketXML(bytes.NewReader(b))
	if err != nil {
		return errForm
	}
	if m := t.ToMap(); len(m) > 0 {
		s.Tags = m
	}
	return nil
}

func exportedVersioning(b []byte, s *bucket.Settings) error {
	var v struct {
		Status string `xml:"Status"`
	}
	if xml.Unmarshal(b, &v) != nil {
		return errForm
	}
	s.Versioning = v.Status
	return nil
}

func exportedLock(b []byte, s *bucket.Settings) error {
	var l struct {
		Enabled string `xml:"ObjectLockEnabled"`
		Rule    *struct {
			Retention struct {
				Mode  string `xml:"Mode"`
				Days  uint   `xml:"Days"`
				Years uint   `xml:"Years"`
			} `xml:"DefaultRetention"`
		} `xml:"Rule"`
	}
	if xml.Unmarshal(b, &l) != nil {
		return errForm
	}
	if l.Enabled != string(Enabled) {
		return nil
	}
	s.Lock = &bucket.Lock{}
	if l.Rule != nil {
		r := l.Rule.Retention
		s.Lock = &bucket.Lock{Mode: r.Mode, Days: r.Days, Years: r.Years}
	}
	return nil
}

func exportedCORS(b []byte, s *bucket.Settings) error {
	c, err := cors.ParseBucketCorsConfig(bytes.NewReader(b))
	if err != nil {
		return errForm
	}
	s.CORS = rulesOf(c)
	return nil
}

func exportedEncryption(b []byte, s *bucket.Settings) error {
	var c sse.Configuration
	if xml.Unmarshal(b, &c) != nil {
		return errForm
	}
	for _, r := range c.Rules {
		s.Encryption = &bucket.Encryption{Algorithm: r.Apply.SSEAlgorithm, KeyID: r.Apply.KmsMasterKeyID}
	}
	return nil
}
