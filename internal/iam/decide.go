package iam

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SubjectKind is what somebody who asks is.
type SubjectKind string

// The kinds of those who ask. A group is a member that has nothing else.
const (
	AsUser      SubjectKind = "user"
	AsGroup     SubjectKind = "group"
	AsKey       SubjectKind = "key"
	AsRoot      SubjectKind = "root"
	AsAnonymous SubjectKind = "anonymous"
)

// Subject is somebody who asks.
type Subject struct {
	Kind SubjectKind
	Name string // empty for anonymous
}

func (s Subject) String() string {
	if s.Kind == AsAnonymous || s.Kind == AsRoot {
		return string(s.Kind)
	}
	return string(s.Kind) + "/" + s.Name
}

// Question is what somebody wants to do.
type Question struct {
	Action  string // of Actions
	Bucket  string
	Key     string              // of an object; empty for the bucket itself. For KMS: the key
	Version string              // of an object
	Values  map[string][]string // of condition keys, by the names that ConditionKey makes; who asks is added
}

// PathStep is a station on the way to a decision.
type PathStep struct {
	Name   string `json:"name"`   // "user/alice", "policy/readers", "bucket policy of photos"
	Result string `json:"result"` // what it contributes
}

// Source is the statement that settled a decision.
type Source struct {
	Policy    string // its name; the key or bucket for theirs
	Of        string // "policy", "key policy" or "bucket policy"
	Via       string // through whom it counts: "user/alice", "group/devs"
	Statement int    // from 1
	Text      Statement
	Principal []string // of a bucket's policy
}

func (s Source) String() string {
	return fmt.Sprintf("statement %d of %s %s", s.Statement, s.Of, s.Policy)
}

// Decision is an answer with its reasons.
type Decision struct {
	Allowed bool
	By      *Source // nil where no statement settled it
	Path    []PathStep
	Reasons []string
}

// Evaluator answers questions about one snapshot, as RustFS 1.0.1 would. It
// is safe for concurrent use.
type Evaluator struct {
	s        Snapshot
	policies map[string]*compiled
	own      map[string]*compiled // keys' own policies
	buckets  map[string]*compiled
	broken   map[string]string // what could not be read, by "policy NAME"
}

// NewEvaluator reads all policies of a snapshot.
func NewEvaluator(s Snapshot) *Evaluator {
	e := &Evaluator{s: s, policies: map[string]*compiled{}, own: map[string]*compiled{}, buckets: map[string]*compiled{}, broken: map[string]string{}}
	if e.s.At.IsZero() {
		e.s.At = time.Now()
	}
	keep := func(to map[string]*compiled, what, name string, c *compiled, err error) {
		if err != nil {
			e.broken[what+" "+name] = err.Error()
			return
		}
		to[name] = c
	}
	for _, p := range s.Policies {
		c, err := compile(p.Name, p.Document)
		keep(e.policies, "policy", p.Name, c, err)
	}
	for _, k := range s.Keys {
		if k.Own {
			c, err := compile(k.AccessKey, k.Policy)
			keep(e.own, "key policy", k.AccessKey, c, err)
		}
	}
	for _, b := range s.Buckets {
		if len(b.Policy) > 0 {
			c, err := compileBucket(b.Name, b.Policy)
			keep(e.buckets, "bucket policy", b.Name, c, err)
		}
	}
	return e
}

// Broken says why a policy could not be read; empty when it could. what is
// "policy", "key policy" or "bucket policy".
func (e *Evaluator) Broken(what, name string) string { return e.broken[what+" "+name] }

// attached is a policy and through whom it counts.
type attached struct {
	policy *compiled
	via    string
	of     string
}

// verdict is what some policies say together.
type verdict struct{ deny, allow *Source }

func (v verdict) allowed() bool { return v.deny == nil && v.allow != nil }

func source(a attached, r rule) *Source {
	return &Source{Policy: a.policy.name, Of: a.of, Via: a.via, Statement: r.number, Text: r.Statement, Principal: r.principals}
}

