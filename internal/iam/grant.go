package iam

import (
	"fmt"
	"slices"
	"strings"
)

// Grant is access that somebody is to have: a user with a policy for some
// buckets, and an access key that a Secret holds.
type Grant struct {
	Name    string // of the user, and what the grant is known by
	Buckets []string
	Policy  string    // its name
	Doc     *Document // what it is to say; nil: it is somebody else's, and stays
	Group   string    // gets the policy, and the user in it; empty: the user gets it
	Secret  string    // NAMESPACE/NAME; empty for a manifest

	KeepBuckets bool // do not create missing ones
	NewKey      bool // make a new key although there is one
}

// GrantUser is the user as a grant finds it.
type GrantUser struct {
	Enabled          bool
	Policies, Groups []string
}

// GrantGroup is the group as a grant finds it.
type GrantGroup struct {
	Enabled           bool
	Members, Policies []string
}

// GrantKey is an access key of the user that a grant finds.
type GrantKey struct {
	AccessKey   string
	Enabled     bool
	Description string
	Doc         *Document // of its own; nil: it has its user's rights
}

// GrantState is what there is before a grant.
type GrantState struct {
	Buckets []string  // those of the grant that exist
	Policy  *Document // nil: there is none of the name
	User    *GrantUser
	Group   *GrantGroup
	Keys    []GrantKey
	Held    string // the access key in the Secret, when its secret fits
	Current bool   // the Secret says all that it is to say
}

// StepKind is what a step of a plan does.
type StepKind string

// The kinds of steps. Each can be repeated, and none needs a later one.
const (
	StepUser       StepKind = "create user"
	StepKey        StepKind = "create access key"
	StepRecord     StepKind = "note in access key"
	StepBucket     StepKind = "create bucket"
	StepPolicy     StepKind = "write policy"
	StepJoin       StepKind = "put into group"
	StepAttach     StepKind = "attach policy to user"
	StepGroup      StepKind = "attach policy to group"
	StepNarrow     StepKind = "narrow access key"
	StepSecret     StepKind = "write Secret"
	StepEnable     StepKind = "enable user"
	StepEnableKey  StepKind = "enable access key"
	StepDisable    StepKind = "disable user"
	StepDisableKey StepKind = "disable access key"
	StepDetach     StepKind = "detach policy from user"
	StepDetachAll  StepKind = "detach policy from group"
	StepLeave      StepKind = "take out of group"
	StepNoGroup    StepKind = "delete group"
	StepNoPolicy   StepKind = "delete policy"
	StepNoBucket   StepKind = "delete bucket"
	StepNoSecret   StepKind = "delete Secret"
	StepNoKey      StepKind = "delete access key"
	StepNoUser     StepKind = "delete user"
)

// Step is one request of a plan, with its reason.
type Step struct {
	Kind StepKind `json:"do"`
	Name string   `json:"name"`
	Why  string   `json:"why"`
}

// String is the step in words.
func (s Step) String() string { return fmt.Sprintf("%s %s: %s", s.Kind, s.Name, s.Why) }

// GrantPlan is what has to be done for a grant.
type GrantPlan struct {
	Steps  []Step
	Record Record
	Key    string // the access key that stays; empty: a new one is made
}

// ConflictError is something on the server that stands against a plan.
type ConflictError struct {
	Kind      string // "policy", "user", …
	Name, Why string
	HintText  string
}

func (e *ConflictError) Error() string { return fmt.Sprintf("%s %q: %s", e.Kind, e.Name, e.Why) }

// Hint says what to do about it.
func (e *ConflictError) Hint() string { return e.HintText }

