// Package s3test is the contract of internal/s3: what every method answers, in
// success and in the likeliest failures, whatever server is behind it.
package s3test

import (
	"slices"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

// env is what a case works with.
type env struct {
	*target.Target
	store *s3.Store // with the root key
}

type testCase struct {
	name string
	run  func(t *testing.T, e env)
	// covers are the methods of s3.Store whose success the case shows.
	covers []string
}

func cases() []testCase {
	return append(slices.Concat(bucketExtras(), objectCases()), []testCase{
		{"buckets come and go", bucketsComeAndGo, []string{"Buckets", "BucketExists", "CreateBucket", "DeleteBucket", "Endpoint"}},
		{"a bucket of one's own can be created again", createAgain, nil},
		{"a bucket of another cannot be created", createOfAnother, nil},
		{"a bucket's name can be bad", badName, nil},
		{"a bucket's name can be RustFS' own", reservedName, nil},
		{"a bucket with objects stays", notEmpty, nil},
		{"a fresh bucket has no settings", freshBucket, []string{"Versioning", "Lock", "Policy", "Tags", "Lifecycle", "DefaultEncryption", "CORS"}},
		{"a bucket's settings are told", settings, []string{"Versioning", "EnableVersioning", "Policy", "Tags", "Lifecycle"}},
		{"a bucket's encryption is told", encryption, []string{"DefaultEncryption"}},
		{"what is set is what is read", setAndRead, []string{"SetVersioning", "SetLock", "SetPolicy", "SetTags", "SetLifecycle", "SetDefaultEncryption"}},
		{"rules for pages of other origins", corsRules, []string{"SetCORS"}},
		{"rules can end uploads", abortRule, []string{"SetLifecycle"}},
		{"a locked bucket is told", lockedBucket, []string{"Lock"}},
		{"a missing bucket is NoSuchBucket", missingBucket, nil},
		{"versioning of a missing bucket is NoSuchBucket", missingVersioning, nil},
		{"a missing object is NoSuchKey", missingObject, nil},
		{"a wrong secret is SignatureDoesNotMatch", wrongSecret, nil},
		{"an unknown key is InvalidAccessKeyId", unknownKey, nil},
		{"a user without rights is denied", deniedUser, nil},
		{"objects are what was put", roundTrip, []string{"Put", "Get", "Stat", "Objects"}},
		{"names may hold anything", awkwardNames, nil},
		{"objects are read in part", ranges, []string{"Get", "GetRange"}},
		{"a replaced object is refused", replaced, nil},
		{"unknown length goes in parts", multipart, nil},
		{"a broken upload leaves nothing", brokenUpload, nil},
		{"a get can be cancelled", cancelGet, nil},
		{"lists can be cancelled", cancelList, nil},
		{"1100 objects over pages", pages, []string{"Objects", "Count", "RemoveAllVersions"}},
		{"versions and delete markers", versions, []string{"Objects", "Count", "RemoveAllVersions"}},
		{"a deleted object is NoSuchKey", deletedObject, nil},
		{"what is under retention stays", retention, []string{"RemoveAllVersions"}},
	}...)
}

// Run holds a server against the contract. What it lacks is skipped by name,
// with the reason.
func Run(t *testing.T, s *target.Target) {
	t.Helper()
	for _, c := range cases() {
		s.Case(t, c.name, func(t *testing.T) { c.run(t, env{s, s.Store(t, s.Root)}) })
	}
}

// Covered are the methods of s3.Store that the suite shows.
func Covered() map[string]bool {
	m := map[string]bool{}
	for _, c := range cases() {
		for _, name := range c.covers {
			m[name] = true
		}
	}
	return m
}
