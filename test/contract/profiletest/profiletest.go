package profiletest

import (
	"crypto/md5" //nolint:gosec // S3 asks for it
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

// enough is how many calls of a profile must work, and how many be refused.
const enough = 30

// suite is a server with one key.
type suite struct {
	profile iam.Profile
	scope   iam.Scope
	other   string // a bucket that the key has nothing to do with
	player  *scenario.Player
	prober  *s3.Prober // with the same key

	worked, refused int
}

// theKey is the account whose rights are tried.
const theKey = "key"

// Run tries every profile, for whole buckets and for a prefix.
func Run(t *testing.T, s *target.Target) {
	t.Helper()
	for _, p := range iam.Profiles() {
		for _, prefix := range []string{"", "in/ "} {
			name := p.Name
			if prefix != "" {
				name += " with a prefix"
			}
			s.Case(t, name, func(t *testing.T) { newSuite(t, s, p, prefix).run(t) })
		}
	}
}

// newSuite makes a user with the policy of a profile, and a key.
func newSuite(t *testing.T, s *target.Target, p iam.Profile, prefix string) *suite {
	t.Helper()
	store, c, ctx := s.Store(t, s.Root), s.Admin(t, s.Root), t.Context()
	u := &suite{profile: p, scope: iam.Scope{Buckets: []string{s.Bucket(t, store, false)}, Prefix: prefix}, other: s.Bucket(t, store, false)}
	d := p.Document(u.scope)
	if findings := iam.Lint(d); len(findings) > 0 {
		t.Errorf("the policy is no good one: %v", findings)
	}
	user, policy := s.Name("profile-user"), s.Name("profile-policy")
	key, err := iam.GenerateKey(strings.NewReader(strings.Repeat(user, 20)))
	must(t, err)
	must(t, c.PutPolicy(ctx, policy, d.JSON()))
	must(t, c.AddUser(ctx, user, secret.New("a-secret-of-a-user")))
	must(t, c.AttachPolicies(ctx, admin.Holder{Name: user}, policy))
	must(t, c.AddKey(ctx, admin.NewKey{AccessKey: key, SecretKey: secret.New("a-secret-of-a-key"), Parent: user, Name: "profile"}))
	u.prober = s3.NewProber(s3.Options{Endpoint: s.Endpoint, AccessKey: key, SecretKey: secret.New("a-secret-of-a-key"), Transport: http.DefaultTransport})
	u.player, err = scenario.NewPlayer(s.Endpoint.String(), s.Root.Access, s.Root.Secret, http.DefaultClient)
	must(t, err)
	_, err = u.player.Play(ctx, scenario.Line{Define: &scenario.Account{Name: theKey, AccessKey: key, SecretKey: "a-secret-of-a-key"}})
	must(t, err)
	return u
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keys are names of all kinds.
func keys() []string {
	return []string{"a", "deep/er/key.txt", "with blank", "ünïcode", "plus+and%25", "2026-01-05T06:00:00Z.snap.age", "x=y,z", "dots.and-dashes_"}
}

func (u *suite) run(t *testing.T) {
	bucket := u.scope.Buckets[0]
	for _, c := range onObjects() {
		for _, k := range keys() {
			u.try(t, c, bucket, u.scope.Prefix+k, u.allows(c))
		}
		u.try(t, c, u.other, u.scope.Prefix+"a", false)
		if u.scope.Prefix != "" {
			// Other names of the bucket: only some profiles may list them.
			listing := strings.HasPrefix(c.name, "list ") && c.name != "list parts"
			u.try(t, c, bucket, "out", listing && u.profile.WholeBucket && u.allows(c))
		}
	}
	for _, c := range onBucket() {
		u.try(t, c, bucket, "", u.allows(c) && (!c.whole || u.scope.Prefix == "" || u.profile.WholeBucket))
		u.try(t, c, u.other, "", false)
	}
	for _, l := range adminRoutes() {
		u.play(t, "admin", l, false, false)
	}
	u.trials(t)
	if u.worked < enough || u.refused < enough {
		t.Errorf("%d calls worked and %d were refused: too few to prove anything", u.worked, u.refused)
	}
}

// trials are what grant proves a key with: they must find out the same,
// without leaving anything.
func (u *suite) trials(t *testing.T) {
	const probe = ".kubectl-rustfs-probe-contract"
	for _, c := range u.profile.Checks(u.scope, probe) {
		ok, err := u.prober.Allows(t.Context(), c)
		if err != nil || ok != c.Want {
			t.Errorf("trial of %s: %v, %v, want %v", c, ok, err, c.Want)
		}
	}
	for _, prefix := range []string{probe, u.scope.Prefix + probe} {
		l := at(http.MethodGet, u.scope.Buckets[0], "", "list-type", "2", "prefix", prefix)
		if body := u.root(t, l); strings.Contains(body, "<Key>") {
			t.Errorf("a trial has left something: %s", body)
		}
	}
}

func (u *suite) allows(c call) bool {
	return !slices.ContainsFunc(c.actions, func(a string) bool { return !u.profile.Allows(a) })
}

// try prepares one call as root, and makes it with the key.
func (u *suite) try(t *testing.T, c call, bucket, key string, want bool) {
	t.Helper()
	upload := ""
	if c.seed != nil {
		upload = c.seed(u, t, bucket, key)
	}
	u.play(t, c.name, c.line(bucket, key, upload), want, c.inside)
}

func (u *suite) play(t *testing.T, name string, l scenario.Line, want, inside bool) {
	t.Helper()
	l.As = theKey
	a, err := u.player.Play(t.Context(), l)
	must(t, err)
	refused := a.Status == http.StatusForbidden || (inside && strings.Contains(a.Body, "AccessDenied"))
	switch {
	case a.Status >= http.StatusInternalServerError:
		t.Errorf("%s, %s: %d %s", name, l, a.Status, a.Body)
	case refused == want:
		t.Errorf("%s, %s: %d, allowed: %v, want %v: %s", name, l, a.Status, !refused, want, a.Body)
	case want && a.Status/100 != 2 && a.Status != http.StatusNotFound:
		t.Errorf("%s, %s: it is allowed, and does not work: %d %s", name, l, a.Status, a.Body)
	case want:
		u.worked++
	default:
		u.refused++
	}
}

// root sends what prepares a call.
func (u *suite) root(t *testing.T, l scenario.Line) string {
	t.Helper()
	l.As = scenario.Root
	a, err := u.player.Play(t.Context(), l)
	must(t, err)
	if a.Status/100 != 2 {
		t.Fatalf("%s: %d %s", l, a.Status, a.Body)
	}
	return a.Body
}

func (u *suite) put(t *testing.T, bucket, key string) {
	t.Helper()
	l := at(http.MethodPut, bucket, key)
	l.Body = "seeded"
	u.root(t, l)
}

func (u *suite) start(t *testing.T, bucket, key string) string {
	t.Helper()
	m := uploadID.FindStringSubmatch(u.root(t, at(http.MethodPost, bucket, key, "uploads", "")))
	if m == nil {
		t.Fatal("no upload was started")
	}
	return m[1]
}

func md5of(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // S3 asks for it
	return base64.StdEncoding.EncodeToString(sum[:])
}

func escape(path string) string { return (&url.URL{Path: path}).EscapedPath() }