// Plan is what is missing of a grant, in an order in which it can be broken
// off anywhere and begun again:
//
// The user comes first and is disabled, so that one without anything is known
// for the beginning of a grant. The access key comes next, and its description
// says what the grant is going to make: from then on nothing can be forgotten.
// The user is enabled last, when the secret has been handed out.
func (g Grant) Plan(st GrantState) (GrantPlan, error) {
	p := GrantPlan{}
	record, orphans, noted, err := g.keys(st, &p)
	if err != nil {
		return p, err
	}
	if err := g.conflicts(st, record); err != nil {
		return p, err
	}
	p.Record = g.record(st, record)
	step := func(need bool, kind StepKind, name, why string) {
		if need {
			p.Steps = append(p.Steps, Step{kind, name, why})
		}
	}
	step(st.User == nil, StepUser, g.Name, "there is none; disabled until all is done")
	step(p.Key == "", StepKey, g.Name, "the Secret holds no key of the grant that works")
	step(p.Key != "" && noted != p.Record.String(), StepRecord, p.Key, "it tells what the grant makes")
	for _, b := range g.Buckets {
		step(!slices.Contains(st.Buckets, b), StepBucket, b, "it does not exist")
	}
	step(g.Doc != nil && st.Policy == nil, StepPolicy, g.Policy, "it does not exist")
	step(g.Doc != nil && st.Policy != nil && !Equal(*st.Policy, *g.Doc), StepPolicy, g.Policy, "it says something else")
	g.holders(st, step)
	step(p.Key != "" && g.narrows() && !g.narrowed(st, p.Key), StepNarrow, p.Key, "its own policy says something else")
	step(p.Key != "" && !keyOf(st, p.Key).Enabled, StepEnableKey, p.Key, "it is disabled")
	step(p.Key == "" || !st.Current, StepSecret, orWord(g.Secret, "manifest"), "it does not hold the key as it should")
	step(st.User == nil || !st.User.Enabled, StepEnable, g.Name, "all is there")
	for _, k := range orphans {
		step(true, StepNoKey, k, "its secret is in no Secret any more")
	}
	step(g.moves(record), StepNoSecret, record.Secret, "the key is in another one now")
	return p, nil
}

// moves tells whether the key has been in another Secret until now.
func (g Grant) moves(was Record) bool {
	return was.Secret != "" && g.Secret != "" && was.Secret != g.Secret
}

func (g Grant) holders(st GrantState, step func(bool, StepKind, string, string)) {
	if g.Group == "" {
		step(st.User == nil || !slices.Contains(st.User.Policies, g.Policy), StepAttach, g.Policy, "user "+g.Name+" does not have it")
		return
	}
	step(st.Group == nil || !slices.Contains(st.Group.Members, g.Name), StepJoin, g.Group, "user "+g.Name+" is not in it")
	step(st.Group == nil || !slices.Contains(st.Group.Policies, g.Policy), StepGroup, g.Policy, "group "+g.Group+" does not have it")
}

// narrows tells whether the key gets the policy as its own too: in a group,
// its user may have more rights than the grant gives.
func (g Grant) narrows() bool {
	return g.Group != "" && g.Doc != nil && len(g.Doc.JSON()) <= maxKeyPolicy
}

// KeyPolicy is the policy that the grant's access key has of its own; nil for
// none.
func (g Grant) KeyPolicy() []byte {
	if !g.narrows() {
		return nil
	}
	return g.Doc.JSON()
}

// maxKeyPolicy is how long the server lets a key's policy be, in bytes.
// (MAX_SVCSESSION_POLICY_SIZE in crates/iam)
const maxKeyPolicy = 4096

func (g Grant) narrowed(st GrantState, key string) bool {
	d := keyOf(st, key).Doc
	return d != nil && Equal(*d, *g.Doc)
}

func keyOf(st GrantState, name string) GrantKey {
	for _, k := range st.Keys {
		if k.AccessKey == name {
			return k
		}
	}
	return GrantKey{AccessKey: name, Enabled: true}
}