// ask asks policies together: one Deny wins over any Allow.
func ask(all []attached, q args) verdict {
	var v verdict
	for _, a := range all {
		for _, r := range a.policy.rules {
			var matches bool
			if a.of == ofBucket {
				matches = r.matchesBucket(q)
			} else {
				matches = r.matches(q)
			}
			switch {
			case !matches:
			case r.deny() && v.deny == nil:
				v.deny = source(a, r)
			case !r.deny() && v.allow == nil:
				v.allow = source(a, r)
			}
		}
	}
	return v
}

// What a policy is of.
const (
	ofPolicy = "policy"
	ofKey    = "key policy"
	ofBucket = "bucket policy"
)

// caller is somebody who asks, with all that counts for it.
type caller struct {
	subject  Subject
	account  string     // the key that requests are signed with
	parent   string     // of an access key
	owner    bool       // root, or a key of root's without a policy of its own
	rootKey  bool       // a key of root's with a policy of its own
	nothing  bool       // no policy counts at all
	policies []attached // of the user, or of the key's parent
	own      *attached  // the key's own
	noOwn    bool       // the key's own policy cannot be read: it denies all
	path     []PathStep
	refused  string // why no request of it gets as far as policies
	ifs      bool   // take the conditions of what allows as met
}

// Decide answers a question.
func (e *Evaluator) Decide(who Subject, q Question) Decision {
	c := e.caller(who)
	d := Decision{Path: c.path}
	if c.refused != "" {
		d.Reasons = append(d.Reasons, c.refused)
		return d
	}
	e.decide(c, q, &d)
	if !d.Allowed && d.By == nil {
		d.Reasons = append(d.Reasons, e.almost(*c, q)...)
	}
	d.Reasons = append(d.Reasons, e.remarks(q, d)...)
	return d
}

// almost names the statement that would allow what is asked if its conditions
// were met.
func (e *Evaluator) almost(c caller, q Question) []string {
	var d Decision
	c.ifs = true
	e.decide(&c, q, &d)
	if !d.Allowed || d.By == nil {
		return nil
	}
	return []string{fmt.Sprintf("%s would allow it, if %s", d.By, strings.Join(ConditionWords(d.By.Text), " and "))}
}

// caller gathers what counts for somebody.
func (e *Evaluator) caller(who Subject) *caller {
	c := &caller{subject: who, account: who.Name}
	switch who.Kind {
	case AsAnonymous:
		c.path = append(c.path, PathStep{"anonymous", "has no policies of its own; only bucket policies count"})
		c.nothing, c.account = true, ""
	case AsRoot:
		c.account, c.owner = e.s.Root, true
		c.path = append(c.path, PathStep{"root", "may do everything but what a bucket policy denies"})
	case AsGroup:
		g, ok := e.s.Group(who.Name)
		c.account = ""
		c.add(e, g.Name, AsGroup, g.Policies)
		c.step("group/"+who.Name, groupWord(g, ok))
		if !ok || !g.Enabled {
			c.policies, c.nothing = nil, true
		}
	case AsKey:
		e.key(c)
	default:
		if who.Name == e.s.Root {
			return e.caller(Subject{Kind: AsRoot, Name: who.Name})
		}
		e.user(c, who.Name)
		if u, ok := e.s.User(who.Name); !ok {
			c.refused = "there is no user " + who.Name
		} else if !u.Enabled {
			c.refused = "the user " + who.Name + " is disabled: its requests are refused before any policy is read"
		}
	}
	return c
}

func groupWord(g GroupState, ok bool) string {
	switch {
	case !ok:
		return "does not exist"
	case !g.Enabled:
		return "disabled: its members have no policies at all, not even their own"
	}
	return policiesWord(g.Policies)
}

func policiesWord(names []string) string {
	if len(names) == 0 {
		return "no policies"
	}
	return "policies " + strings.Join(names, ", ")
}

func (c *caller) step(name, result string) { c.path = append(c.path, PathStep{name, result}) }

