package iam_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func TestRecordIsReadBack(t *testing.T) {
	t.Parallel()
	for _, r := range []iam.Record{
		{},
		{Granted: true, User: true, Policy: "p", In: "g", Joined: true, Group: true, Buckets: []string{"a", "b"}, Secret: "ns/name"},
		{Granted: true, OnUser: "readwrite", OnGroup: "readonly", Manifest: true, Replaces: "AKIA", Retired: time.Unix(1700000000, 0).UTC(), Note: "mine -- really"},
	} {
		got, ok := iam.ParseRecord(r.String())
		if !ok || !reflect.DeepEqual(got, r) {
			t.Errorf("%s\ngot  %+v\nwant %+v", r, got, r)
		}
	}
	for _, text := range []string{"", "for bob", "kubectl-rustfs", "kubectl-rustfs grants: user"} {
		if _, ok := iam.ParseRecord(text); ok {
			t.Errorf("%q was taken for a record", text)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add("kubectl-rustfs grant: user policy=p bucket=a bucket=b secret=ns/name retired=12 -- note")
	f.Add("kubectl-rustfs key: replaces=x retired=99999999999999999999")
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := iam.ParseRecord(text)
		if !ok {
			return
		}
		again, ok := iam.ParseRecord(r.String())
		if !ok || again.String() != r.String() {
			t.Errorf("%q became %q", r.String(), again.String())
		}
	})
}

// wish is a grant for two buckets.
func wish(t *testing.T) iam.Grant {
	d := profile(t, "readwrite").Document(iam.Scope{Buckets: []string{"one", "two"}})
	return iam.Grant{Name: "app", Buckets: []string{"one", "two"}, Policy: "app", Doc: &d, Secret: "apps/s3"}
}

func kinds(steps []iam.Step) string {
	var out []string
	for _, s := range steps {
		out = append(out, string(s.Kind)+" "+s.Name)
	}
	return strings.Join(out, ", ")
}

func TestPlanOfAGrant(t *testing.T) {
	t.Parallel()
	g := wish(t)
	record := iam.Record{Granted: true, User: true, Policy: "app", Buckets: []string{"one", "two"}, Secret: "apps/s3"}
	whole := func() iam.GrantState {
		return iam.GrantState{
			Buckets: []string{"one", "two"}, Policy: g.Doc, User: &iam.GrantUser{Enabled: true, Policies: []string{"app"}},
			Keys: []iam.GrantKey{{AccessKey: "K1", Enabled: true, Description: record.String()}}, Held: "K1", Current: true,
		}
	}
	for name, c := range map[string]struct {
		change func(*iam.GrantState, *iam.Grant)
		want   string
	}{
		"all is there": {func(*iam.GrantState, *iam.Grant) {}, ""},
		"nothing is there": {
			func(s *iam.GrantState, _ *iam.Grant) { *s = iam.GrantState{} },
			"create user app, create access key app, create bucket one, create bucket two, write policy app, attach policy to user app, write Secret apps/s3, enable user app",
		},
		"the secret is lost": {
			func(s *iam.GrantState, _ *iam.Grant) { s.Held, s.Current = "", false },
			"create access key app, write Secret apps/s3, delete access key K1",
		},
		"a key of somebody else": {func(s *iam.GrantState, _ *iam.Grant) {
			s.Keys = append(s.Keys, iam.GrantKey{AccessKey: "K0", Enabled: true, Description: "mine"})
		}, ""},
		"the key was disabled": {func(s *iam.GrantState, _ *iam.Grant) { s.Keys[0].Enabled = false }, "enable access key K1"},
		"a new key is wanted":  {func(_ *iam.GrantState, g *iam.Grant) { g.NewKey = true }, "create access key app, write Secret apps/s3, delete access key K1"},
		"another key comes": {func(s *iam.GrantState, _ *iam.Grant) {
			next := record
			next.Replaces = "K1"
			s.Keys = append(s.Keys, iam.GrantKey{AccessKey: "K2", Enabled: true, Description: next.String()})
		}, ""},
		"another key came": {func(s *iam.GrantState, _ *iam.Grant) {
			next, old := record, record
			next.Replaces, old.Retired = "K1", time.Unix(1, 0)
			s.Keys = []iam.GrantKey{{AccessKey: "K1", Description: old.String()}, {AccessKey: "K2", Enabled: true, Description: next.String()}}
			s.Held = "K2"
		}, ""},
	} {
		s, w := whole(), g
		c.change(&s, &w)
		p, err := w.Plan(s)
		if err != nil || kinds(p.Steps) != c.want {
			t.Errorf("%s: %v, %v\nwant %s", name, kinds(p.Steps), err, c.want)
		}
		if !p.Record.User || p.Record.Policy != "app" {
			t.Errorf("%s: the record forgets: %s", name, p.Record)
		}
	}
}

