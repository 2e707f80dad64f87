// Package declared is the document that says how a server should be: buckets
// with their settings, policies, groups, users and access keys. It reads and
// writes the document, and says what has to be done to get from one state to
// another. It knows no server.
package declared

import (
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// The head of every document.
const (
	APIVersion   = "cli.talos-rustfs.github.io/v1"
	DocumentKind = "RustFS"
)

// Document is a server's state, or the part of it that somebody declares.
type Document struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`

	Buckets  []Bucket `json:"buckets,omitempty"`
	Policies []Policy `json:"policies,omitempty"`
	Groups   []Group  `json:"groups,omitempty"`
	Users    []User   `json:"users,omitempty"`
	Keys     []Key    `json:"keys,omitempty"`

	fields
}

// Bucket is a bucket and what it is set to.
type Bucket struct {
	Name string `json:"name"`
	bucket.Settings

	fields
}

// Policy is a named document that users and groups can have.
type Policy struct {
	Name     string       `json:"name"`
	Document iam.Document `json:"document"`

	fields
}

// Group is a group. Who is in it is said at the users.
type Group struct {
	Name     string   `json:"name"`
	Status   Status   `json:"status,omitempty"` // enabled where it is not said
	Policies []string `json:"policies,omitempty"`

	fields
}

// User is a user. Its secret is never in a document.
type User struct {
	Name       string         `json:"name"`
	Status     Status         `json:"status,omitempty"`
	Policies   []string       `json:"policies,omitempty"` // attached to the user itself
	Groups     []string       `json:"groups,omitempty"`
	Secret     *SecretRef     `json:"secret,omitempty"`
	SecretFrom *SecretFromRef `json:"secretFrom,omitempty"`

	fields
}

// Key is an access key beside a user's own name and secret.
type Key struct {
	AccessKey   string         `json:"accessKey"`
	User        string         `json:"user"` // whose rights it has at most
	Status      Status         `json:"status,omitempty"`
	Name        string         `json:"name,omitempty"`
	Description string         `json:"description,omitempty"`
	Expires     *time.Time     `json:"expires,omitempty"`
	Policy      *iam.Document  `json:"policy,omitempty"` // narrows the user's rights
	Secret      *SecretRef     `json:"secret,omitempty"`
	SecretFrom  *SecretFromRef `json:"secretFrom,omitempty"`

	fields
}

// SecretRef is a Secret of Kubernetes that a new credential is written to, as
// access-key and secret-key. What is in it already for the same access key is
// taken instead.
type SecretRef struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// SecretFromRef is a Secret of Kubernetes that a new credential's secret is
// read from. It is never written.
type SecretFromRef struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Key       string `json:"key,omitempty"` // secret-key where it is not said
}

// SecretKeyField is the key of a Secret that holds an access key's secret.
const SecretKeyField = "secret-key"

// Status says whether a user, group or key is switched on.
type Status string

// The states.
const (
	Enabled  Status = "enabled"
	Disabled Status = "disabled"
)

// StatusOf is the state for a switch.
func StatusOf(enabled bool) Status {
	if enabled {
		return Enabled
	}
	return Disabled
}

// fields remember which members a part of a document has, and where it stands:
// what is not written is not managed, what is written and empty is.
type fields struct {
	given map[string]bool
	at    string // "rustfs.yaml:12"
}

func (f *fields) place(at string) { f.at, f.given = at, map[string]bool{} }
func (f *fields) give(member string) {
	if f.given == nil {
		f.given = map[string]bool{}
	}
	f.given[member] = true
}

// Has reports whether a member is written, be it empty.
func (f *fields) Has(member string) bool { return f.given[member] }

// At is where a part of a document stands: file and line; empty for what was
// read from a server.
func (f *fields) At() string { return f.at }

// Kind is what a change is about.
type Kind string

// The kinds, in the order in which they need each other.
const (
	KindBucket Kind = "bucket"
	KindPolicy Kind = "policy"
	KindGroup  Kind = "group"
	KindUser   Kind = "user"
	KindKey    Kind = "key"
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{KindBucket, KindPolicy, KindGroup, KindUser, KindKey} }

// member is what a kind's list is called in a document.
func (k Kind) member() string {
	return map[Kind]string{KindBucket: "buckets", KindPolicy: "policies", KindGroup: "groups", KindUser: "users", KindKey: "keys"}[k]
}

// KindOf finds a kind by its name or its list's: "bucket", "buckets".
func KindOf(name string) (Kind, bool) {
	for _, k := range Kinds() {
		if name == string(k) || name == k.member() {
			return k, true
		}
	}
	return "", false
}

// Contains reports whether the document has a list of a kind, be it empty.
func (d *Document) Contains(k Kind) bool { return d.Has(k.member()) }

// Give says of a kind that the document has a list of it, for documents that
// are made and not read.
func (d *Document) Give(k Kind) { d.give(k.member()) }

// GiveAll says of each bucket that all of its settings are meant, also those
// that are empty.
func (d *Document) GiveAll() {
	for i := range d.Buckets {
		for _, s := range settings() {
			d.Buckets[i].give(s)
		}
	}
}

// settings are the members of a bucket, in the order in which they are set.
func settings() []string {
	return []string{"versioning", "lock", "encryption", "policy", "lifecycle", "tags", "cors", "quota"}
}
