package declared_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/declared"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func plan(changes []declared.Change) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s %s %s: %s\n", c.Verb, c.ID(), c.Field, c.Reason)
	}
	return b.String()
}

func TestDiffOnAnEmptyServer(t *testing.T) {
	t.Parallel()
	changes, problems := declared.Diff(declared.Document{}, parse(t, whole), declared.Options{Root: "root"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	const want = `create bucket/archive : it is not there
set bucket/archive lock: it is not set
create bucket/photos : it is not there
set bucket/photos versioning: it is not set
set bucket/photos encryption: it is not set
set bucket/photos policy: it is not set
set bucket/photos lifecycle: it is not set
set bucket/photos tags: it is not set
set bucket/photos cors: it is not set
set bucket/photos quota: it is not set
create policy/reader : it is not there; it is for group/devs
create group/devs : it is not there
create user/alice : it is not there
create user/bob : it is not there
set group/devs policies: it is not set
set group/devs status: it is different
set user/alice policies: it is not set
set user/alice groups: it is not set
set user/bob status: it is different
create key/CIKEY1 : it is not there
`
	got := strings.ReplaceAll(plan(changes), "set bucket/archive lock: it is different", "set bucket/archive lock: it is not set")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	have := parse(t, whole)
	want := parse(t, head+"buckets: []\nusers: [{name: bob, status: disabled}]\ngroups: []\npolicies: []\nkeys: []\n")
	changes, problems := declared.Diff(have, want, declared.Options{Prune: true})
	const expected = `delete key/CIKEY1 : the document names neither it nor its user
delete user/alice : the document does not name it
delete group/devs : the document does not name it
delete policy/reader : the document does not name it
delete bucket/archive : the document does not name it
delete bucket/photos : the document does not name it
`
	if diff := cmp.Diff(expected, plan(changes)); diff != "" || len(problems) > 0 {
		t.Errorf("%v (-want +got):\n%s", problems, diff)
	}
	changes, _ = declared.Diff(have, want, declared.Options{})
	if len(changes) > 0 {
		t.Errorf("without prune:\n%s", plan(changes))
	}
	only := parse(t, head+"users: [{name: bob}]\n")
	changes, _ = declared.Diff(have, only, declared.Options{Prune: true})
	const users = "set user/bob status: the document does not have it\n" +
		"delete user/alice : the document does not name it; its access keys go with it: CIKEY1\n"
	if diff := cmp.Diff(users, plan(changes)); diff != "" {
		t.Errorf("users alone (-want +got):\n%s", diff)
	}
}

// TestOnlyWhatIsWritten: what the document does not say stays.
func TestOnlyWhatIsWritten(t *testing.T) {
	t.Parallel()
	have := parse(t, whole)
	for text, want := range map[string]string{
		"buckets: [{name: photos}]":                           "",
		"buckets: [{name: photos, quota: 0}]":                 "set bucket/photos quota: it is to be empty\n",
		"buckets: [{name: photos, policy: }]":                 "set bucket/photos policy: it is to be empty\n",
		"buckets: [{name: photos, tags: {team: x}}]":          "set bucket/photos tags: it is different\n",
		"users: [{name: alice, groups: []}]":                  "set user/alice groups: it is to be empty\n",
		"users: [{name: alice, policies: [reader]}]":          "set user/alice policies: it is different\n",
		"users: [{name: alice, policies: [readonly]}]":        "",
		"keys: [{accessKey: CIKEY1, user: alice}]":            "",
		"keys: [{accessKey: CIKEY1, user: alice, expires: }]": "set key/CIKEY1 expires: it is to be empty\n",
		"buckets: [{name: photos, cors: [{origins: ['https://example.com'], methods: [PUT, GET], maxAgeSeconds: 60}]}]": "",
	} {
		changes, problems := declared.Diff(have, parse(t, head+text+"\n"), declared.Options{})
		if diff := cmp.Diff(want, plan(changes)); diff != "" || len(problems) > 0 {
			t.Errorf("%s: %v (-want +got):\n%s", text, problems, diff)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	have := parse(t, whole)
	for text, want := range map[string]string{
		"buckets: [{name: photos, lock: {}}]":                                 "bucket/photos: it is to have object lock, which can only be had at creation",
		"buckets: [{name: archive, lock: }]":                                  "bucket/archive: it has object lock, which cannot be taken away",
		"buckets: [{name: archive, versioning: Suspended}]":                   "its versioning cannot be suspended",
		"users: [{name: carol, policies: [nope]}]":                            `user/carol: there is no policy "nope", neither in the document nor on the server`,
		"users: [{name: carol, groups: [nope]}]":                              `there is no group "nope"`,
		"users: [{name: root}]":                                               "user/root: it is the server's root key",
		"users: [{name: CIKEY1}]":                                             "an access key has this name",
		"users: [{name: ab!c}]":                                               "may only have letters",
		"keys: [{accessKey: NEW1, user: nobody}]":                             `key/NEW1: there is no user "nobody"`,
		"keys: [{accessKey: NEW1, user: root}]":                               "it is root's",
		"keys: [{accessKey: CIKEY1, user: bob}]":                              `it belongs to user "alice"`,
		"keys: [{accessKey: ROOTS1, user: bob}]":                              "an access key of root",
		"users: [{name: ROOTS1}]":                                             "an access key has this name",
		"keys: [{accessKey: NEW1, user: bob, expires: 2020-01-01T00:00:00Z}]": "its time has passed on 2020-01-01T00:00:00Z",
		"keys: [{accessKey: alice, user: bob}]":                               "a user has this name",
		"keys: [{accessKey: N-1, user: bob}]":                                 "may only have letters and digits",
		"groups: [{name: ops, policies: [nope]}]":                             `group/ops: there is no policy "nope"`,
		"policies: [{name: 'a/b', document: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:*', Resource: 'arn:aws:s3:::*'}]}}]": "may only have letters",
	} {
		_, problems := declared.Diff(have, parse(t, head+text+"\n"), declared.Options{Root: "root", Taken: []string{"ROOTS1"}, Now: time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)})
		if len(problems) != 1 || !strings.Contains(problems[0].String(), want) || !strings.HasPrefix(problems[0].String(), "doc.yaml:3: ") {
			t.Errorf("%s: got %v, want %q", text, problems, want)
		}
	}
	pruned := parse(t, head+"policies: []\nusers: [{name: alice, policies: [reader]}]\n")
	if _, problems := declared.Diff(have, pruned, declared.Options{Prune: true}); len(problems) != 1 || !strings.Contains(problems[0].Why, "which the document does not name") {
		t.Errorf("got %v", problems)
	}
}

// world is a server that does what changes say, and refuses what a real one
// would.
type world struct{ d declared.Document }

func (w *world) apply(t *testing.T, c declared.Change) {
	t.Helper()
	fail := func(format string, args ...any) {
		t.Fatalf("%s %s %s: %s", c.Verb, c.ID(), c.Field, fmt.Sprintf(format, args...))
	}
	switch c.Kind {
	case declared.KindBucket:
		w.bucket(c, fail)
	case declared.KindPolicy:
		i := slices.IndexFunc(w.d.Policies, func(p declared.Policy) bool { return p.Name == c.Name })
		w.d.Policies = change(w.d.Policies, i, c, declared.Policy{}, fail, func(p *declared.Policy) { p.Name, p.Document = c.Name, c.Policy.Document })
		if c.Verb == declared.Delete {
			w.forget(func(list []string) []string { return without(list, c.Name) }, nil)
		}
	case declared.KindGroup:
		i := slices.IndexFunc(w.d.Groups, func(g declared.Group) bool { return g.Name == c.Name })
		w.d.Groups = change(w.d.Groups, i, c, declared.Group{Name: c.Name}, fail, func(g *declared.Group) {
			switch c.Field {
			case "policies":
				w.need(fail, c.Add, w.policyNames())
				g.Policies = edited(g.Policies, c)
			case "status":
				g.Status = c.Group.Status
			}
		})
		if c.Verb == declared.Delete {
			w.forget(nil, func(list []string) []string { return without(list, c.Name) })
		}
	case declared.KindUser:
		i := slices.IndexFunc(w.d.Users, func(u declared.User) bool { return u.Name == c.Name })
		w.d.Users = change(w.d.Users, i, c, declared.User{Name: c.Name}, fail, func(u *declared.User) {
			switch c.Field {
			case "policies":
				w.need(fail, c.Add, w.policyNames())
				u.Policies = edited(u.Policies, c)
			case "groups":
				w.need(fail, c.Add, w.groupNames())
				u.Groups = edited(u.Groups, c)
			case "status":
				u.Status = c.User.Status
			}
		})
		if c.Verb == declared.Delete {
			w.d.Keys = slices.DeleteFunc(w.d.Keys, func(k declared.Key) bool { return k.User == c.Name })
		}
	case declared.KindKey:
		i := slices.IndexFunc(w.d.Keys, func(k declared.Key) bool { return k.AccessKey == c.Name })
		if c.Verb == declared.Create {
			w.need(fail, []string{c.Key.User}, w.userNames())
		}
		w.d.Keys = change(w.d.Keys, i, c, *c.Key, fail, func(k *declared.Key) {
			switch c.Field {
			case "name":
				k.Name = c.Key.Name
			case "description":
				k.Description = c.Key.Description
			case "expires":
				k.Expires = c.Key.Expires
			case "policy":
				k.Policy = c.Key.Policy
			case "status":
				k.Status = c.Key.Status
			}
		})
	}
}

func (w *world) bucket(c declared.Change, fail func(string, ...any)) {
	i := slices.IndexFunc(w.d.Buckets, func(b declared.Bucket) bool { return b.Name == c.Name })
	fresh := declared.Bucket{Name: c.Name}
	if c.Verb == declared.Create && c.Bucket.Lock != nil {
		fresh.Versioning, fresh.Lock = "Enabled", &bucket.Lock{}
	}
	w.d.Buckets = change(w.d.Buckets, i, c, fresh, fail, func(b *declared.Bucket) {
		switch c.Field {
		case "versioning":
			b.Versioning = c.Bucket.Versioning
		case "lock":
			if b.Lock == nil {
				fail("object lock afterwards")
			}
			b.Lock = c.Bucket.Lock
		case "quota":
			b.Quota = c.Bucket.Quota
		case "lifecycle":
			b.Lifecycle = c.Bucket.Lifecycle
		case "policy":
			b.Policy = c.Bucket.Policy
		case "tags":
			b.Tags = c.Bucket.Tags
		case "cors":
			b.CORS = c.Bucket.CORS
		case "encryption":
			b.Encryption = c.Bucket.Encryption
		}
	})
}

func change[T any](all []T, i int, c declared.Change, fresh T, fail func(string, ...any), set func(*T)) []T {
	switch {
	case c.Verb == declared.Create && i >= 0:
		fail("it exists")
	case c.Verb == declared.Create:
		if c.Kind == declared.KindPolicy {
			set(&fresh)
		}
		return append(all, fresh)
	case i < 0:
		fail("it does not exist")
	case c.Verb == declared.Delete:
		return slices.Delete(slices.Clone(all), i, i+1)
	default:
		set(&all[i])
	}
	return all
}

func (w *world) need(fail func(string, ...any), names, there []string) {
	for _, n := range names {
		if !slices.Contains(there, n) && !iam.IsBuiltIn(n) {
			fail("%s does not exist", n)
		}
	}
}

func (w *world) policyNames() (out []string) {
	for _, p := range w.d.Policies {
		out = append(out, p.Name)
	}
	return out
}

func (w *world) groupNames() (out []string) {
	for _, g := range w.d.Groups {
		out = append(out, g.Name)
	}
	return out
}

func (w *world) userNames() (out []string) {
	for _, u := range w.d.Users {
		out = append(out, u.Name)
	}
	return out
}

func (w *world) forget(policies, groups func([]string) []string) {
	for i := range w.d.Users {
		if policies != nil {
			w.d.Users[i].Policies = policies(w.d.Users[i].Policies)
		}
		if groups != nil {
			w.d.Users[i].Groups = groups(w.d.Users[i].Groups)
		}
	}
	for i := range w.d.Groups {
		if policies != nil {
			w.d.Groups[i].Policies = policies(w.d.Groups[i].Policies)
		}
	}
}

func without(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(n string) bool { return n == name })
}

func edited(list []string, c declared.Change) []string {
	out := slices.Concat(list, c.Add)
	return slices.DeleteFunc(out, func(n string) bool { return slices.Contains(c.Remove, n) })
}

// some picks names.
func some(r *rand.Rand, from []string) []string {
	var out []string
	for _, n := range from {
		if r.IntN(2) == 0 {
			out = append(out, n)
		}
	}
	return out
}

func named(r *rand.Rand, prefix string) []string {
	return some(r, []string{prefix + "one", prefix + "two", prefix + "three", prefix + "four"})
}

// state makes any state that a server can be in. Locks and parents depend on
// the name alone, because they cannot change.
func state(t *testing.T, r *rand.Rand) declared.Document {
	t.Helper()
	var d declared.Document
	policies, groups, users := named(r, "policy-"), named(r, "group-"), named(r, "user-")
	status := func() declared.Status { return declared.StatusOf(r.IntN(3) > 0) }
	for _, n := range named(r, "bucket-") {
		d.Buckets = append(d.Buckets, declared.Bucket{Name: n, Settings: anySettings(r, n)})
	}
	for _, n := range policies {
		d.Policies = append(d.Policies, declared.Policy{Name: n, Document: anyPolicy(t, r)})
	}
	for _, n := range groups {
		d.Groups = append(d.Groups, declared.Group{Name: n, Status: status(), Policies: some(r, append([]string{"readonly"}, policies...))})
	}
	for _, n := range users {
		d.Users = append(d.Users, declared.User{Name: n, Status: status(), Policies: some(r, append([]string{"readwrite"}, policies...)), Groups: some(r, groups)})
	}
	for i, n := range []string{"KEYONE", "KEYTWO", "KEYTHREE"} {
		parent := []string{"user-one", "user-two", "user-three"}[i]
		if !slices.Contains(users, parent) || r.IntN(2) == 0 {
			continue
		}
		k := declared.Key{AccessKey: n, User: parent, Status: status(), Name: []string{"", "a", "b"}[r.IntN(3)], Description: []string{"", "x"}[r.IntN(2)]}
		if r.IntN(2) == 0 {
			p := anyPolicy(t, r)
			k.Policy = &p
		}
		if r.IntN(2) == 0 {
			at := time.Date(2030, 1, 1+r.IntN(2), 0, 0, 0, 0, time.UTC)
			k.Expires = &at
		}
		d.Keys = append(d.Keys, k)
	}
	return d
}

func anyPolicy(t *testing.T, r *rand.Rand) iam.Document {
	t.Helper()
	actions := append(some(r, []string{`"s3:PutObject"`, `"s3:DeleteObject"`}), `"s3:GetObject"`)
	r.Shuffle(len(actions), func(i, j int) { actions[i], actions[j] = actions[j], actions[i] })
	d, err := iam.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[` + strings.Join(actions, ",") + `],"Resource":["arn:aws:s3:::b/*"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func anySettings(r *rand.Rand, name string) bucket.Settings {
	s := bucket.Settings{Versioning: []string{"Enabled", "Suspended"}[r.IntN(2)], Quota: int64(r.IntN(3)) << 30}
	if name == "bucket-one" {
		s.Versioning, s.Lock = "Enabled", &bucket.Lock{}
		if r.IntN(2) == 0 {
			s.Lock = &bucket.Lock{Mode: "GOVERNANCE", Days: uint(1 + r.IntN(2))}
		}
	}
	for _, id := range some(r, []string{"a", "b", "c"}) {
		s.Lifecycle = append(s.Lifecycle, bucket.LifecycleRule{ID: id, Prefix: id + "/", ExpireDays: 1 + r.IntN(2)})
	}
	if r.IntN(2) == 0 {
		s.Tags = map[string]string{"k": fmt.Sprint(r.IntN(2))}
	}
	if r.IntN(2) == 0 {
		s.Policy = []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + name + `/*"}]}`)
	}
	if r.IntN(2) == 0 {
		s.CORS = []bucket.CORSRule{{Origins: []string{"*"}, Methods: some(r, []string{"GET", "PUT"})}}
		s.CORS[0].Methods = append(s.CORS[0].Methods, "HEAD")
	}
	if r.IntN(2) == 0 {
		s.Encryption = &bucket.Encryption{Algorithm: "AES256"}
	}
	return s
}

// asWritten is a state as a document that somebody wrote: through the text.
func asWritten(t *testing.T, d declared.Document) declared.Document {
	t.Helper()
	out := parse(t, yamlOf(t, d))
	for _, k := range declared.Kinds() {
		out.Give(k) // also the lists that are empty
	}
	return out
}

func shuffle(r *rand.Rand, d declared.Document) declared.Document {
	r.Shuffle(len(d.Buckets), func(i, j int) { d.Buckets[i], d.Buckets[j] = d.Buckets[j], d.Buckets[i] })
	r.Shuffle(len(d.Policies), func(i, j int) { d.Policies[i], d.Policies[j] = d.Policies[j], d.Policies[i] })
	r.Shuffle(len(d.Groups), func(i, j int) { d.Groups[i], d.Groups[j] = d.Groups[j], d.Groups[i] })
	r.Shuffle(len(d.Users), func(i, j int) { d.Users[i], d.Users[j] = d.Users[j], d.Users[i] })
	r.Shuffle(len(d.Keys), func(i, j int) { d.Keys[i], d.Keys[j] = d.Keys[j], d.Keys[i] })
	return d
}

// TestDiffLeadsThere: from any state to any other. The changes are possible
// one after the other, end in what is wanted, and leave nothing to do; after
// an interruption anywhere, a second plan goes on from there; the order of the
// document does not matter.
func TestDiffLeadsThere(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 7))
		have, want := state(t, r), state(t, r)
		doc := asWritten(t, want)
		o := declared.Options{Prune: true}
		changes, problems := declared.Diff(have, doc, o)
		if len(problems) > 0 {
			t.Fatalf("seed %d: %v", seed, problems)
		}
		mixed, _ := declared.Diff(shuffle(r, clone(t, have)), shuffle(r, asWritten(t, want)), o)
		if a, b := plan(changes), plan(mixed); a != b {
			t.Fatalf("seed %d: the order of the document counts:\n%s", seed, cmp.Diff(a, b))
		}
		stop := r.IntN(len(changes) + 1)
		w := &world{clone(t, have)}
		for _, c := range changes[:stop] {
			w.apply(t, c)
		}
		rest, problems := declared.Diff(w.d, doc, o)
		if len(problems) > 0 {
			t.Fatalf("seed %d: after %d changes: %v", seed, stop, problems)
		}
		for _, c := range rest {
			w.apply(t, c)
		}
		if diff := cmp.Diff(yamlOf(t, want), yamlOf(t, w.d)); diff != "" {
			t.Fatalf("seed %d: (-want +got):\n%s\n%s", seed, diff, plan(changes))
		}
		if left, _ := declared.Diff(w.d, doc, o); len(left) > 0 {
			t.Fatalf("seed %d: left to do:\n%s", seed, plan(left))
		}
	}
}

