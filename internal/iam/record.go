package iam

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Record is what a grant has made, and in which stage of its life an access
// key is. It is kept in the key's description, which every version of the
// server stores, so that nothing else has to remember it.
type Record struct {
	Granted bool // the key is of a grant; else only its rotation is told

	User    bool   // the grant made the user
	Policy  string // the policy that the grant made
	In      string // the grant's group
	Joined  bool   // the grant put the user into it
	Group   bool   // the grant made it
	OnUser  string // somebody else's policy that the grant gave to the user
	OnGroup string // the policy that it gave to the group
	Buckets []string
	Secret  string // NAMESPACE/NAME; empty when a manifest was printed

	Manifest bool      // the secret was handed out as a manifest
	Replaces string    // the access key that this one comes after
	Retired  time.Time // when another one came after this one; zero: it is in use
	Note     string    // what the description said before
}

const (
	grantMark = "kubectl-rustfs grant:"
	keyMark   = "kubectl-rustfs key:"
	noteMark  = " -- "
)

// String is the record as a description holds it.
func (r Record) String() string {
	words := []string{keyMark}
	if r.Granted {
		words[0] = grantMark
	}
	flag := func(on bool, word string) {
		if on {
			words = append(words, word)
		}
	}
	field := func(name, value string) { flag(value != "", name+"="+value) }
	flag(r.User, "user")
	field("policy", r.Policy)
	field("in", r.In)
	flag(r.Joined, "joined")
	flag(r.Group, "group")
	field("on-user", r.OnUser)
	field("on-group", r.OnGroup)
	for _, b := range r.Buckets {
		field("bucket", b)
	}
	field("secret", r.Secret)
	flag(r.Manifest, "manifest")
	field("replaces", r.Replaces)
	if !r.Retired.IsZero() {
		field("retired", strconv.FormatInt(r.Retired.Unix(), 10))
	}
	text := strings.Join(words, " ")
	if r.Note != "" {
		text += noteMark + r.Note
	}
	return text
}

// ParseRecord reads a description; false when it is somebody else's. Words
// that are not known are left out.
func ParseRecord(description string) (Record, bool) {
	head, note, _ := strings.Cut(description, noteMark)
	words, granted := strings.CutPrefix(head, grantMark)
	if !granted {
		var ok bool
		if words, ok = strings.CutPrefix(head, keyMark); !ok {
			return Record{}, false
		}
	}
	r := Record{Granted: granted, Note: note}
	for _, w := range strings.Fields(words) {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "user":
			r.User = true
		case "group":
			r.Group = true
		case "manifest":
			r.Manifest = true
		case "policy":
			r.Policy = value
		case "in":
			r.In = value
		case "joined":
			r.Joined = true
		case "on-user":
			r.OnUser = value
		case "on-group":
			r.OnGroup = value
		case "bucket":
			r.Buckets = append(r.Buckets, value)
		case "secret":
			r.Secret = value
		case "replaces":
			r.Replaces = value
		case "retired":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil && n > 0 {
				r.Retired = time.Unix(n, 0).UTC()
			}
		}
	}
	return r, true
}

// made adds what another record of the same grant says was made.
func (r Record) made(o Record) Record {
	first := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	r.User, r.Joined, r.Group = r.User || o.User, r.Joined || o.Joined, r.Group || o.Group
	r.Policy, r.In = first(r.Policy, o.Policy), first(r.In, o.In)
	r.Granted, r.Manifest = r.Granted || o.Granted, r.Manifest || o.Manifest
	r.OnUser, r.OnGroup = first(r.OnUser, o.OnUser), first(r.OnGroup, o.OnGroup)
	r.Secret = first(r.Secret, o.Secret)
	for _, b := range o.Buckets {
		if !slices.Contains(r.Buckets, b) {
			r.Buckets = append(slices.Clone(r.Buckets), b)
		}
	}
	slices.Sort(r.Buckets)
	return r
}
