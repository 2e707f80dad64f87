package candiff

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

// asker is somebody who makes calls.
type asker struct {
	subject iam.Subject
	key     target.Key // empty: unsigned
}

// world is the server and what has been put into it.
type world struct {
	target    *target.Target
	gen       *generator
	root      s3.Options
	store     *s3.Store
	admin     *admin.Client
	transport *http.Transport
	buckets   []string
	tags      map[string]map[string]string // by BUCKET/KEY
	state     iam.Snapshot
	askers    []asker
}

const password = "a-secret-of-candiff"

// Sizes of a round.
const (
	users    = 7
	groups   = 4
	policies = 12
	ownKeys  = 6
)

// newWorld makes the buckets and objects, which stay the same.
func newWorld(t *testing.T, s *target.Target, g *generator) *world {
	t.Helper()
	w := &world{
		target: s, gen: g, store: s.Store(t, s.Root), admin: s.Admin(t, s.Root), buckets: []string{"candiff-one", "candiff-one-more", "candiff-two"},
		tags: map[string]map[string]string{}, transport: &http.Transport{MaxIdleConnsPerHost: askersAtOnce},
	}
	t.Cleanup(w.transport.CloseIdleConnections)
	w.root = s3.Options{Endpoint: s.Endpoint, Transport: w.transport, UserAgent: userAgent, AccessKey: s.Root.Access, SecretKey: secret.New(s.Root.Secret)}
	for i, b := range w.buckets {
		must(t, w.store.CreateBucket(t.Context(), b, false))
		if i == 1 {
			must(t, w.store.EnableVersioning(t.Context(), b))
		}
		for _, k := range keys() {
			w.object(t, b, k)
		}
	}
	return w
}

func (w *world) object(t *testing.T, bucket, key string) {
	t.Helper()
	r := s3.Request{Method: http.MethodPut, Bucket: bucket, Key: key, Body: "x"}
	if strings.HasSuffix(key, "tagged") {
		tags := map[string]string{"env": map[bool]string{true: "prod", false: "test"}[key == "tagged"]}
		w.tags[bucket+"/"+key] = tags
		r.Headers = map[string]string{"X-Amz-Tagging": "env=" + tags["env"]}
	}
	w.asRoot(t, r)
}