// keys finds the key that stays, those that were left over by an interruption,
// and what all of them say was made.
func (g Grant) keys(st GrantState, p *GrantPlan) (record Record, orphans []string, noted string, err error) {
	unfinished := st.User == nil || !st.User.Enabled
	replaced := map[string]bool{} // by keys that a rotation has made
	for _, k := range st.Keys {
		r, _ := ParseRecord(k.Description)
		replaced[r.Replaces] = true
	}
	for _, k := range st.Keys {
		r, ok := ParseRecord(k.Description)
		if !ok || !r.Granted {
			continue
		}
		record = record.made(r)
		pending := r.Replaces != "" && slices.ContainsFunc(st.Keys, func(o GrantKey) bool { return o.AccessKey == r.Replaces })
		switch {
		case k.AccessKey == st.Held && !g.NewKey:
			p.Key, noted = k.AccessKey, k.Description
		case !r.Retired.IsZero(), (pending || replaced[k.AccessKey]) && !g.NewKey: // rotate is at work on it
		case r.Manifest && !unfinished && !g.NewKey:
			return record, nil, "", &ConflictError{
				"access key", k.AccessKey, "is the grant's, and its secret cannot be shown again",
				"kubectl rustfs rotate " + g.Name + " makes a new one; --new-key replaces it at once",
			}
		default:
			orphans = append(orphans, k.AccessKey)
		}
	}
	slices.Sort(orphans)
	record.Manifest = false // of keys that go
	if p.Key != "" {
		if r, ok := ParseRecord(noted); ok {
			record.Replaces, record.Manifest, record.Note = r.Replaces, r.Manifest, r.Note
		}
	}
	return record, orphans, noted, nil
}

// conflicts are what a grant would have to take from others.
func (g Grant) conflicts(st GrantState, record Record) error {
	for _, b := range g.Buckets {
		if g.KeepBuckets && !slices.Contains(st.Buckets, b) {
			return &ConflictError{"bucket", b, "does not exist", "make it with: kubectl rustfs bucket create " + b + ", or leave out --create-buckets=false"}
		}
	}
	switch {
	case g.Doc == nil && st.Policy == nil:
		return &ConflictError{"policy", g.Policy, "does not exist", "see the names with: kubectl rustfs policy ls"}
	case g.Doc != nil && st.Policy != nil && record.Policy != g.Policy && !Equal(*st.Policy, *g.Doc):
		return &ConflictError{
			"policy", g.Policy, "exists, says something else, and is not of this grant's making",
			"choose another name with --policy-name, or use it as it is with --policy " + g.Policy,
		}
	case record.Policy != "" && record.Policy != g.Policy:
		return &ConflictError{"user", g.Name, "has a grant with policy " + record.Policy, "take that back first: kubectl rustfs revoke " + g.Name}
	case record.In != g.Group && record.Granted:
		return &ConflictError{"user", g.Name, "has a grant with " + orWord(record.In, "no") + " group", "take that back first: kubectl rustfs revoke " + g.Name}
	case g.moves(record) && !g.NewKey:
		return &ConflictError{"user", g.Name, "has the key of its grant in the Secret " + record.Secret, "use that one, or move it with --new-key, which makes another key"}
	case st.Group != nil && !st.Group.Enabled:
		return &ConflictError{"group", g.Group, "is disabled, which takes all rights from its members", "enable it first: kubectl rustfs group enable " + g.Group}
	case st.User != nil && !st.User.Enabled && !record.User && !st.User.blank(st.Keys):
		return &ConflictError{"user", g.Name, "is disabled, and is not of this grant's making", "enable it first: kubectl rustfs user enable " + g.Name}
	}
	return nil
}

// blank tells a user with nothing, as a grant begins with.
func (u GrantUser) blank(keys []GrantKey) bool {
	return !u.Enabled && len(u.Policies)+len(u.Groups)+len(keys) == 0
}

