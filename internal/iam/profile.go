package iam

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Profile is a named set of rights on buckets: what one kind of program needs,
// and no more.
type Profile struct {
	Name  string
	Short string // one line: whom it is for
	// What people may rely on, in words.
	Can, Cannot []string

	// WholeBucket is for programs that look at the bucket itself (HEAD), which
	// a listing narrowed to a prefix refuses. With a prefix, they may list the
	// names of the whole bucket.
	WholeBucket bool

	onBucket  []string // actions that concern the bucket
	onObjects []string // actions that concern its objects
}

// Actions are all that a profile allows, those on the bucket first.
func (p Profile) Actions() []string { return slices.Concat(p.onBucket, p.onObjects) }

// Allows reports whether an action is one of the profile's.
func (p Profile) Allows(action string) bool { return slices.Contains(p.Actions(), action) }

// Scope is what a profile is for: buckets, and in them all keys that begin
// with the prefix.
type Scope struct {
	Buckets []string
	Prefix  string // empty: all keys
}

// The actions that profiles are made of.
const (
	listBucket   = "s3:ListBucket"
	location     = "s3:GetBucketLocation"
	listUploads  = "s3:ListBucketMultipartUploads"
	getObject    = "s3:GetObject"
	putObject    = "s3:PutObject"
	deleteObject = "s3:DeleteObject"
	abortUpload  = "s3:AbortMultipartUpload"
	listParts    = "s3:ListMultipartUploadParts"
	getTags      = "s3:GetObjectTagging"
	putTags      = "s3:PutObjectTagging"
	deleteTags   = "s3:DeleteObjectTagging"
)

// Profiles are all there are, general ones first.
//
// Sources: the policies that the programs' own manuals ask for, less what they
// ask for AWS alone (STS, KMS, creating buckets). Who writes also may abort
// uploads in parts: what a failed one leaves behind takes room, and nobody
// sees it.
func Profiles() []Profile {
	return slices.Concat(generalProfiles(), backupProfiles(), programProfiles())
}

func generalProfiles() []Profile {
	return []Profile{
		{
			Name: "readonly", Short: "Read and list, change nothing",
			Can: []string{"list", "read objects"}, Cannot: []string{"write", "delete", "see other buckets"},
			onBucket: []string{listBucket, location}, onObjects: []string{getObject},
		},
		{
			Name: "readwrite", Short: "Read, list, write and delete objects, but no settings of the bucket",
			Can:       []string{"list", "read, write and delete objects", "tag objects", "upload in parts"},
			Cannot:    []string{"change the bucket's policy, lifecycle or versioning", "delete old versions", "see other buckets"},
			onBucket:  []string{listBucket, location, listUploads},
			onObjects: []string{getObject, putObject, deleteObject, abortUpload, listParts, getTags, putTags, deleteTags},
		},
		{
			Name: "writer", Short: "Read, list and write, but delete nothing",
			Can:      []string{"list", "read and write objects", "upload in parts"},
			Cannot:   []string{"delete", "change settings", "see other buckets"},
			onBucket: []string{listBucket, location, listUploads}, onObjects: []string{getObject, putObject, abortUpload, listParts},
		},
		{
			Name: "uploader", Short: "Write only: neither list nor read nor delete",
			Can:      []string{"write objects, also over existing ones", "upload in parts"},
			Cannot:   []string{"list", "read", "delete", "see other buckets"},
			onBucket: []string{location}, onObjects: []string{putObject, abortUpload, listParts},
		},
	}
}

func backupProfiles() []Profile {
	return []Profile{
		{
			Name: "backup", Short: "For talos-backup: list, read, write and delete, and clean up failed uploads",
			Can:      []string{"list", "read, write and delete objects", "abort uploads that failed"},
			Cannot:   []string{"change settings", "see other buckets"},
			onBucket: []string{listBucket, location, listUploads}, onObjects: []string{getObject, putObject, deleteObject, abortUpload, listParts},
		},
		{
			Name: "backup-guide", Short: "The policy of the talos-backup guide, word for word; backup is the better one",
			Can:      []string{"list", "read, write and delete objects"},
			Cannot:   []string{"abort uploads that failed", "change settings", "see other buckets"},
			onBucket: []string{listBucket, location}, onObjects: []string{getObject, putObject, deleteObject},
		},
		{
			Name: "backup-writer", Short: "For the cluster that is backed up: it can write backups, not read or destroy them",
			Can: []string{"write objects", "abort uploads that failed"}, Cannot: []string{"list", "read", "delete", "see other buckets"},
			onObjects: []string{putObject, abortUpload, listParts},
		},
		{
			Name: "backup-reader", Short: "For restoring and checking backups",
			Can: []string{"list", "read objects"}, Cannot: []string{"write", "delete", "see other buckets"},
			onBucket: []string{listBucket}, onObjects: []string{getObject},
		},
		{
			Name: "backup-pruner", Short: "For deleting old backups, without reading them",
			Can: []string{"list", "delete objects"}, Cannot: []string{"read", "write", "see other buckets"},
			onBucket: []string{listBucket}, onObjects: []string{deleteObject},
		},
	}
}

