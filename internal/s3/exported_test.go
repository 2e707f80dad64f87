package s3_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// exported are the files of a bucket as RustFS 1.0.1 and MinIO export them.
func exported() map[string]string {
	return map[string]string{
		"policy.json":           `{"Version":"2012-10-17","Statement":[]}`,
		"quota.json":            `{"quota":null,"quota_type":"Hard","created_at":"2026-11-22T17:08:04.873090531Z"}`,
		"lifecycle.xml":         `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>a</ID><Status>Disabled</Status><Filter><And><Prefix>x/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>`,
		"tagging.xml":           `<Tagging><TagSet><Tag><Key>team</Key><Value>media</Value></Tag></TagSet></Tagging>`,
		"versioning.xml":        `<VersioningConfiguration></VersioningConfiguration>`,
		"object-lock.xml":       `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Years>1</Years></DefaultRetention></Rule></ObjectLockConfiguration>`,
		"cors.xml":              `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`,
		"bucket-encryption.xml": `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`,
	}
}

func TestExportedSetting(t *testing.T) {
	t.Parallel()
	var got bucket.Settings
	for file, text := range exported() {
		if known, err := s3.ExportedSetting(file, []byte(text), &got); err != nil || !known {
			t.Errorf("%s: %v, %v", file, known, err)
		}
	}
	want := bucket.Settings{
		Lock:       &bucket.Lock{Mode: "COMPLIANCE", Years: 1},
		Lifecycle:  []bucket.LifecycleRule{{ID: "a", Disabled: true, Prefix: "x/", Tags: map[string]string{"k": "v"}, ExpireDays: 3}},
		Policy:     []byte(`{"Version":"2012-10-17","Statement":[]}`),
		Tags:       map[string]string{"team": "media"},
		CORS:       []bucket.CORSRule{{Origins: []string{"*"}, Methods: []string{"GET"}}},
		Encryption: &bucket.Encryption{Algorithm: "AES256"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for text, want := range map[string]int64{`{"quota":5}`: 5, `{"quota":0,"size":7}`: 7, `{"quota":7,"size":7,"quotatype":"hard"}`: 7, `{}`: 0} {
		var s bucket.Settings
		if _, err := s3.ExportedSetting("quota.json", []byte(text), &s); err != nil || s.Quota != want {
			t.Errorf("%s: %d, %v", text, s.Quota, err)
		}
	}
	if known, err := s3.ExportedSetting("notification.xml", []byte("<x/>"), &got); known || err != nil {
		t.Errorf("a file without a place: %v, %v", known, err)
	}
	for file := range exported() {
		if known, err := s3.ExportedSetting(file, []byte("hello"), &got); !known || err == nil || !strings.HasPrefix(err.Error(), file+": ") {
			t.Errorf("garbage in %s: %v, %v", file, known, err)
		}
		if known, err := s3.ExportedSetting(file, nil, &got); !known || err != nil {
			t.Errorf("nothing in %s: %v, %v", file, known, err)
		}
	}
}

func FuzzExportedSetting(f *testing.F) {
	for file, text := range exported() {
		f.Add(file, []byte(text))
	}
	f.Fuzz(func(t *testing.T, file string, text []byte) {
		var s bucket.Settings
		known, err := s3.ExportedSetting(file, text, &s)
		if !known && err != nil {
			t.Errorf("%s: %v", file, err)
		}
	})
}
