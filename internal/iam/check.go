package iam

import (
	"cmp"
	"slices"
	"strings"
)

// Trial is how an action is tried on a server without doing harm: a request
// that the server authorises first, and then cannot carry out, because it
// names an upload or a version that does not exist, or because nothing comes
// of it. What is not refused is allowed.
//
// The order of authorisation and work is that of rustfs/src/storage/access.rs
// at 1.0.1.
type Trial struct {
	Action string
	Method string
	Query  string // "PREFIX" in it stands for the key
	Header map[string]string
	Body   string
	// Leaves says that a delete marker of the key may be left where the bucket
	// keeps versions.
	Leaves bool
	// Changes says that the method is not one that only reads.
	Changes bool
}

// The upload and the version that are nobody's.
const (
	nobodysUpload  = "a3ViZWN0bC1ydXN0ZnMtcHJvYmU"
	nobodysVersion = "3d1f4f6e-0c7d-4d34-9c1c-0f3b1c2d4e5f"
)

// Trials are those of the actions that can be tried, by what they are on.
func Trials() []Trial {
	const key = "prefix=PREFIX&max-keys=1"
	out := []Trial{
		{Action: listBucket, Query: "list-type=2&" + key},
		{Action: "s3:ListBucketVersions", Query: "versions=&" + key},
		{Action: listUploads, Query: "uploads=&prefix=PREFIX"},
		{Action: location, Query: "location="},
		{Action: "s3:GetBucketPolicy", Query: "policy="},
		{Action: "s3:GetBucketLifecycle", Query: "lifecycle="},
		{Action: "s3:GetBucketTagging", Query: "tagging="},
		{Action: "s3:GetBucketVersioning", Query: "versioning="},
		{Action: "s3:GetBucketCors", Query: "cors="},
		{Action: "s3:GetBucketEncryption", Query: "encryption="},
		{Action: "s3:GetBucketNotification", Query: "notification="},
		{Action: "s3:GetReplicationConfiguration", Query: "replication="},
		{Action: "s3:GetBucketObjectLockConfiguration", Query: "object-lock="},
		{Action: "s3:PutBucketPolicy", Method: "PUT", Query: "policy=", Body: "{}"},
		{Action: getObject, Method: "HEAD"},
		{Action: "s3:GetObjectVersion", Query: "versionId=" + nobodysVersion},
		{Action: getTags, Query: "tagging="},
		{Action: "s3:GetObjectRetention", Query: "retention="},
		{Action: "s3:GetObjectLegalHold", Query: "legal-hold="},
		{Action: putObject, Method: "PUT", Query: "partNumber=1&uploadId=" + nobodysUpload, Body: "probe"},
		{Action: putTags, Method: "PUT", Query: "tagging=", Body: "<Tagging><TagSet><Tag><Key>probe</Key><Value>1</Value></Tag></TagSet></Tagging>"},
		{Action: deleteTags, Method: "DELETE", Query: "tagging="},
		{Action: listParts, Query: "uploadId=" + nobodysUpload},
		{Action: abortUpload, Method: "DELETE", Query: "uploadId=" + nobodysUpload},
		{Action: "s3:DeleteObjectVersion", Method: "DELETE", Query: "versionId=" + nobodysVersion},
		{Action: deleteObject, Method: "DELETE", Leaves: true},
	}
	for i := range out {
		out[i].Method = cmp.Or(out[i].Method, "GET")
		out[i].Changes = out[i].Method == "PUT" || out[i].Method == "DELETE"
	}
	return out
}

// TrialOf is the trial of an action; false where it has none.
func TrialOf(action string) (Trial, bool) {
	all := Trials()
	i := slices.IndexFunc(all, func(t Trial) bool { return t.Action == action })
	if i < 0 {
		return Trial{}, false
	}
	return all[i], true
}

// Check is one thing that a key must be able to do, or must not.
type Check struct {
	Trial  Trial
	Bucket string
	Key    string // of the object, or the prefix of a listing
	Want   bool   // allowed
	Where  string // empty, or what is special about the place: "outside the prefix"
}

// String says what is tried: "s3:PutObject on photos/a".
func (c Check) String() string {
	s := c.Trial.Action + " on " + c.Bucket
	if OnObjects(c.Trial.Action) {
		s += "/" + c.Key
	}
	if c.Where != "" {
		s += " (" + c.Where + ")"
	}
	return s
}

// Checks are what must and what must not work with a key that has the rights
// of the profile in the scope, and no others. probe is the name of an object
// that does not exist, and without its dot of a bucket that does not.
func (p Profile) Checks(s Scope, probe string) []Check {
	var out []Check
	for _, t := range Trials() {
		for _, b := range s.Buckets {
			out = append(out, Check{Trial: t, Bucket: b, Key: s.Prefix + probe, Want: p.Allows(t.Action)})
			if s.Prefix == "" || !OnObjects(t.Action) && !isListing(t.Action) {
				continue
			}
			out = append(out, Check{
				Trial: t, Bucket: b, Key: probe, Where: "outside the prefix",
				Want: isListing(t.Action) && p.WholeBucket && p.Allows(t.Action),
			})
		}
	}
	for _, action := range []string{listBucket, location, getObject, putObject} {
		if t, ok := TrialOf(action); ok {
			out = append(out, Check{Trial: t, Bucket: strings.TrimPrefix(probe, "."), Key: s.Prefix + probe, Where: "another bucket"})
		}
	}
	return out
}