func TestGrantTakesNothingFromOthers(t *testing.T) {
	t.Parallel()
	g := wish(t)
	other := profile(t, "readonly").Document(iam.Scope{Buckets: []string{"one"}})
	given := iam.Record{Granted: true, User: true, Policy: "app", Manifest: true}
	for name, c := range map[string]struct {
		grant iam.Grant
		state iam.GrantState
		want  string
	}{
		"a policy":         {g, iam.GrantState{Policy: &other}, "is not of this grant's making"},
		"no policy":        {iam.Grant{Name: "app", Policy: "p"}, iam.GrantState{}, "does not exist"},
		"no bucket":        {func() iam.Grant { w := g; w.KeepBuckets = true; return w }(), iam.GrantState{}, `bucket "one": does not exist`},
		"a disabled user":  {g, iam.GrantState{User: &iam.GrantUser{Policies: []string{"x"}}}, "is disabled"},
		"a disabled group": {func() iam.Grant { w := g; w.Group = "g"; return w }(), iam.GrantState{Group: &iam.GrantGroup{}}, "is disabled"},
		"a printed secret": {g, iam.GrantState{User: &iam.GrantUser{Enabled: true}, Keys: []iam.GrantKey{{AccessKey: "K1", Enabled: true, Description: given.String()}}}, "cannot be shown again"},
		"another policy":   {func() iam.Grant { w := g; w.Policy = "more"; return w }(), iam.GrantState{User: &iam.GrantUser{Enabled: true}, Held: "K1", Keys: []iam.GrantKey{{AccessKey: "K1", Enabled: true, Description: given.String()}}}, "has a grant with policy app"},
	} {
		_, err := c.grant.Plan(c.state)
		var conflict *iam.ConflictError
		if !errors.As(err, &conflict) || !strings.Contains(err.Error(), c.want) || conflict.Hint() == "" {
			t.Errorf("%s: %v, want %q and a hint", name, err, c.want)
		}
	}
}

func TestPlanOfARevocation(t *testing.T) {
	t.Parallel()
	r := iam.Record{Granted: true, Policy: "app", In: "g", Joined: true, OnUser: "readonly", Secret: "apps/s3"}
	v := iam.Revoke{
		Name: "app", User: &iam.GrantUser{Enabled: true, Policies: []string{"mine", "readonly"}},
		Group: &iam.GrantGroup{Members: []string{"app", "bob"}, Policies: []string{"app", "team"}},
		Keys:  []iam.GrantKey{{AccessKey: "K1", Enabled: true, Description: r.String()}, {AccessKey: "K2", Enabled: true, Description: "mine"}},
		Use:   []string{"group/g", "user/app"}, Policy: true, Secret: "apps/s3",
	}
	steps, kept := v.Plan(r)
	want := "disable access key K1, delete Secret apps/s3, detach policy from user readonly, detach policy from group app, take out of group g, delete policy app, delete access key K1"
	if kinds(steps) != want {
		t.Errorf("got  %s\nwant %s", kinds(steps), want)
	}
	if len(kept) != 1 || !strings.Contains(kept[0], "there before") {
		t.Errorf("kept: %q", kept)
	}
}