// record is what will have been made.
func (g Grant) record(st GrantState, was Record) Record {
	r := was
	r.Granted = true
	r.User = r.User || st.User == nil || st.User.blank(st.Keys)
	if g.Secret != "" {
		r.Secret = g.Secret
	}
	r.Manifest = r.Manifest || g.Secret == ""
	if g.Doc != nil && st.Policy == nil {
		r.Policy = g.Policy
	}
	for _, b := range g.Buckets {
		if !slices.Contains(st.Buckets, b) && !slices.Contains(r.Buckets, b) {
			r.Buckets = append(slices.Clone(r.Buckets), b)
		}
	}
	slices.Sort(r.Buckets)
	foreign := r.Policy != g.Policy
	if g.Group == "" {
		if foreign && !r.User && st.User != nil && !slices.Contains(st.User.Policies, g.Policy) {
			r.OnUser = g.Policy
		}
		return r
	}
	r.In = g.Group
	r.Group = r.Group || st.Group == nil
	r.Joined = r.Joined || st.Group == nil || !slices.Contains(st.Group.Members, g.Name)
	if foreign && (st.Group == nil || !slices.Contains(st.Group.Policies, g.Policy)) {
		r.OnGroup = g.Policy
	}
	return r
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

// Revoke is what is there of a grant that is to be taken back.
type Revoke struct {
	Name   string
	User   *GrantUser
	Group  *GrantGroup // of the record's group
	Keys   []GrantKey
	Use    []string // who has the record's policy: "user/x", "group/y"
	Policy bool     // the record's policy exists
	Secret string   // NAMESPACE/NAME of a Secret that is the grant's; empty: none
	Empty  []string // those of the record's buckets that are empty and may go
}

// RecordOf is what all keys of a grant say was made; false when there is no
// key of a grant.
func RecordOf(keys []GrantKey) (record Record, ok bool) {
	for _, k := range keys {
		if r, is := ParseRecord(k.Description); is && r.Granted {
			record, ok = record.made(r), true
		}
	}
	return record, ok
}

// Plan takes back what the record tells. Access ends with the first step; the
// record goes with the last one, so that it too can be broken off anywhere.
// kept says what stays, and why.
func (v Revoke) Plan(r Record) (steps []Step, kept []string) {
	step := func(need bool, kind StepKind, name, why string) {
		if need {
			steps = append(steps, Step{kind, name, why})
		}
	}
	const made = "the grant made it"
	var keys []string
	for _, k := range v.Keys {
		if rec, ok := ParseRecord(k.Description); ok && rec.Granted {
			keys = append(keys, k.AccessKey)
			step(!r.User && k.Enabled, StepDisableKey, k.AccessKey, "access ends")
		}
	}
	step(r.User && v.User != nil && v.User.Enabled, StepDisable, v.Name, "access ends")
	step(v.Secret != "", StepNoSecret, v.Secret, made)
	if v.User != nil {
		for _, p := range v.User.Policies {
			step(p == r.Policy || p == r.OnUser, StepDetach, p, "the grant gave it")
		}
	}
	if v.Group != nil && r.In != "" {
		others := slices.DeleteFunc(slices.Clone(v.Group.Members), func(m string) bool { return m == v.Name })
		for _, p := range v.Group.Policies {
			step(p == r.Policy || p == r.OnGroup, StepDetachAll, p, "the grant gave it")
		}
		step((r.Joined || r.User) && slices.Contains(v.Group.Members, v.Name), StepLeave, r.In, "the grant put the user into it")
		left := slices.DeleteFunc(slices.Clone(v.Group.Policies), func(p string) bool { return p == r.Policy || p == r.OnGroup })
		switch {
		case r.Group && len(others) == 0 && len(left) == 0:
			step(true, StepNoGroup, r.In, made)
		case r.Group && len(others) > 0:
			kept = append(kept, fmt.Sprintf("group %s, which has other members: %s", r.In, strings.Join(others, ", ")))
		case r.Group:
			kept = append(kept, fmt.Sprintf("group %s, which has other policies: %s", r.In, strings.Join(left, ", ")))
		}
	}
	if r.Policy != "" && v.Policy {
		others := slices.DeleteFunc(slices.Clone(v.Use), func(h string) bool {
			return h == "user/"+v.Name || (r.In != "" && h == "group/"+r.In)
		})
		step(len(others) == 0, StepNoPolicy, r.Policy, made)
		if len(others) > 0 {
			kept = append(kept, fmt.Sprintf("policy %s, which others have too: %s", r.Policy, strings.Join(others, ", ")))
		}
	}
	for _, b := range v.Empty {
		step(true, StepNoBucket, b, made+", and it is empty")
	}
	step(r.User && v.User != nil, StepNoUser, v.Name, made+"; its access keys go with it")
	if !r.User {
		for _, k := range keys {
			step(true, StepNoKey, k, made)
		}
		if v.User != nil {
			kept = append(kept, "user "+v.Name+", which was there before the grant")
		}
	}
	return steps, kept
}
