package iam

import (
	"encoding/json"
	"slices"
	"time"
)

// Snapshot is all that decides who may do what, as it was at one moment. It
// is only read.
type Snapshot struct {
	At       time.Time
	Root     string // root's access key
	Users    []UserState
	Groups   []GroupState
	Policies []PolicyState
	Keys     []KeyState
	Buckets  []BucketState
}

// UserState is a user.
type UserState struct {
	Name     string
	Enabled  bool
	Policies []string // attached to the user itself
	Groups   []string
}

// GroupState is a group.
type GroupState struct {
	Name     string
	Enabled  bool
	Members  []string
	Policies []string
}

// PolicyState is a policy that can be attached.
type PolicyState struct {
	Name     string
	Document json.RawMessage
}

// KeyState is an access key beside a user's own.
type KeyState struct {
	AccessKey string
	Name      string // that people know it by
	Parent    string
	Enabled   bool
	Own       bool            // it has a policy of its own
	Policy    json.RawMessage // its own one
	Expires   time.Time       // zero: never
}

// BucketState is a bucket.
type BucketState struct {
	Name   string
	Policy json.RawMessage // nil: it has none
}

// User finds a user.
func (s Snapshot) User(name string) (UserState, bool) {
	return find(s.Users, func(u UserState) bool { return u.Name == name })
}

// Group finds a group.
func (s Snapshot) Group(name string) (GroupState, bool) {
	return find(s.Groups, func(g GroupState) bool { return g.Name == name })
}

// Key finds an access key.
func (s Snapshot) Key(name string) (KeyState, bool) {
	return find(s.Keys, func(k KeyState) bool { return k.AccessKey == name })
}

// Bucket finds a bucket.
func (s Snapshot) Bucket(name string) (BucketState, bool) {
	return find(s.Buckets, func(b BucketState) bool { return b.Name == name })
}

// GroupsOf are the groups that a user is in.
func (s Snapshot) GroupsOf(user string) []GroupState {
	u, _ := s.User(user)
	var out []GroupState
	for _, g := range s.Groups {
		if slices.Contains(g.Members, user) || slices.Contains(u.Groups, g.Name) {
			out = append(out, g)
		}
	}
	return out
}

// Expired reports that a key has ended.
func (k KeyState) Expired(at time.Time) bool { return !k.Expires.IsZero() && !k.Expires.After(at) }

func find[T any](all []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	var none T
	return none, false
}
