package admintest

import (
	"context"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

func iamCases() []testCase {
	return []testCase{
		{"a user's life", userLife, []string{"AddUser", "User", "Users", "SetUserStatus", "RemoveUser"}},
		{"a policy's life", policyLife, []string{"PutPolicy", "Policy", "Policies", "AttachPolicies", "DetachPolicies", "PoliciesOf", "PolicyUse", "RemovePolicy"}},
		{"an access key's life", keyLife, []string{"AddKey", "Key", "Keys", "KeysOf", "RemoveKey"}},
		{"an access key needs no name", keyWithoutName, []string{"AddKey"}},
		{"an access key is switched off by root", keySwitched, []string{"SetKeyStatus"}},
		{"a quota's life", quotaLife, []string{"Quota", "SetQuota", "ClearQuota"}},
		{"who am I", whoAmI, []string{"WhoAmI"}},
		{"what is not there is not found", notFound, nil},
	}
}

const photosReader = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]}]}`

// aUser makes a user for one test; its secret is userSecret.
func aUser(t *testing.T, c *admin.Client, name string) string {
	t.Helper()
	must(t, c.AddUser(t.Context(), name, secret.New(userSecret)))
	t.Cleanup(func() { c.RemoveUser(t.Context(), name) }) //nolint:errcheck // the test may have removed it
	return name
}

const userSecret = "contract-secret-1"

func userLife(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	name := aUser(t, c, "contract-user")
	u, err := c.User(ctx, name)
	must(t, err)
	if u.Name != name || !u.Enabled || len(u.Policies)+len(u.Groups) != 0 || u.Updated.IsZero() {
		t.Errorf("new user: %+v", u)
	}
	all, err := c.Users(ctx)
	must(t, err)
	if !slices.ContainsFunc(all, func(u admin.User) bool { return u.Name == name }) {
		t.Errorf("%s is not among %v", name, all)
	}
	must(t, c.SetUserStatus(ctx, name, false))
	if u, err = c.User(ctx, name); err != nil || u.Enabled {
		t.Errorf("disabled: %+v, %v", u, err)
	}
	must(t, c.RemoveUser(ctx, name))
	if _, err = c.User(ctx, name); !admin.IsNotFound(err) {
		t.Errorf("removed: %v", err)
	}
}

func groupLife(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	user := aUser(t, c, "contract-member")
	const name = "contract-group"
	must(t, c.AddMembers(ctx, name, user))
	g, err := c.Group(ctx, name)
	must(t, err)
	if g.Name != name || !g.Enabled || !slices.Equal(g.Members, []string{user}) || len(g.Policies) != 0 {
		t.Errorf("new group: %+v", g)
	}
	if all, err := c.Groups(ctx); err != nil || !slices.Contains(all, name) {
		t.Errorf("groups: %v, %v", all, err)
	}
	if err := c.AddMembers(ctx, name, "contract-nobody"); !admin.IsNotFound(err) {
		t.Errorf("a member that is no user: %v", err)
	}
	must(t, c.SetGroupStatus(ctx, name, false))
	if g, err = c.Group(ctx, name); err != nil || g.Enabled {
		t.Errorf("disabled: %+v, %v", g, err)
	}
	if err := c.RemoveGroup(ctx, name); err == nil {
		t.Error("a group with members was removed")
	}
	must(t, c.RemoveMembers(ctx, name, user))
	must(t, c.RemoveGroup(ctx, name))
	if _, err = c.Group(ctx, name); !admin.IsNotFound(err) {
		t.Errorf("removed: %v", err)
	}
}

// groupListed: on the real server deletions came to nothing here.
// A list may end after the deletion has looked whether all is well; once no
// list is under way, deleting again leaves nothing.
func groupListed(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	const name = "contract-listed"
	for range 100 {
		must(t, c.AddMembers(ctx, name))
		var lists errgroup.Group
		for range 2 {
			lists.Go(func() error {
				for range 4 { // each may undo one of ten attempts
					if _, err := c.Groups(ctx); err != nil {
						return err
					}
				}
				return nil
			})
		}
		must(t, c.RemoveGroup(ctx, name))
		must(t, lists.Wait())
		_, err := c.Group(ctx, name)
		if err == nil {
			must(t, c.RemoveGroup(ctx, name))
			_, err = c.Group(ctx, name)
		}
		if !admin.IsNotFound(err) {
			t.Fatalf("removed: %v", err)
		}
	}
}

func policyLife(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	user := aUser(t, c, "contract-holder")
	const name = "contract-policy"
	must(t, c.PutPolicy(ctx, name, []byte(photosReader)))
	p, err := c.Policy(ctx, name)
	must(t, err)
	if p.Name != name || len(p.Document) == 0 {
		t.Errorf("new policy: %+v", p)
	}
	if all, err := c.Policies(ctx); err != nil || !slices.ContainsFunc(all, func(p admin.Policy) bool { return p.Name == name }) {
		t.Errorf("policies: %v, %v", all, err)
	}
	holder := admin.Holder{Name: user}
	must(t, c.AttachPolicies(ctx, holder, "readonly"))
	must(t, c.AttachPolicies(ctx, holder, name))
	must(t, c.AttachPolicies(ctx, holder, name)) // again: no error, nothing lost
	have, err := c.PoliciesOf(ctx, holder)
	slices.Sort(have)
	if err != nil || !slices.Equal(have, []string{name, "readonly"}) {
		t.Errorf("attached: %v, %v", have, err)
	}
	use, err := c.PolicyUse(ctx)
	if err != nil || !slices.Contains(use[name].Users, user) {
		t.Errorf("use: %v, %v", use, err)
	}
	if err := c.RemovePolicy(ctx, name); !admin.IsInUse(err) {
		t.Errorf("a policy in use was removed, or: %v", err)
	}
	must(t, c.DetachPolicies(ctx, holder, name))
	if have, err = c.PoliciesOf(ctx, holder); err != nil || !slices.Equal(have, []string{"readonly"}) {
		t.Errorf("detached: %v, %v", have, err)
	}
	must(t, c.RemovePolicy(ctx, name))
	if _, err = c.Policy(ctx, name); !admin.IsNotFound(err) {
		t.Errorf("removed: %v", err)
	}
	if err := c.PutPolicy(ctx, name, []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*"],"Resource":["arn:aws:s3:::*"]}]}`)); err == nil {
		t.Error("a wildcard action was accepted")
	}
}