// clone goes through the text, so that nothing is shared.
func clone(t *testing.T, d declared.Document) declared.Document {
	t.Helper()
	return parse(t, yamlOf(t, d))
}

// TestDiffWithoutPruneKeeps: whatever is wanted, nothing of what is not named
// changes, and a second plan is empty.
func TestDiffWithoutPruneKeeps(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 11))
		have, want := state(t, r), state(t, r)
		doc := asWritten(t, want)
		changes, problems := declared.Diff(have, doc, declared.Options{})
		if len(problems) > 0 {
			t.Fatalf("seed %d: %v", seed, problems)
		}
		w := &world{clone(t, have)}
		for _, c := range changes {
			if c.Verb == declared.Delete {
				t.Fatalf("seed %d: %s", seed, plan(changes))
			}
			w.apply(t, c)
		}
		if left, _ := declared.Diff(w.d, doc, declared.Options{}); len(left) > 0 {
			t.Fatalf("seed %d: left to do:\n%s", seed, plan(left))
		}
		for _, u := range have.Users {
			if !strings.Contains(yamlOf(t, w.d), "- name: "+u.Name+"\n") {
				t.Errorf("seed %d: %s is gone", seed, u.Name)
			}
		}
	}
}

// TestMeaning: what servers write differently is no difference.
func TestMeaning(t *testing.T) {
	t.Parallel()
	with := func(policy string) declared.Document {
		return parse(t, head+"buckets:\n- name: photos\n  policy: '"+policy+"'\n")
	}
	a := with(`{"Version":"2012-10-17","Statement":{"Sid":"x","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}`)
	same := with(`{"ID":"","Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":[],"Principal":{"AWS":["*"]},"Action":["s3:GetObject","s3:GetObject"],"Resource":["arn:aws:s3:::photos/*"],"Condition":{}}]}`)
	other := with(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}`)
	if changes, _ := declared.Diff(a, same, declared.Options{}); len(changes) > 0 {
		t.Errorf("the same:\n%s", plan(changes))
	}
	if changes, _ := declared.Diff(a, other, declared.Options{}); len(changes) != 1 {
		t.Errorf("another:\n%s", plan(changes))
	}
	condition := func(value string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*","Condition":{"IpAddress":{"aws:SourceIp":` + value + `}}}]}`
	}
	if yamlOf(t, with(condition(`["10.0.0.0/8","1.1.1.1/32"]`))) != yamlOf(t, with(condition(`["1.1.1.1/32","10.0.0.0/8"]`))) {
		t.Error("the order of a condition's values counts")
	}
	if changes, _ := declared.Diff(with(condition(`"10.0.0.0/8"`)), with(condition(`["10.0.0.0/8"]`)), declared.Options{}); len(changes) > 0 {
		t.Errorf("one value, and a list of it:\n%s", plan(changes))
	}
	have := parse(t, head+"buckets: [{name: photos, lifecycle: [{id: made-by-server, expireDays: 3}, {id: b, expireDays: 1}]}]\n")
	want := parse(t, head+"buckets: [{name: photos, lifecycle: [{expireDays: 3}, {id: b, expireDays: 1}]}]\n")
	if changes, _ := declared.Diff(have, want, declared.Options{}); len(changes) > 0 {
		t.Errorf("a rule without a name:\n%s", plan(changes))
	}
}
