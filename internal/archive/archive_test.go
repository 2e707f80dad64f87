package archive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/archive"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

func zipOf(t testing.TB, files ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f[0])
		if err == nil {
			_, err = w.Write([]byte(f[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func refused(t *testing.T, what string, err error, word string) {
	t.Helper()
	var b *archive.BadError
	if !errors.As(err, &b) || !strings.Contains(err.Error(), word) {
		t.Errorf("%s: got %v, want a word about %q", what, err, word)
	}
}

func TestReadZip(t *testing.T) {
	t.Parallel()
	files, err := archive.ReadZip(zipOf(t, [2]string{"a/b.json", "{}"}, [2]string{"c", ""}))
	if err != nil || len(files) != 2 || string(files["a/b.json"]) != "{}" {
		t.Errorf("%v, %v", files, err)
	}
	for name, word := range map[string]string{
		"../evil": "path", "/etc/passwd": "path", "a/../../b": "path", `a\b`: "path", "a//b": "path", "./a": "path", "..": "path",
	} {
		_, err := archive.ReadZip(zipOf(t, [2]string{name, "x"}))
		refused(t, name, err, word)
	}
	_, err = archive.ReadZip(zipOf(t, [2]string{"a", "1"}, [2]string{"a", "2"}))
	refused(t, "twice", err, "twice")
	_, err = archive.ReadZip([]byte("no zip"))
	refused(t, "no zip", err, "no zip archive")
	good := zipOf(t, [2]string{"a", strings.Repeat("hello", 100)})
	_, err = archive.ReadZip(good[:len(good)-10])
	refused(t, "cut", err, "no zip archive")
	stored := bytes.Clone(good)
	stored[40] ^= 0xff
	_, err = archive.ReadZip(stored)
	refused(t, "flipped", err, "")
}

// TestZipBomb: 200 MiB out of 200 KiB.
func TestZipBomb(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range []string{"a", "b"} {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(w, zeros{}, 100<<20); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := archive.ReadZip(b.Bytes())
	refused(t, "bomb", err, "larger than 100 MiB")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func bundle(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	m := archive.Manifest{Created: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Server: "store/rustfs", Version: "1.0.1", Root: "root"}
	if err := archive.Write(&b, m, archive.File{Name: archive.IAMName, Content: []byte("iam")}, archive.File{Name: archive.BucketsName, Content: []byte("buckets")}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBundle(t *testing.T) {
	t.Parallel()
	m, files, err := archive.Read(bytes.NewReader(bundle(t)))
	if err != nil || m.Server != "store/rustfs" || m.Root != "root" || string(files[archive.IAMName]) != "iam" || string(files[archive.BucketsName]) != "buckets" {
		t.Errorf("%+v, %v, %v", m, files, err)
	}
	for at := range 1100 { // every byte of the manifest and of the first member
		b := bundle(t)
		if b[at] == 0 {
			continue
		}
		b[at] ^= 1
		if _, got, err := archive.Read(bytes.NewReader(b)); err == nil && string(got[archive.IAMName]) != "iam" {
			t.Errorf("byte %d flipped: %q was taken", at, got[archive.IAMName])
		}
	}
	whole := bundle(t)
	for _, n := range []int{0, 100, 600, 1600, len(whole) - 2048} {
		_, _, err := archive.Read(bytes.NewReader(whole[:n]))
		if err == nil {
			t.Errorf("cut after %d: taken", n)
		}
	}
	_, _, err = archive.Read(io.MultiReader(bytes.NewReader(whole[:1000]), failing{}))
	if !errors.Is(err, errSource) {
		t.Errorf("a broken source: %v", err)
	}
}

var errSource = errors.New("the network went away")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errSource }

// TestForeignBundles are written with care, and refused.
func TestForeignBundles(t *testing.T) {
	t.Parallel()
	const sumOfX = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
	manifest := func(format, members string) string { return `{"format":` + format + `,"members":[` + members + `]}` }
	member := func(name string) string { return `{"name":"` + name + `","size":1,"sha256":"` + sumOfX + `"}` }
	for name, c := range map[string]struct {
		entries [][2]string
		word    string
	}{
		"no manifest":     {[][2]string{{"iam.zip", "x"}}, "does not begin with its manifest"},
		"newer":           {[][2]string{{"manifest.json", manifest("2", "")}}, "has format 2"},
		"no JSON":         {[][2]string{{"manifest.json", "hello"}}, "manifest cannot be read"},
		"not listed":      {[][2]string{{"manifest.json", manifest("1", "")}, {"iam.zip", "x"}}, "iam.zip is not in the manifest"},
		"missing":         {[][2]string{{"manifest.json", manifest("1", member("iam.zip"))}}, "iam.zip is missing"},
		"wrong sum":       {[][2]string{{"manifest.json", manifest("1", member("iam.zip"))}, {"iam.zip", "y"}}, "iam.zip is damaged"},
		"twice":           {[][2]string{{"manifest.json", manifest("1", member("iam.zip"))}, {"iam.zip", "x"}, {"iam.zip", "x"}}, "twice"},
		"leads elsewhere": {[][2]string{{"manifest.json", manifest("1", member("../x"))}, {"../x", "x"}}, "path"},
		"a link":          {[][2]string{{"manifest.json", manifest("1", member("link"))}, {"link", ""}}, "is no file"},
	} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, e := range c.entries {
			h := &tar.Header{Name: e[0], Mode: 0o600, Size: int64(len(e[1]))}
			if e[0] == "link" {
				h.Typeflag, h.Linkname = tar.TypeSymlink, "/etc/passwd"
			}
			if err := w.WriteHeader(h); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(e[1])); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		_, _, err := archive.Read(&b)
		refused(t, name, err, c.word)
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	policy := func(effect, actions string) json.RawMessage {
		return json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":` + actions + `,"Resource":["arn:aws:s3:::*"]}]}`)
	}
	for _, c := range []struct {
		effect, actions string
		has, hasNot     []string
		notes           int
		refused         string
	}{
		{"Allow", `["s3:GetObject","s3:*"]`, []string{"s3:*"}, nil, 0, ""},
		{"Allow", `"s3:Get*"`, []string{"s3:GetObject", "s3:GetBucketPolicy"}, []string{"s3:Get*", "s3:PutObject"}, 1, ""},
		{"Allow", `["s3:*Object"]`, []string{"s3:PutObject", "s3:DeleteObject"}, []string{"s3:ForceDeleteObject"}, 1, ""},
		{"Deny", `["s3:*Object"]`, []string{"s3:ForceDeleteObject"}, nil, 1, ""},
		{"Allow", `["s3:GetObject?xtention"]`, nil, nil, 0, `no action like "s3:GetObject?xtention"`},
		{"Allow", `["s3:GetObject?agging"]`, []string{"s3:GetObjectTagging"}, nil, 1, ""},
		{"Allow", `["admin:List*"]`, []string{"admin:ListUsers"}, []string{"admin:*"}, 1, ""},
		{"Allow", `["s3:Nothing*"]`, nil, nil, 0, `no action like "s3:Nothing*"`},
		{"Allow", `["s3:NoSuchThing"]`, nil, nil, 0, `no action "s3:NoSuchThing"`},
		{"Allow", `[1]`, nil, nil, 0, "no texts"},
	} {
		out, notes, err := archive.Expand(policy(c.effect, c.actions))
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: got %v", c.actions, err)
			}
			continue
		}
		if err != nil || len(notes) != c.notes {
			t.Errorf("%s: %v, %v", c.actions, notes, err)
		}
		for _, a := range c.has {
			if !strings.Contains(string(out), `"`+a+`"`) {
				t.Errorf("%s: %s is missing in %s", c.actions, a, out)
			}
		}
		for _, a := range c.hasNot {
			if strings.Contains(string(out), `"`+a+`"`) {
				t.Errorf("%s: %s is in %s", c.actions, a, out)
			}
		}
	}
	if _, _, err := archive.Expand(json.RawMessage(`[]`)); err == nil {
		t.Error("a list was taken for a policy")
	}
}

const reader = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]}]}`

func assets() archive.Assets {
	return archive.Assets{
		Policies: map[string]json.RawMessage{"reader": json.RawMessage(reader), "readonly": json.RawMessage(reader)},
		Users: map[string]archive.User{
			"alice": {Secret: secret.New("alice-secret"), Enabled: true}, "bob": {Secret: secret.New("bob-secret-1")},
		},
		Groups: map[string]archive.Group{"devs": {Enabled: true, Members: []string{"alice"}}},
		Keys: map[string]archive.Key{
			"KEY1": {Parent: "alice", Secret: secret.New("key-secret-1"), Enabled: true, Name: "ci", Expires: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)},
			"KEY2": {Parent: "root", Secret: secret.New("key-secret-2"), Enabled: true},
		},
		UserPolicies:  map[string]archive.Mapping{"alice": {Policies: []string{"reader"}}},
		GroupPolicies: map[string]archive.Mapping{"devs": {Policies: []string{"readonly"}}},
	}
}

// TestAssetsRoundTrip: what is packed is what is read.
func TestAssetsRoundTrip(t *testing.T) {
	t.Parallel()
	text, err := assets().Zip()
	if err != nil {
		t.Fatal(err)
	}
	files, err := archive.ReadZip(text)
	if err != nil || !archive.IsIAM(files) || len(files) != 7 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	got, err := archive.ParseAssets(files)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.Zip()
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("not the same twice: %v", err)
	}
	plan := archive.NewPlan(assets(), archive.Target{Have: got, Root: "root", Now: time.Now()}, archive.Fail)
	for _, i := range plan.Items {
		if i.Action != archive.ActionUnchanged {
			t.Errorf("%+v", i)
		}
	}
	if len(plan.Items) != 6 || len(plan.Problems) > 0 || !plan.Import.Empty() {
		t.Errorf("%+v", plan)
	}
}

func actions(p archive.Plan) map[string]string {
	out := map[string]string{}
	for _, i := range p.Items {
		out[i.ID()] = i.Action
	}
	return out
}

func TestPlan(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	have := archive.Assets{
		Users:    map[string]archive.User{"alice": {Secret: secret.New("another-secret"), Enabled: true}},
		Policies: map[string]json.RawMessage{"reader": json.RawMessage(strings.ReplaceAll(reader, `"Action":["s3:GetObject"]`, `"Action":"s3:GetObject"`))},
	}
	target := archive.Target{Have: have, Root: "admin", SourceRoot: "root", Now: now}
	for mode, alice := range map[archive.Conflict]string{archive.Fail: "conflict", archive.Skip: "skip", archive.Overwrite: "overwrite"} {
		p := archive.NewPlan(assets(), target, mode)
		want := map[string]string{
			"policy/reader": "unchanged", "user/alice": alice, "user/bob": "create", "group/devs": "create", "key/KEY1": "create", "key/KEY2": "create",
		}
		if diff := cmp.Diff(want, actions(p)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", mode, diff)
		}
		_, sends := p.Import.Users["alice"]
		if sends != (mode == archive.Overwrite) {
			t.Errorf("%s: alice is sent: %v", mode, sends)
		}
		if p.Import.Keys["KEY2"].Parent != "admin" {
			t.Errorf("%s: root's key belongs to %q", mode, p.Import.Keys["KEY2"].Parent)
		}
		if (len(p.Conflicts()) > 0) != (mode == archive.Fail) {
			t.Errorf("%s: conflicts %v", mode, p.Conflicts())
		}
	}
	target.LeaveOut = []string{"user/alice", "key/KEY2"}
	p := archive.NewPlan(assets(), target, archive.Fail)
	if got := actions(p); got["user/alice"] != "leave out" || got["key/KEY2"] != "leave out" || got["key/KEY1"] != "create" {
		t.Errorf("left out: %v", got)
	}
}

// TestPlanWithoutRoot: a key that does not know root cannot give it keys.
func TestPlanWithoutRoot(t *testing.T) {
	t.Parallel()
	p := archive.NewPlan(assets(), archive.Target{SourceRoot: "root", Now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}, archive.Fail)
	if got := actions(p); got["key/KEY2"] != "leave out" || got["key/KEY1"] != "create" {
		t.Errorf("%v", got)
	}
}

// TestPlanRefusesAndMends: what the server would refuse.
func TestPlanRefusesAndMends(t *testing.T) {
	t.Parallel()
	now := time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)
	a := assets()
	a.Policies["wide"] = json.RawMessage(strings.Replace(reader, "s3:GetObject", "s3:Get*", 1))
	a.Policies["odd"] = json.RawMessage(strings.Replace(reader, "s3:GetObject", "s3:Odd", 1))
	a.Policies["mixed"] = json.RawMessage(strings.Replace(reader, `"s3:GetObject"`, `"s3:GetObject","admin:ListUsers"`, 1))
	a.Users["carol"] = archive.User{Secret: secret.New("short")}
	a.Users["d,e"] = archive.User{Secret: secret.New("long-enough")}
	a.Groups["devs"] = archive.Group{Enabled: true, Members: []string{"alice", "ghost"}}
	a.UserPolicies["uid=x,dc=y"] = archive.Mapping{Policies: []string{"reader"}}
	a.UserPolicies["alice"] = archive.Mapping{Policies: []string{"reader", "gone"}}
	a.GroupPolicies["nobody"] = archive.Mapping{Policies: []string{"reader"}}
	a.STSPolicies = map[string]archive.Mapping{"cn=z": {Policies: []string{"reader"}}}
	a.Keys["KEY3"] = archive.Key{Parent: "ghost", Secret: secret.New("key-secret-3"), Enabled: true}
	p := archive.NewPlan(a, archive.Target{Root: "root", Now: now}, archive.Fail)
	for _, want := range []string{
		`policy/odd: RustFS would refuse it: statement 1: RustFS has no action "s3:Odd"`,
		"policy/mixed: RustFS would refuse it: statement 1: it mixes actions",
		"user/carol: its secret has 5 characters",
		"user/d,e: user name",
	} {
		if !slices.ContainsFunc(p.Problems, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("%q is not among %q", want, p.Problems)
		}
	}
	for _, want := range []string{
		"policy/wide: s3:Get* is written out", `group/devs: member "ghost" is left out`, `policies of "uid=x,dc=y" are left out: it is no user`,
		`user/alice: policy "gone" is left out`, `policies of group "nobody" are left out`, `policies of "cn=z" are left out: people of LDAP`,
	} {
		if !slices.ContainsFunc(p.Notes, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("%q is not among %q", want, p.Notes)
		}
	}
	for _, i := range p.Items {
		why := map[string]string{"KEY1": "it has expired", "KEY3": `its user "ghost" is not in the archive, nor on the server`}[i.Name]
		if why != "" && (i.Action != archive.ActionLeaveOut || i.Why != why) {
			t.Errorf("%+v", i)
		}
	}
	if strings.Contains(strings.Join(p.Problems, " "), "short") {
		t.Error("a secret is told")
	}
}

func FuzzReadZip(f *testing.F) {
	text, err := assets().Zip()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(zipOf(f, [2]string{"b/policy.json", "{}"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := archive.ReadZip(b)
		if err != nil {
			return
		}
		for name := range files {
			if strings.HasPrefix(name, "/") || strings.HasPrefix(name, "..") || strings.Contains(name, "/../") {
				t.Errorf("path %q", name)
			}
		}
		a, err := archive.ParseAssets(files)
		if err != nil {
			return
		}
		p := archive.NewPlan(a, archive.Target{Root: "root", Now: time.Unix(0, 0)}, archive.Overwrite)
		if _, err := p.Import.Zip(); err != nil && len(p.Problems) == 0 {
			t.Errorf("a plan without problems cannot be sent: %v", err)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(bundle(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, files, err := archive.Read(bytes.NewReader(b))
		if err != nil {
			var bad *archive.BadError
			if !errors.As(err, &bad) {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		if len(files) != len(m.Members) {
			t.Errorf("%d files, %d in the manifest", len(files), len(m.Members))
		}
	})
}
