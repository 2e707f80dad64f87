package declared

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// Options say how much of a state a document speaks for.
type Options struct {
	// Exact takes away what the document does not say of the things it names.
	Exact bool
	// Prune deletes things of the kinds that the document has and that it does
	// not name. It implies Exact.
	Prune bool
	// Root is the name of the server's root key, which no document changes.
	Root string
	// Taken are the names of keys that no document can say anything of: root's
	// own, and those of people who are no users.
	Taken []string
	// Now is what a new key's time is held against; zero: it is not.
	Now time.Time
}

// Verb is what is done to a thing.
type Verb string

// The verbs.
const (
	Create Verb = "create"
	Set    Verb = "set"
	Delete Verb = "delete"
)

// Change is one step from one state to another.
type Change struct {
	Kind   Kind   `json:"kind"`
	Name   string `json:"name"`
	Verb   Verb   `json:"verb"`
	Field  string `json:"field,omitempty"` // what Set sets
	Reason string `json:"reason"`

	// Before and After are what changes, as YAML for people.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`

	// What it is to be, or what it is where it is deleted; of its kind.
	Bucket *Bucket `json:"-"`
	Policy *Policy `json:"-"`
	Group  *Group  `json:"-"`
	User   *User   `json:"-"`
	Key    *Key    `json:"-"`
	// Of lists of names: what comes and what goes.
	Add    []string `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
}

// ID is the thing that changes: "bucket/photos".
func (c Change) ID() string { return string(c.Kind) + "/" + c.Name }

// Problem is a wish that cannot be fulfilled.
type Problem struct {
	At  string // in the document
	ID  string // "bucket/photos"
	Why string
}

func (p Problem) String() string {
	if p.At == "" {
		return p.ID + ": " + p.Why
	}
	return p.At + ": " + p.ID + ": " + p.Why
}

// Diff says what brings a server from what it has to what is wanted, in an
// order in which each step finds what it needs: policies before groups before
// users before attachments before keys, and deletions the other way round. A
// server's state is a document that has everything.
func Diff(have, want Document, o Options) ([]Change, []Problem) {
	o.Exact = o.Exact || o.Prune
	d := &differ{have: have.Canonical(), want: want, o: o}
	d.buckets()
	d.policies()
	d.groups()
	d.users()
	d.keys()
	if o.Prune {
		d.deletions()
	}
	d.references()
	slices.SortStableFunc(d.steps, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.phase, b.phase), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.order, b.order))
	})
	out := make([]Change, len(d.steps))
	for i, s := range d.steps {
		out[i] = s.Change
	}
	slices.SortFunc(d.problems, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Why, b.Why)) })
	return out, d.problems
}

// The phases of a plan.
const (
	phaseBuckets = iota
	phasePolicies
	phaseGroups
	phaseUsers
	phaseTies // attachments, memberships, states
	phaseKeys
	phaseKeysGo
	phaseUsersGo
	phaseGroupsGo
	phasePoliciesGo
	phaseBucketsGo
)

type step struct {
	Change
	phase, order int
}

type differ struct {
	have, want Document
	o          Options
	steps      []step
	problems   []Problem
}

func (d *differ) add(phase, order int, c Change) { d.steps = append(d.steps, step{c, phase, order}) }

func (d *differ) problem(at string, kind Kind, name, format string, args ...any) {
	d.problems = append(d.problems, Problem{At: at, ID: string(kind) + "/" + name, Why: fmt.Sprintf(format, args...)})
}

// managed reports whether the document speaks for a member of a thing.
func (d *differ) managed(f *fields, member string) bool { return d.o.Exact || f.Has(member) }

func byName[T any](all []T, name func(T) string) map[string]T {
	out := map[string]T{}
	for _, x := range all {
		out[name(x)] = x
	}
	return out
}

func bucketName(b Bucket) string { return b.Name }
func policyName(p Policy) string { return p.Name }
func groupName(g Group) string   { return g.Name }
func userName(u User) string     { return u.Name }
func keyName(k Key) string       { return k.AccessKey }

const (
	notThere = "it is not there"
	differs  = "it is different"
	notSaid  = "the document does not have it"
)

func (d *differ) buckets() {
	have := byName(d.have.Buckets, bucketName)
	for i := range d.want.Buckets {
		want := d.want.Buckets[i]
		now, exists := have[want.Name]
		if !exists {
			d.add(phaseBuckets, 0, Change{Kind: KindBucket, Name: want.Name, Verb: Create, Reason: notThere, After: creation(want), Bucket: &want})
			if want.Lock != nil {
				now.Lock, now.Versioning = &bucket.Lock{}, "Enabled"
			}
		}
		if why := lockProblem(now, want, exists); why != "" {
			d.problem(want.at, KindBucket, want.Name, "%s", why)
			continue
		}
		d.settings(now, want)
	}
}

// creation is what a bucket is created with.
func creation(b Bucket) string {
	if b.Lock != nil {
		return text(struct {
			Name string `json:"name"`
			Lock bool   `json:"lock"`
		}{b.Name, true})
	}
	return named(b.Name)
}

// named is what is created where nothing but the name is said.
func named(name string) string { return "name: " + strings.TrimSuffix(text(name), "\n") + "\n" }

// lockProblem says why the lock cannot be what is wanted.
func lockProblem(now, want Bucket, exists bool) string {
	switch {
	case !exists:
	case want.Lock != nil && now.Lock == nil:
		return "it is to have object lock, which can only be had at creation; make another bucket and copy the objects"
	case want.Has("lock") && want.Lock == nil && now.Lock != nil:
		return "it has object lock, which cannot be taken away; make another bucket and copy the objects"
	case want.Versioning == "Suspended" && now.Lock != nil:
		return "its versioning cannot be suspended: it has object lock"
	}
	return ""
}

func (d *differ) settings(now, want Bucket) {
	for i, s := range settings() {
		lasting := s == "versioning" || s == "lock" // they cannot be taken away
		if !want.Has(s) && (lasting || !d.o.Exact) || equalSetting(s, now.Settings, want.Settings) {
			continue
		}
		c := Change{
			Kind: KindBucket, Name: want.Name, Verb: Set, Field: s, Bucket: &want,
			Before: settingText(s, now.Settings), After: settingText(s, want.Settings),
		}
		c.Reason = reasonOf(c, want.Has(s))
		d.add(phaseBuckets, i+1, c)
	}
}

func reasonOf(c Change, said bool) string {
	switch {
	case !said:
		return notSaid
	case c.Before == "":
		return "it is not set"
	case c.After == "":
		return "it is to be empty"
	}
	return differs
}

func (d *differ) policies() {
	have := byName(d.have.Policies, policyName)
	for i := range d.want.Policies {
		want := d.want.Policies[i]
		c := Change{Kind: KindPolicy, Name: want.Name, Verb: Create, Reason: notThere, After: text(canonicalDocument(want.Document)), Policy: &want}
		if now, ok := have[want.Name]; ok {
			if iam.Equal(now.Document, want.Document) {
				continue
			}
			c.Verb, c.Field, c.Reason, c.Before = Set, "document", differs, text(canonicalDocument(now.Document))
		} else if err := iam.ValidatePolicy(want.Name); err != nil {
			d.problem(want.at, KindPolicy, want.Name, "%v", err)
			continue
		} else if who := d.holders(want.Name); len(who) > 0 {
			c.Reason += "; it is for " + few(who)
		}
		d.add(phasePolicies, 0, c)
	}
}

// holders are those of the document who are to have a policy.
func (d *differ) holders(policy string) []string {
	var out []string
	for _, g := range d.want.Groups {
		if slices.Contains(g.Policies, policy) {
			out = append(out, "group/"+g.Name)
		}
	}
	for _, u := range d.want.Users {
		if slices.Contains(u.Policies, policy) {
			out = append(out, "user/"+u.Name)
		}
	}
	slices.Sort(out)
	return out
}

// few names up to three.
func few(all []string) string {
	if len(all) > 3 {
		return strings.Join(all[:3], ", ") + fmt.Sprintf(" and %d more", len(all)-3)
	}
	return strings.Join(all, ", ")
}

func (d *differ) groups() {
	have := byName(d.have.Groups, groupName)
	for i := range d.want.Groups {
		want := d.want.Groups[i]
		now, ok := have[want.Name]
		if !ok {
			if err := iam.ValidateGroup(want.Name); err != nil {
				d.problem(want.at, KindGroup, want.Name, "%v", err)
				continue
			}
			d.add(phaseGroups, 0, Change{Kind: KindGroup, Name: want.Name, Verb: Create, Reason: notThere, After: named(want.Name), Group: &want})
		}
		c := Change{Kind: KindGroup, Name: want.Name, Group: &want}
		d.names(c, &want.fields, "policies", 0, now.Policies, want.Policies)
		d.state(c, &want.fields, now.Status, want.Status)
	}
}

// names compares a list of names.
func (d *differ) names(c Change, f *fields, field string, order int, now, want []string) {
	if !d.managed(f, field) {
		return
	}
	now, want = sorted(now), sorted(want)
	for _, n := range want {
		if !slices.Contains(now, n) {
			c.Add = append(c.Add, n)
		}
	}
	for _, n := range now {
		if !slices.Contains(want, n) {
			c.Remove = append(c.Remove, n)
		}
	}
	if len(c.Add)+len(c.Remove) == 0 {
		return
	}
	c.Verb, c.Field, c.Before, c.After = Set, field, lines(now), lines(want)
	c.Reason = reasonOf(c, f.Has(field))
	d.add(phaseTies, order, c)
}

func lines(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return text(names)
}

func (d *differ) state(c Change, f *fields, now, want Status) {
	now, want = cmp.Or(now, Enabled), cmp.Or(want, Enabled)
	if !d.managed(f, "status") || now == want {
		return
	}
	c.Verb, c.Field, c.Before, c.After = Set, "status", string(now)+"\n", string(want)+"\n"
	c.Reason = reasonOf(c, f.Has("status"))
	d.add(phaseTies, 9, c)
}

func (d *differ) users() {
	have := byName(d.have.Users, userName)
	keys := byName(d.have.Keys, keyName)
	for i := range d.want.Users {
		want := d.want.Users[i]
		now, exists := have[want.Name]
		_, isKey := keys[want.Name]
		switch {
		case want.Name == d.o.Root:
			d.problem(want.at, KindUser, want.Name, "it is the server's root key, which no document changes")
			continue
		case isKey, slices.Contains(d.o.Taken, want.Name):
			d.problem(want.at, KindUser, want.Name, "an access key has this name")
			continue
		case !exists:
			if err := iam.ValidateUser(want.Name); err != nil {
				d.problem(want.at, KindUser, want.Name, "%v", err)
				continue
			}
			d.add(phaseUsers, 0, Change{Kind: KindUser, Name: want.Name, Verb: Create, Reason: notThere, After: named(want.Name), User: &want})
		}
		c := Change{Kind: KindUser, Name: want.Name, User: &want}
		d.names(c, &want.fields, "policies", 0, now.Policies, want.Policies)
		d.names(c, &want.fields, "groups", 1, now.Groups, want.Groups)
		d.state(c, &want.fields, now.Status, want.Status)
	}
}

func (d *differ) keys() {
	have := byName(d.have.Keys, keyName)
	users := byName(d.have.Users, userName)
	for i := range d.want.Keys {
		want := d.want.Keys[i]
		now, exists := have[want.AccessKey]
		_, isUser := users[want.AccessKey]
		why := ""
		switch {
		case want.AccessKey == d.o.Root, want.User == d.o.Root:
			why = "it is root's, and no document changes root"
		case isUser:
			why = "a user has this name"
		case slices.Contains(d.o.Taken, want.AccessKey):
			why = "an access key of root, or of somebody who is no user, has this name"
		case !exists && want.Expires != nil && !d.o.Now.IsZero() && !want.Expires.After(d.o.Now):
			why = fmt.Sprintf("it is not there, and its time has passed on %s", want.Expires.Format(time.RFC3339))
		case exists && now.User != want.User:
			why = fmt.Sprintf("it belongs to user %q, and a key cannot change its user; choose another access key", now.User)
		}
		if why != "" {
			d.problem(want.at, KindKey, want.AccessKey, "%s", why)
			continue
		}
		if exists {
			d.keySettings(now, want)
			continue
		}
		if err := iam.ValidateKey(want.AccessKey); err != nil {
			d.problem(want.at, KindKey, want.AccessKey, "%v", err)
			continue
		}
		d.add(phaseKeys, 0, Change{Kind: KindKey, Name: want.AccessKey, Verb: Create, Reason: notThere, After: text(shown(want)), Key: &want})
	}
}

// shown is a key without the places of its secret.
func shown(k Key) Key {
	k.Secret, k.SecretFrom, k.Status = nil, nil, quiet(k.Status)
	return k
}

// keySettings compares a key that exists.
func (d *differ) keySettings(now, want Key) {
	set := func(order int, field, before, after string) {
		if !d.managed(&want.fields, field) || before == after {
			return
		}
		c := Change{Kind: KindKey, Name: want.AccessKey, Verb: Set, Field: field, Before: before, After: after, Key: &want}
		c.Reason = reasonOf(c, want.Has(field))
		d.add(phaseKeys, order, c)
	}
	set(1, "name", line(now.Name), line(want.Name))
	set(2, "description", line(now.Description), line(want.Description))
	set(3, "expires", expiry(now), expiry(want))
	if !samePolicy(now.Policy, want.Policy) {
		set(4, "policy", keyPolicy(now), keyPolicy(want))
	}
	set(5, "status", line(string(cmp.Or(now.Status, Enabled))), line(string(cmp.Or(want.Status, Enabled))))
}

func line(s string) string {
	if s == "" {
		return ""
	}
	return s + "\n"
}

func expiry(k Key) string {
	if k.Expires == nil {
		return ""
	}
	return k.Expires.UTC().Format("2006-01-02T15:04:05Z") + "\n"
}

func keyPolicy(k Key) string {
	if k.Policy == nil {
		return ""
	}
	return text(canonicalDocument(*k.Policy))
}

func samePolicy(a, b *iam.Document) bool {
	if a == nil || b == nil {
		return a == b
	}
	return iam.Equal(*a, *b)
}

// deletions are what the document does not name, of the kinds that it has.
func (d *differ) deletions() {
	gone := func(kind Kind, phase int, name string, named bool, c Change) {
		if named || !d.want.Contains(kind) || name == d.o.Root {
			return
		}
		c.Kind, c.Name, c.Verb, c.Reason = kind, name, Delete, cmp.Or(c.Reason, "the document does not name it")
		d.add(phase, 0, c)
	}
	buckets, policies := byName(d.want.Buckets, bucketName), byName(d.want.Policies, policyName)
	groups, users, keys := byName(d.want.Groups, groupName), byName(d.want.Users, userName), byName(d.want.Keys, keyName)
	for i := range d.have.Buckets {
		x := d.have.Buckets[i]
		_, named := buckets[x.Name]
		gone(KindBucket, phaseBucketsGo, x.Name, named, Change{Bucket: &x, Before: text(x)})
	}
	for i := range d.have.Policies {
		x := d.have.Policies[i]
		if _, named := policies[x.Name]; !iam.IsBuiltIn(x.Name) {
			gone(KindPolicy, phasePoliciesGo, x.Name, named, Change{Policy: &x, Before: text(x.Document)})
		}
	}
	for i := range d.have.Groups {
		x := d.have.Groups[i]
		_, named := groups[x.Name]
		gone(KindGroup, phaseGroupsGo, x.Name, named, Change{Group: &x, Before: text(x)})
	}
	for i := range d.have.Users {
		x := d.have.Users[i]
		_, named := users[x.Name]
		c := Change{User: &x, Before: text(x)}
		if own := d.keysOf(x.Name); len(own) > 0 && !d.want.Contains(KindKey) {
			c.Reason = "the document does not name it; its access keys go with it: " + few(own)
		}
		gone(KindUser, phaseUsersGo, x.Name, named, c)
	}
	for i := range d.have.Keys {
		x := d.have.Keys[i]
		_, named := keys[x.AccessKey]
		c := Change{Key: &x, Before: text(x)}
		if _, stays := users[x.User]; d.want.Contains(KindUser) && !stays && !named {
			c.Reason = "the document names neither it nor its user"
		}
		gone(KindKey, phaseKeysGo, x.AccessKey, named, c)
	}
}

func (d *differ) keysOf(user string) []string {
	var out []string
	for _, k := range d.have.Keys {
		if k.User == user {
			out = append(out, k.AccessKey)
		}
	}
	return out
}

// references finds names in the document that will stand for nothing.
func (d *differ) references() {
	policies := d.remaining(KindPolicy)
	groups := d.remaining(KindGroup)
	users := d.remaining(KindUser)
	check := func(at string, kind Kind, name string, target Kind, names []string, there map[string]bool) {
		for _, n := range names {
			if there[n] || target == KindPolicy && iam.IsBuiltIn(n) {
				continue
			}
			why := "there is no %s %q, neither in the document nor on the server"
			if d.o.Prune && d.want.Contains(target) {
				why = "it refers to %s %q, which the document does not name"
			}
			d.problem(at, kind, name, why, target, n)
		}
	}
	for _, g := range d.want.Groups {
		check(g.at, KindGroup, g.Name, KindPolicy, g.Policies, policies)
	}
	for _, u := range d.want.Users {
		check(u.at, KindUser, u.Name, KindPolicy, u.Policies, policies)
		check(u.at, KindUser, u.Name, KindGroup, u.Groups, groups)
	}
	for _, k := range d.want.Keys {
		if k.User != d.o.Root {
			check(k.at, KindKey, k.AccessKey, KindUser, []string{k.User}, users)
		}
	}
}

// remaining are the names of a kind after all changes.
func (d *differ) remaining(k Kind) map[string]bool {
	out := map[string]bool{}
	add := func(names ...string) {
		for _, n := range names {
			out[n] = true
		}
	}
	collect := func(doc Document) {
		switch k {
		case KindPolicy:
			add(slices.Collect(maps.Keys(byName(doc.Policies, policyName)))...)
		case KindGroup:
			add(slices.Collect(maps.Keys(byName(doc.Groups, groupName)))...)
		case KindUser:
			add(slices.Collect(maps.Keys(byName(doc.Users, userName)))...)
		case KindBucket, KindKey: // nothing refers to them
		}
	}
	collect(d.want)
	if !d.o.Prune || !d.want.Contains(k) {
		collect(d.have)
	}
	return out
}