// add attaches policies by name; those that are not there do not count.
func (c *caller) add(e *Evaluator, name string, kind SubjectKind, policies []string) {
	for _, p := range policies {
		if k, ok := e.policies[p]; ok {
			c.policies = append(c.policies, attached{k, string(kind) + "/" + name, ofPolicy})
			continue
		}
		why := "does not exist: it counts for nothing"
		if w := e.Broken("policy", p); w != "" {
			why = "cannot be read, and counts for nothing: " + w
		}
		c.step("policy/"+p, why)
	}
}

// user gathers the policies of a user and its groups. One disabled group, or
// the user itself, leaves nothing of them.
// (rustfs-iam src/manager.rs policy_db_get_internal)
func (e *Evaluator) user(c *caller, name string) {
	u, ok := e.s.User(name)
	word := policiesWord(u.Policies)
	switch {
	case !ok:
		word = "does not exist"
	case !u.Enabled:
		word = "disabled: no policy counts"
	}
	c.step("user/"+name, word)
	c.add(e, name, AsUser, u.Policies)
	off := !ok || !u.Enabled
	named := len(u.Policies)
	for _, g := range e.s.GroupsOf(name) {
		c.step("group/"+g.Name, groupWord(g, true))
		off = off || !g.Enabled
		c.add(e, g.Name, AsGroup, g.Policies)
		named += len(g.Policies)
	}
	c.nothing = off || named == 0
	if c.nothing {
		c.policies = nil
	}
}

// key gathers what counts for an access key: its parent's policies, and its
// own, which must both allow. (rustfs-iam src/sys.rs)
func (e *Evaluator) key(c *caller) {
	k, ok := e.s.Key(c.subject.Name)
	if !ok {
		c.refused = "there is no access key " + c.subject.Name
		return
	}
	c.parent = k.Parent
	switch {
	case k.Parent == e.s.Root && !k.Own:
		c.owner = true
		c.step("root", "the key is root's: it may do everything but what a bucket policy denies")
	case k.Parent == e.s.Root:
		c.rootKey = true
		c.step("root", "may do everything")
	default:
		e.user(c, k.Parent)
		c.nothing = c.nothing || len(c.policies) == 0
	}
	switch own := e.own[k.AccessKey]; {
	case !k.Own:
		c.step("key/"+k.AccessKey, "has all rights of its user")
	case own == nil:
		c.noOwn = true
		c.step("key/"+k.AccessKey, "its own policy cannot be read, and denies all: "+e.Broken(ofKey, k.AccessKey))
	default:
		c.own = &attached{own, "key/" + k.AccessKey, ofKey}
		c.step("key/"+k.AccessKey, "has a policy of its own, which must allow too")
	}
	switch {
	case k.Expired(e.s.At):
		c.refused = "the access key has expired: its requests are refused before any policy is read"
	case !k.Enabled:
		c.refused = "the access key is disabled: its requests are refused before any policy is read"
	}
}

// values are those of the request and of who makes it.
func (e *Evaluator) values(c *caller, q Question) map[string][]string {
	user, kind := c.account, "User"
	switch {
	case c.subject.Kind == AsAnonymous:
		kind = "Anonymous"
	case c.parent != "":
		user, kind = c.parent, "AssumedRole"
	case c.owner:
		kind = "Account"
	}
	out := map[string][]string{
		"CurrentTime": {e.s.At.UTC().Format(time.RFC3339Nano)}, "EpochTime": {strconv.FormatInt(e.s.At.Unix(), 10)},
		"SecureTransport": {"false"}, "signatureversion": {"AWS4-HMAC-SHA256"}, "authType": {"REST-HEADER"},
	}
	if c.subject.Kind == AsAnonymous {
		delete(out, "signatureversion")
		out["authType"] = []string{"Anonymous"}
	}
	maps.Copy(out, q.Values)
	out["userid"], out["username"], out["principaltype"] = []string{user}, []string{user}, []string{kind}
	if q.Version != "" {
		out["versionid"] = []string{q.Version}
	}
	return out
}

