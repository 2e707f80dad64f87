package admintest

import (
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

// grantCases are what grant, rotate and the edit commands rely on.
func grantCases() []testCase {
	return []testCase{
		{"a disabled user's key works once the user is enabled", disabledUser, []string{"AddDisabledUser"}},
		{"another secret of a user", otherSecret, []string{"SetUserSecret"}},
		{"an access key is changed", keyChanged, []string{"UpdateKey"}},
	}
}

// disabledUser is how a grant begins: everything is made while the user is
// disabled.
func disabledUser(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	const name, key = "contract-beginner", "contractbegin1"
	must(t, c.AddDisabledUser(ctx, name, secret.New(userSecret)))
	t.Cleanup(func() { c.RemoveUser(ctx, name) }) //nolint:errcheck // the server ends too
	u, err := c.User(ctx, name)
	if err != nil || u.Enabled || len(u.Policies)+len(u.Groups) != 0 {
		t.Errorf("new: %+v, %v", u, err)
	}
	description := iam.Record{Granted: true, User: true, Policy: "p", Buckets: []string{"b"}, Secret: "ns/name"}.String()
	must(t, c.AddKey(ctx, admin.NewKey{AccessKey: key, SecretKey: secret.New("contract-key-secret"), Parent: name, Name: "kubectl-rustfs", Description: description}))
	must(t, c.AttachPolicies(ctx, admin.Holder{Name: name}, "readonly"))
	must(t, c.AddMembers(ctx, "contract-beginners", name))
	k := target.Key{Access: key, Secret: "contract-key-secret"}
	bucket := s.Bucket(t, s.Store(t, s.Root), false)
	if _, err := s.Store(t, k).Stat(ctx, bucket, "a"); err == nil {
		t.Error("a disabled user's key works")
	}
	must(t, c.SetUserStatus(ctx, name, true))
	keys, err := c.KeysOf(ctx, name)
	if err != nil || len(keys) != 1 || keys[0].Description != description {
		t.Errorf("keys: %+v, %v", keys, err)
	}
	if i, err := s.Admin(t, k).WhoAmI(ctx); err != nil || i.Account != name {
		t.Errorf("who: %+v, %v", i, err)
	}
	must(t, c.RemoveUser(ctx, name))
	if _, err := c.Key(ctx, key); !admin.IsNotFound(err) {
		t.Errorf("the key of a removed user: %v", err)
	}
	g, err := c.Group(ctx, "contract-beginners")
	if err != nil || len(g.Members) != 0 {
		t.Errorf("the group of a removed user: %+v, %v", g, err)
	}
	must(t, c.RemoveGroup(ctx, "contract-beginners"))
}

func otherSecret(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	name := aUser(t, c, "contract-changed")
	must(t, c.AttachPolicies(ctx, admin.Holder{Name: name}, "readonly"))
	must(t, c.SetUserSecret(ctx, name, secret.New("contract-secret-2"), true))
	u, err := c.User(ctx, name)
	if err != nil || !u.Enabled || len(u.Policies) != 1 {
		t.Errorf("%+v, %v", u, err)
	}
	if _, err := s.Admin(t, target.Key{Access: name, Secret: userSecret}).WhoAmI(ctx); !admin.IsCode(err, "SignatureDoesNotMatch") {
		t.Errorf("the old secret: %v", err)
	}
	if _, err := s.Admin(t, target.Key{Access: name, Secret: "contract-secret-2"}).WhoAmI(ctx); err != nil {
		t.Errorf("the new secret: %v", err)
	}
	must(t, c.SetUserSecret(ctx, name, secret.New(userSecret), false))
	if u, err = c.User(ctx, name); err != nil || u.Enabled {
		t.Errorf("%+v, %v: it was to be disabled", u, err)
	}
}

func keyChanged(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	user := aUser(t, c, "contract-editor")
	const name = "contractedit1"
	until := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	must(t, c.AddKey(ctx, admin.NewKey{AccessKey: name, SecretKey: secret.New("contract-key-secret"), Parent: user, Name: "one", Description: "first", Expires: until}))
	change := func(k admin.KeyChange) admin.Key {
		t.Helper()
		must(t, c.UpdateKey(ctx, name, k))
		got, err := c.Key(ctx, name)
		must(t, err)
		return got
	}
	text := func(s string) *string { return &s }
	if k := change(admin.KeyChange{Name: text("two"), Description: text("second")}); k.Name != "two" || k.Description != "second" || !k.Expires.Equal(until) || !k.Enabled || k.Own {
		t.Errorf("renamed: %+v", k)
	}
	if k := change(admin.KeyChange{Name: text(""), Description: text("")}); k.Name != "" || k.Description != "" {
		t.Errorf("without a name: %+v", k)
	}
	if k := change(admin.KeyChange{Policy: []byte(photosReader)}); !k.Own {
		t.Errorf("narrowed: %+v", k)
	}
	if k := change(admin.KeyChange{Policy: admin.InheritPolicy()}); k.Own {
		t.Errorf("not narrowed any more: %+v", k)
	}
	later := until.Add(24 * time.Hour)
	if k := change(admin.KeyChange{Expires: &later}); !k.Expires.Equal(later) {
		t.Errorf("later: %+v", k)
	}
	if k := change(admin.KeyChange{Expires: &time.Time{}}); !k.Expires.IsZero() {
		t.Errorf("for ever: %+v", k)
	}
	off := false
	other := secret.New("contract-key-other")
	if k := change(admin.KeyChange{Enabled: &off, SecretKey: &other}); k.Enabled {
		t.Errorf("disabled: %+v", k)
	}
	on := true
	change(admin.KeyChange{Enabled: &on})
	if _, err := s.Admin(t, target.Key{Access: name, Secret: "contract-key-other"}).WhoAmI(ctx); err != nil {
		t.Errorf("with its other secret: %v", err)
	}
	if err := c.UpdateKey(ctx, "contractnokey", admin.KeyChange{Enabled: &on}); !admin.IsNotFound(err) {
		t.Errorf("a key that is not there: %v", err)
	}
}