// asRoot sends a request that must be carried out.
func (w *world) asRoot(t *testing.T, r s3.Request) {
	t.Helper()
	a, err := s3.Ask(t.Context(), w.root, r)
	must(t, err)
	if a.Status/100 != 2 {
		t.Fatalf("%s %s/%s: %d %s", r.Method, r.Bucket, r.Key, a.Status, a.Body)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// round makes new users, groups, policies and keys, and gives the buckets new
// policies.
func (w *world) round(t *testing.T, n int) {
	t.Helper()
	w.state = iam.Snapshot{Root: w.target.Root.Access}
	w.askers = []asker{
		{iam.Subject{Kind: iam.AsAnonymous}, target.Key{}},
		{iam.Subject{Kind: iam.AsRoot, Name: w.target.Root.Access}, w.target.Root},
	}
	for i := range users {
		name := fmt.Sprintf(pick(w.gen, []string{"candiff-user-%d-%d", "Candiff.User_%d_%d", "u-%d-%d@example.com"}), n, i)
		must(t, w.admin.AddUser(t.Context(), name, secret.New(password)))
		w.state.Users = append(w.state.Users, iam.UserState{Name: name, Enabled: true})
		w.askers = append(w.askers, asker{iam.Subject{Kind: iam.AsUser, Name: name}, target.Key{Access: name, Secret: password}})
	}
	for i := range policies {
		w.policy(t, fmt.Sprintf("candiff-policy-%d-%d", n, i))
	}
	w.groups(t, n)
	w.attach(t)
	w.keys(t, n)
	w.bucketPolicies(t)
	if w.gen.rng.IntN(2) == 0 {
		u := &w.state.Users[w.gen.rng.IntN(users)]
		u.Enabled = false
		must(t, w.admin.SetUserStatus(t.Context(), u.Name, false))
	}
}

// policy writes one that the server takes; what it refuses is made anew.
func (w *world) policy(t *testing.T, name string) {
	t.Helper()
	for {
		d := w.gen.identity(w)
		err := w.admin.PutPolicy(t.Context(), name, d)
		if refused(err) {
			continue
		}
		must(t, err)
		w.state.Policies = append(w.state.Policies, iam.PolicyState{Name: name, Document: d})
		return
	}
}

// refused reports that the server does not take a document.
func refused(err error) bool {
	return admin.IsCode(err, "InvalidRequest") || admin.IsCode(err, "InvalidArgument") || admin.IsCode(err, "MalformedPolicy")
}

func (w *world) groups(t *testing.T, n int) {
	t.Helper()
	for i := range groups {
		g := iam.GroupState{Name: fmt.Sprintf("candiff-group-%d-%d", n, i), Enabled: true}
		for _, u := range some(w.gen, w.state.Users, 3) {
			g.Members = append(g.Members, u.Name)
		}
		must(t, w.admin.AddMembers(t.Context(), g.Name, g.Members...))
		if w.gen.rng.IntN(8) == 0 {
			g.Enabled = false
		}
		w.state.Groups = append(w.state.Groups, g)
	}
}

// attach gives policies to users and groups.
func (w *world) attach(t *testing.T) {
	t.Helper()
	builtIn := []iam.PolicyState{{Name: "readonly"}, {Name: "readwrite"}, {Name: "writeonly"}, {Name: "consoleAdmin"}}
	names := func() []string {
		var out []string
		for _, p := range some(w.gen, w.state.Policies, 3) {
			out = append(out, p.Name)
		}
		if w.gen.rng.IntN(8) == 0 {
			out = append(out, pick(w.gen, builtIn).Name)
		}
		return out
	}
	for i, u := range w.state.Users {
		if w.gen.rng.IntN(6) == 0 {
			continue
		}
		w.state.Users[i].Policies = names()
		must(t, w.admin.AttachPolicies(t.Context(), admin.Holder{Name: u.Name}, w.state.Users[i].Policies...))
	}
	for i, g := range w.state.Groups {
		if w.gen.rng.IntN(4) > 0 {
			w.state.Groups[i].Policies = names()
			must(t, w.admin.AttachPolicies(t.Context(), admin.Holder{Name: g.Name, Group: true}, w.state.Groups[i].Policies...))
		}
		if !g.Enabled {
			must(t, w.admin.SetGroupStatus(t.Context(), g.Name, false))
		}
	}
	all, err := w.admin.Policies(t.Context())
	must(t, err)
	for _, p := range all {
		if slices.ContainsFunc(builtIn, func(b iam.PolicyState) bool { return b.Name == p.Name }) {
			w.state.Policies = append(w.state.Policies, iam.PolicyState{Name: p.Name, Document: p.Document})
		}
	}
}

// keys makes access keys of users and of root, with and without policies of
// their own.
func (w *world) keys(t *testing.T, n int) {
	t.Helper()
	for i := range ownKeys {
		k := admin.NewKey{AccessKey: fmt.Sprintf("CANDIFFKEY%dX%d", n, i), SecretKey: secret.New(password)}
		switch i {
		case 0:
			k.Parent = w.target.Root.Access
		case 1:
			k.Parent, k.Policy = w.target.Root.Access, w.gen.identity(w)
		default:
			k.Parent = pick(w.gen, w.state.Users).Name
			if w.gen.rng.IntN(3) > 0 {
				k.Policy = w.gen.identity(w)
			}
		}
		err := w.admin.AddKey(t.Context(), k)
		for refused(err) && k.Policy != nil {
			k.Policy = w.gen.identity(w)
			err = w.admin.AddKey(t.Context(), k)
		}
		must(t, err)
		state := iam.KeyState{AccessKey: k.AccessKey, Parent: k.Parent, Enabled: true, Own: k.Policy != nil, Policy: json.RawMessage(k.Policy)}
		if w.gen.rng.IntN(12) == 0 {
			state.Enabled = false
			must(t, w.admin.SetKeyStatus(t.Context(), k.AccessKey, false))
		}
		w.state.Keys = append(w.state.Keys, state)
		w.askers = append(w.askers, asker{iam.Subject{Kind: iam.AsKey, Name: k.AccessKey}, target.Key{Access: k.AccessKey, Secret: password}})
	}
}

// bucketPolicies gives each bucket a new policy, or none.
func (w *world) bucketPolicies(t *testing.T) {
	t.Helper()
	for _, b := range w.buckets {
		state := iam.BucketState{Name: b}
		// Root mends even what denies root everything.
		w.asRoot(t, s3.Request{Method: http.MethodDelete, Bucket: b, Query: "policy="})
		for w.gen.rng.IntN(4) > 0 {
			d := w.gen.bucketPolicy(w, b)
			a, err := s3.Ask(t.Context(), w.root, s3.Request{Method: http.MethodPut, Bucket: b, Query: "policy=", Body: string(d)})
			must(t, err)
			if a.Status/100 == 2 {
				state.Policy = d
				break
			}
			if a.Status != http.StatusBadRequest {
				t.Fatalf("policy of bucket %s: %d %s\n%s", b, a.Status, a.Body, d)
			}
		}
		w.state.Buckets = append(w.state.Buckets, state)
	}
}