// decide follows the server: the bucket's denials, then the policies of who
// asks, then what the bucket allows beside them.
// (rustfs src/storage/access.rs authorize_request)
func (e *Evaluator) decide(c *caller, q Question, d *Decision) {
	in := args{action: q.Action, bucket: q.Bucket, key: q.Key, values: e.values(c, q), account: c.account, ifs: c.ifs}
	if !strings.HasPrefix(q.Action, "s3:") {
		if strings.HasPrefix(q.Action, "sts:") {
			e.session(c, in, d)
			return
		}
		e.identity(c, in, d)
		return
	}
	if leaves(q.Bucket, q.Key) && e.needsTags(c, in) {
		d.Reasons = append(d.Reasons, "the name leads out of the bucket, and a condition asks for the object's tags, which cannot be read")
		return
	}
	var bucket verdict
	if b := e.buckets[q.Bucket]; q.Bucket != "" && b != nil {
		bucket = ask([]attached{{b, "bucket/" + q.Bucket, ofBucket}}, in)
	}
	if bucket.deny != nil && (!c.owner || !ofBucketPolicies(q.Action)) {
		d.settle(false, bucket.deny)
		return
	}
	if e.identity(c, in, d) {
		return
	}
	if q.Bucket == "" {
		return
	}
	e.beside(c, in, bucket, d)
}

// leaves reports that a name's dots lead out of its bucket.
func leaves(bucket, key string) bool {
	return key != "" && !strings.HasPrefix(resourceOf("", bucket, key, false)+"/", bucket+"/")
}

// needsTags reports that a statement about what is asked has a condition on
// the tags of the object: the server reads them before it decides, and
// refuses when it cannot.
func (e *Evaluator) needsTags(c *caller, in args) bool {
	const tags = "ExistingObjectTag"
	all := slices.Clone(c.policies)
	if c.own != nil && !c.nothing {
		all = append(all, *c.own)
	}
	in.id = &identity{account: c.account, parent: c.parent, now: e.s.At}
	for _, a := range all {
		if slices.ContainsFunc(a.policy.rules, func(r rule) bool { return r.when.mentions(tags) && r.reaches(in) }) {
			return true
		}
	}
	b := e.buckets[in.bucket]
	return b != nil && slices.ContainsFunc(b.rules, func(r rule) bool { return r.when.mentions(tags) && r.reachesBucket(in) })
}

// ofBucketPolicies are the actions that no bucket policy can take from root,
// so that a bad one can be mended.
func ofBucketPolicies(action string) bool {
	return action == "s3:GetBucketPolicy" || action == "s3:PutBucketPolicy" || action == "s3:DeleteBucketPolicy"
}

// settle ends a decision at a statement.
func (d *Decision) settle(allowed bool, by *Source) {
	d.Allowed, d.By = allowed, by
	word := "denies"
	if allowed {
		word = "allows"
	}
	name := "policy/" + by.Policy
	switch by.Of {
	case ofKey:
		name = "key/" + by.Policy
	case ofBucket:
		name = "bucket policy of " + by.Policy
	}
	d.Path = append(d.Path, PathStep{name, fmt.Sprintf("statement %d %s", by.Statement, word)})
}

// identity asks the policies of who asks; it reports whether they allow.
func (e *Evaluator) identity(c *caller, in args, d *Decision) bool {
	if c.owner {
		d.Allowed = true
		d.Path = append(d.Path, PathStep{c.subject.String(), "is root: no policy is asked"})
		return true
	}
	user, own := e.both(c, in)
	switch {
	case c.noOwn:
		d.Reasons = append(d.Reasons, "the key's own policy cannot be read")
	case c.own != nil && own.deny != nil:
		d.settle(false, own.deny)
	case user.deny != nil:
		d.settle(false, user.deny)
	case user.allow == nil && !c.rootKey:
		d.Reasons = append(d.Reasons, "no statement of "+c.whose()+" allows it")
	case c.own != nil && own.allow == nil:
		d.Reasons = append(d.Reasons, "the key's own policy does not allow it")
	case c.own != nil:
		if user.allow != nil {
			d.settle(true, user.allow)
		}
		d.settle(true, own.allow)
	default:
		d.settle(true, user.allow)
	}
	return d.Allowed
}

