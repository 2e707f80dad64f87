package rustfs

import (
	"archive/zip"
	"bytes"
	"net/http"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// bucketFiles are the files of a bucket in the export, in its order: name in
// the archive and sub-resource.
func bucketFiles() [][2]string {
	return [][2]string{
		{"policy.json", "policy"},
		{"notification.xml", "notification"},
		{"lifecycle.xml", "lifecycle"},
		{"bucket-encryption.xml", "encryption"},
		{"tagging.xml", "tagging"},
		{"object-lock.xml", "object-lock"},
		{"replication.xml", "replication"},
	}
}

// exportBuckets is GET export-bucket-metadata?bucket=; admin:ExportBucketMetadata.
func (c *call) exportBuckets(string) *apiError {
	if err := c.need("admin:ExportBucketMetadata"); err != nil {
		return err
	}
	buckets := c.s.store.Buckets()
	if name := c.query.Get("bucket"); name != "" {
		info, err := c.s.store.Bucket(name)
		if err != nil {
			return fail("InternalError", "failed to load bucket: Bucket not found: "+name)
		}
		buckets = []store.BucketInfo{info}
	}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, b := range buckets {
		if err := writeBucketFiles(z, b, c.now()); err != nil {
			return fail("InternalError", err.Error())
		}
	}
	if err := z.Close(); err != nil {
		return fail("InternalError", err.Error())
	}
	c.w.Header().Set("Content-Type", "application/zip")
	c.w.Header().Set("Content-Disposition", "attachment; filename=bucket-meta.zip")
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(buf.Bytes())
	return nil
}

func writeBucketFiles(z *zip.Writer, b store.BucketInfo, now time.Time) error {
	files := [][2]string{}
	for _, f := range bucketFiles() {
		if doc, ok := b.Documents[f[1]]; ok {
			files = append(files, [2]string{f[0], doc})
		}
	}
	if b.Quota != nil {
		quota, err := marshal(struct {
			Quota   *uint64   `json:"quota"`
			Type    string    `json:"quota_type"`
			Created time.Time `json:"created_at"`
		}{b.Quota, "Hard", now.UTC()})
		if err != nil {
			return err
		}
		files = append(files, [2]string{"quota.json", string(quota)})
	}
	versioning := "<VersioningConfiguration></VersioningConfiguration>"
	if b.Versioning != "" {
		versioning = "<VersioningConfiguration><Status>" + b.Versioning + "</Status></VersioningConfiguration>"
	}
	files = append(files, [2]string{"versioning.xml", versioning}, [2]string{"bucket-targets.json", `{"targets":[]}`})
	for _, f := range files {
		w, err := z.Create(b.Name + "/" + f[0])
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			return err
		}
	}
	return nil
}