func keyLife(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	user := aUser(t, c, "contract-parent")
	const name = "contractkey1"
	until := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	must(t, c.AddKey(ctx, admin.NewKey{AccessKey: name, SecretKey: secret.New("contract-key-secret"), Parent: user, Policy: []byte(photosReader), Name: "ci", Description: "of the contract", Expires: until}))
	k, err := c.Key(ctx, name)
	must(t, err)
	if k.Parent != user || !k.Enabled || !k.Own || k.Name != "ci" || k.Description != "of the contract" || !k.Expires.Equal(until) {
		t.Errorf("new key: %+v", k)
	}
	isIt := func(k admin.Key) bool { return k.AccessKey == name && k.Parent == user && k.Enabled }
	if of, err := c.KeysOf(ctx, user); err != nil || len(of) != 1 || !isIt(of[0]) {
		t.Errorf("keys of %s: %+v, %v", user, of, err)
	}
	if all, err := c.Keys(ctx); err != nil || !slices.ContainsFunc(all, isIt) {
		t.Errorf("all keys: %+v, %v", all, err)
	}
	must(t, c.RemoveKey(ctx, name))
	if _, err = c.Key(ctx, name); !admin.IsNotFound(err) {
		t.Errorf("removed: %v", err)
	}
}

func keySwitched(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	user := aUser(t, c, "contract-switched")
	const name = "contractkey2"
	must(t, c.AddKey(ctx, admin.NewKey{AccessKey: name, SecretKey: secret.New("contract-key-secret"), Parent: user}))
	for _, on := range []bool{false, true} {
		must(t, c.SetKeyStatus(ctx, name, on))
		if k, err := c.Key(ctx, name); err != nil || k.Enabled != on || !k.Expires.IsZero() {
			t.Errorf("switched to %v: %+v, %v", on, k, err)
		}
	}
}

func whoAmI(t *testing.T, s *target.Target) {
	ctx, root := t.Context(), s.Admin(t, s.Root)
	i, err := root.WhoAmI(ctx)
	if err != nil || !i.Admin || i.AccessKey != s.Root.Access {
		t.Errorf("root: %+v, %v", i, err)
	}
	user := aUser(t, root, "contract-self")
	i, err = s.Admin(t, target.Key{Access: user, Secret: userSecret}).WhoAmI(ctx)
	if err != nil || i.Admin || i.Account != user {
		t.Errorf("user: %+v, %v", i, err)
	}
}

func notFound(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	const name = "contract-nothing"
	_, user := c.User(ctx, name)
	_, group := c.Group(ctx, name)
	_, policy := c.Policy(ctx, name)
	_, key := c.Key(ctx, name)
	for what, err := range map[string]error{
		"User": user, "Group": group, "Policy": policy, "Key": key,
		"SetUserStatus": c.SetUserStatus(ctx, name, true), "RemoveUser": c.RemoveUser(ctx, name),
		"SetGroupStatus": c.SetGroupStatus(ctx, name, true), "RemoveKey": c.RemoveKey(ctx, name),
	} {
		if !admin.IsNotFound(err) {
			t.Errorf("%s: %v, want not found", what, err)
		}
	}
}

// quotaLife waits until the scanner has counted the bucket; before, only the
// limit is known.
func quotaLife(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	bucket := s.Bucket(t, s.Store(t, s.Root), false)
	counted := func() admin.Quota {
		wait, cancel := context.WithTimeout(ctx, scanTimeout)
		defer cancel()
		tick := time.NewTicker(scanTimeout / 100)
		defer tick.Stop()
		for {
			q, err := c.Quota(ctx, bucket)
			must(t, err)
			if q.Counted {
				return q
			}
			select {
			case <-wait.Done():
				t.Fatalf("not counted: %+v", q)
			case <-tick.C:
			}
		}
	}
	if q := counted(); q != (admin.Quota{Counted: true}) {
		t.Errorf("fresh: %+v", q)
	}
	must(t, c.SetQuota(ctx, bucket, 1<<30))
	if q := counted(); q.Limit != 1<<30 || q.Used != 0 {
		t.Errorf("set: %+v", q)
	}
	must(t, c.ClearQuota(ctx, bucket))
	if q := counted(); q.Limit != 0 {
		t.Errorf("cleared: %+v", q)
	}
}

func keyWithoutName(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	user := aUser(t, c, "contract-nameless")
	const name = "9contract.key"
	must(t, c.AddKey(ctx, admin.NewKey{AccessKey: name, SecretKey: secret.New("contract-key-secret"), Parent: user}))
	k, err := c.Key(ctx, name)
	if err != nil || k.Parent != user || !k.Enabled || !k.Expires.IsZero() || k.Own {
		t.Errorf("%+v, %v", k, err)
	}
}