func (c *caller) whose() string {
	switch {
	case c.subject.Kind == AsAnonymous:
		return "a policy of nobody" // bucket policies are spoken of later
	case c.parent != "":
		return "the user's policies"
	case c.subject.Kind == AsGroup:
		return "the group's policies"
	}
	return "the user's policies"
}

// both asks the user's policies and the key's own.
func (e *Evaluator) both(c *caller, in args) (user, own verdict) {
	id := &identity{account: c.account, parent: c.parent, now: e.s.At}
	if c.parent != "" {
		id.account = c.parent
	}
	in.id = id
	user = ask(c.policies, in)
	if c.own != nil {
		in.id = &identity{account: c.account, parent: c.parent, now: e.s.At}
		own = ask([]attached{*c.own}, in)
	}
	return user, own
}

// deletes are the actions whose explicit denial to a user no bucket policy
// takes back. All others it does.
func deletes(action string) bool {
	switch action {
	case "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ForceDeleteBucket", "s3:ForceDeleteObject", "s3:ListBucketVersions",
		"s3:BypassGovernanceRetention", "s3:ReplicateDelete":
		return true
	}
	return false
}

// beside is what a bucket's policy allows to those whose own policies do not.
func (e *Evaluator) beside(c *caller, in args, bucket verdict, d *Decision) {
	user, own := e.both(c, in)
	denied := user.deny != nil || own.deny != nil || c.noOwn
	if c.subject.Kind != AsAnonymous && !c.nothing && denied && deletes(in.action) {
		return
	}
	if bucket.allow == nil && c.subject.Kind == AsAnonymous && in.action == "s3:ListBucketVersions" {
		in.action, in.key = "s3:ListBucket", ""
		if b := e.buckets[in.bucket]; b != nil {
			if v := ask([]attached{{b, "bucket/" + in.bucket, ofBucket}}, in); v.allowed() {
				bucket = v
			}
		}
	}
	if bucket.allow == nil {
		if d.By == nil {
			d.Reasons = append(d.Reasons, e.noBucketWord(in.bucket))
		}
		return
	}
	if denied {
		d.Reasons = append(d.Reasons, "a denial of the user's own policies does not count against what the bucket's policy allows")
	} else {
		d.Reasons = slices.DeleteFunc(d.Reasons, func(r string) bool { return strings.HasSuffix(r, "allows it") || strings.HasSuffix(r, "not allow it") })
	}
	d.settle(true, bucket.allow)
}

func (e *Evaluator) noBucketWord(bucket string) string {
	if why := e.Broken(ofBucket, bucket); why != "" {
		return "the bucket's policy cannot be read: " + why
	}
	if e.buckets[bucket] == nil {
		return "the bucket has no policy"
	}
	return "no statement of the bucket's policy allows it"
}

// session is sts:AssumeRole, which everybody may who has some policy, unless
// it is denied; access keys may not.
func (e *Evaluator) session(c *caller, in args, d *Decision) {
	switch {
	case c.subject.Kind == AsAnonymous:
		d.Reasons = append(d.Reasons, "a session needs a key to begin with")
	case c.parent != "":
		d.Reasons = append(d.Reasons, "access keys get no sessions; only users with their own secret do")
	case c.owner:
		e.identity(c, in, d)
	case c.nothing:
		d.Reasons = append(d.Reasons, "there is no policy at all")
	default:
		if user, _ := e.both(c, in); user.deny != nil {
			d.settle(false, user.deny)
			return
		}
		d.Allowed = true
		d.Reasons = append(d.Reasons, "sessions are allowed unless a statement denies them")
	}
}

// remarks say what else a person should know about an answer.
func (e *Evaluator) remarks(q Question, d Decision) []string {
	var out []string
	if why := NeverAsked(q.Action); why != "" {
		out = append(out, "RustFS never asks for "+q.Action+": "+why)
	}
	if _, ok := e.s.Bucket(q.Bucket); !ok && q.Bucket != "" && strings.HasPrefix(q.Action, "s3:") {
		out = append(out, "there is no bucket "+q.Bucket+" now")
	}
	if q.Action == "s3:ListAllMyBuckets" && !d.Allowed {
		out = append(out, "listing buckets still shows those on which s3:ListBucket or s3:GetBucketLocation is allowed by the user's policies")
	}
	if q.Action == "admin:CreateServiceAccount" || q.Action == "admin:UpdateServiceAccount" {
		out = append(out, "the access keys of others are made and changed by root alone, whatever policies say; one's own by everybody to whom it is not denied")
	}
	return out
}