// programOf makes the profile of a program: the rights that most programs with a store of their own have.
func programOf(name, short string, wholeBucket bool, more ...string) Profile {
	p := Profile{
		Name: name, Short: short, WholeBucket: wholeBucket,
		Can:       []string{"list", "read, write and delete objects", "upload in parts and clean up"},
		Cannot:    []string{"change settings", "delete old versions", "see other buckets"},
		onBucket:  []string{listBucket, location},
		onObjects: []string{getObject, putObject, deleteObject, abortUpload, listParts},
	}
	for _, a := range more {
		if OnObjects(a) {
			p.onObjects = append(p.onObjects, a)
		} else {
			p.onBucket = append(p.onBucket, a)
		}
	}
	return p
}

func programProfiles() []Profile {
	return []Profile{
		programOf("loki", "For Grafana Loki: chunks, ruler and admin buckets", false),
		programOf("mimir", "For Grafana Mimir: blocks, ruler and alertmanager buckets", false),
		programOf("tempo", "For Grafana Tempo, which tags objects too", false, getTags, putTags),
		programOf("thanos", "For Thanos: sidecar, store and compactor", false),
		programOf("cnpg", "For CloudNativePG's backups (barman-cloud), which tag objects and look for leftovers", true, listUploads, getTags, putTags),
		programOf("velero", "For Velero, its kopia and its restic repositories", true, listUploads, getTags, putTags),
		programOf("restic", "For restic, K8up and VolSync", false, listUploads),
		programOf("kopia", "For kopia", false, listUploads),
		programOf("registry", "For container registries: distribution, Harbor, Zot", true, listUploads),
	}
}

// ProfileNamed finds a profile.
func ProfileNamed(name string) (Profile, error) {
	all := Profiles()
	if i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name }); i >= 0 {
		return all[i], nil
	}
	return Profile{}, &NameError{"profile", name, "is not one of " + strings.Join(ProfileNames(), ", ")}
}

// ProfileNames are the names of all profiles.
func ProfileNames() []string {
	var names []string
	for _, p := range Profiles() {
		names = append(names, p.Name)
	}
	return names
}

// maxPrefix leaves room for the rest of a key, which has 1024 bytes.
const maxPrefix = 512

// ValidatePrefix checks the beginning of keys that a profile is narrowed to.
// It becomes a part of patterns.
func ValidatePrefix(prefix string) error {
	bad := func(rule string) error { return &NameError{"prefix", prefix, rule} }
	switch {
	case prefix == "":
		return nil
	case len(prefix) > maxPrefix:
		return &NameError{"prefix", prefix[:16] + "…", fmt.Sprintf("has %d bytes, and may have %d", len(prefix), maxPrefix)}
	case strings.HasPrefix(prefix, "/"):
		return bad("may not begin with a slash: keys do not")
	case strings.Contains(prefix, "//"):
		return bad("may not have two slashes beside each other")
	case strings.ContainsAny(prefix, "*?"):
		return bad("may not have * or ?, which policies take for wildcards")
	case strings.Contains(prefix, "${"):
		return bad("may not have ${, which policies take for a variable")
	case strings.ContainsFunc(prefix, unicode.IsControl):
		return bad("may not have control characters")
	}
	for part := range strings.SplitSeq(prefix, "/") {
		if part == "." || part == ".." {
			return bad("may not have . or .. as a part of it")
		}
	}
	return nil
}

// Document is the policy of a profile for a scope: the bucket's and the
// objects' ARN, each action named, one family, in an order that is always the
// same. With a prefix, listings are narrowed to it too.
func (p Profile) Document(s Scope) Document {
	d := Document{Version: PolicyVersion}
	add := func(actions []string, suffix string, condition json.RawMessage) {
		if len(actions) == 0 {
			return
		}
		st := Statement{Effect: "Allow", Action: slices.Clone(actions), Condition: condition}
		for _, b := range s.Buckets {
			st.Resource = append(st.Resource, s3ARN+b+suffix)
		}
		d.Statements = append(d.Statements, st)
	}
	if s.Prefix == "" || p.WholeBucket {
		add(p.onBucket, "", nil)
	} else {
		listings, others := p.listings()
		add(others, "", nil)
		add(listings, "", prefixCondition(s.Prefix))
	}
	add(p.onObjects, "/"+s.Prefix+"*", nil)
	return d
}

// listings are the actions on a bucket that tell names of objects; they know
// the condition s3:prefix.
func (p Profile) listings() (listings, others []string) {
	for _, a := range p.onBucket {
		if isListing(a) {
			listings = append(listings, a)
		} else {
			others = append(others, a)
		}
	}
	return listings, others
}

func isListing(action string) bool {
	return slices.Contains([]string{listBucket, listUploads, "s3:ListBucketVersions"}, action)
}

func prefixCondition(prefix string) json.RawMessage {
	text, err := json.Marshal(map[string]map[string][]string{"StringLike": {"s3:prefix": {prefix + "*"}}})
	if err != nil {
		panic(err) // maps of strings
	}
	return text
}