// Access says how much of what one asks about is allowed.
type Access string

// The answers. Some is allowed of part of the objects, or under conditions.
const (
	All  Access = "yes"
	Some Access = "some"
	None Access = "no"
)

// Reach says how much of a bucket an action reaches for somebody; of the
// server for an action that is of no bucket.
func (e *Evaluator) Reach(who Subject, action, bucket string) Access {
	always, sometimes, never := e.reach(who, action, bucket)
	switch {
	case always+sometimes == 0:
		return None
	case sometimes+never == 0:
		return All
	}
	return Some
}

// Conditional reports that somebody is allowed an action on a bucket, and
// under conditions only.
func (e *Evaluator) Conditional(who Subject, action, bucket string) bool {
	always, sometimes, _ := e.reach(who, action, bucket)
	return always == 0 && sometimes > 0
}

// reach counts the examples of an action that are allowed always, under
// conditions, and never.
func (e *Evaluator) reach(who Subject, action, bucket string) (always, sometimes, never int) {
	c := e.caller(who)
	if c.refused != "" {
		return 0, 0, 1
	}
	keys := []string{""}
	if OnObjects(action) {
		keys = append([]string{"*"}, e.examples(c, bucket)...)
	}
	lenient := *c
	lenient.ifs = true
	for _, k := range keys {
		q := Question{Action: action, Bucket: bucket, Key: k}
		switch {
		case e.settled(c, q):
			always++
		case e.settled(&lenient, q):
			sometimes++
		default:
			never++
		}
	}
	return always, sometimes, never
}

func (e *Evaluator) settled(c *caller, q Question) bool {
	var d Decision
	e.decide(c, q, &d)
	return d.Allowed
}

// examples are names of objects of a bucket that the policies which count make
// a difference for.
func (e *Evaluator) examples(c *caller, bucket string) []string {
	policies := slices.Clone(c.policies)
	if c.own != nil {
		policies = append(policies, *c.own)
	}
	if b := e.buckets[bucket]; b != nil {
		policies = append(policies, attached{policy: b})
	}
	id := &identity{account: c.account, parent: c.parent, now: e.s.At}
	var out []string
	for _, a := range policies {
		for _, r := range a.policy.rules {
			for _, arn := range slices.Concat(r.Resource, r.NotResource) {
				where, key, ok := strings.Cut(id.expand(strings.TrimPrefix(arn, s3ARN)), "/")
				if key = strings.NewReplacer("*", "x", "?", "x").Replace(key); ok && key != "" && key != "x" && Wildcard(where, bucket) && !slices.Contains(out, key) {
					out = append(out, key)
				}
			}
		}
	}
	return out
}

// Visible are the buckets that somebody sees in the list of all buckets; none
// means that the server refuses the list. The policies of buckets do not count
// there. (rustfs src/app/bucket_usecase.rs execute_list_buckets)
func (e *Evaluator) Visible(who Subject, values map[string][]string) (names []string, allowed bool) {
	c := e.caller(who)
	if c.refused != "" || who.Kind == AsAnonymous {
		return nil, false
	}
	ask := func(action, bucket string, values map[string][]string) bool {
		in := args{action: action, bucket: bucket, values: e.values(c, Question{Values: values}), account: c.account}
		return e.identity(c, in, &Decision{})
	}
	all := ask("s3:ListAllMyBuckets", "", values)
	one := maps.Clone(values)
	if one == nil {
		one = map[string][]string{}
	}
	one["prefix"], one["delimiter"] = []string{""}, []string{"/"}
	for _, b := range e.s.Buckets {
		if all || ask("s3:ListBucket", b.Name, one) || ask("s3:GetBucketLocation", b.Name, one) {
			names = append(names, b.Name)
		}
	}
	return names, all || len(names) > 0
}
