package iam_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// guide is the policy of the talos-backup guide.
const guide = `{"Version":"2012-10-17","Statement":[` +
	`{"Effect":"Allow","Action":["s3:ListBucket","s3:GetBucketLocation"],"Resource":["arn:aws:s3:::etcd-backups"]},` +
	`{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":["arn:aws:s3:::etcd-backups/*"]}]}`

func profile(t *testing.T, name string) iam.Profile {
	t.Helper()
	p, err := iam.ProfileNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheGuidesPolicyByteForByte(t *testing.T) {
	t.Parallel()
	got := string(profile(t, "backup-guide").Document(iam.Scope{Buckets: []string{"etcd-backups"}}).JSON())
	if got != guide {
		t.Errorf("got  %s\nwant %s", got, guide)
	}
}

// TestProfilesKeepTheRules: what servers of all versions take, and what does
// what it seems to.
func TestProfilesKeepTheRules(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range iam.Profiles() {
		if seen[p.Name] || p.Short == "" || strings.HasSuffix(p.Short, ".") || len(p.Can) == 0 || len(p.Cannot) == 0 {
			t.Errorf("%+v", p)
		}
		seen[p.Name] = true
		writes := p.Allows("s3:PutObject")
		if writes && p.Name != "backup-guide" && (!p.Allows("s3:AbortMultipartUpload") || !p.Allows("s3:ListMultipartUploadParts")) {
			t.Errorf("%s writes, and cannot clean up failed uploads", p.Name)
		}
		for _, s := range []iam.Scope{{Buckets: []string{"one"}}, {Buckets: []string{"one", "two"}, Prefix: "a/"}} {
			d := p.Document(s)
			if f := iam.Lint(d); len(f) > 0 {
				t.Errorf("%s: %v", p.Name, f)
			}
			for _, st := range d.Statements {
				if slices.ContainsFunc(st.Action, func(a string) bool { return strings.Contains(a, "*") }) || len(st.Resource) != len(s.Buckets) {
					t.Errorf("%s: %+v", p.Name, st)
				}
			}
			again, err := iam.Parse(d.JSON())
			if err != nil || !iam.Equal(again, d) {
				t.Errorf("%s does not survive a server: %v", p.Name, err)
			}
		}
	}
	if _, err := iam.ProfileNamed("nope"); err == nil {
		t.Error("a profile that there is none")
	}
}

func TestChecksSayBothSides(t *testing.T) {
	t.Parallel()
	for _, p := range iam.Profiles() {
		can, cannot := 0, 0
		for _, c := range p.Checks(iam.Scope{Buckets: []string{"one"}, Prefix: "a/"}, ".probe") {
			if c.Want {
				can++
			} else {
				cannot++
			}
			if strings.Contains(c.String(), "outside") && c.Want && !p.WholeBucket {
				t.Errorf("%s: %s is to work", p.Name, c)
			}
			if iam.OnObjects(c.Trial.Action) && c.Where == "" && !strings.HasPrefix(c.Key, "a/") {
				t.Errorf("%s: %s", p.Name, c)
			}
		}
		// Every action of a profile has a trial.
		for _, a := range p.Actions() {
			if _, ok := iam.TrialOf(a); !ok {
				t.Errorf("%s: %s cannot be tried", p.Name, a)
			}
		}
		if can < len(p.Actions()) || cannot < 10 {
			t.Errorf("%s: %d must work, %d must not", p.Name, can, cannot)
		}
	}
}

func TestValidatePrefix(t *testing.T) {
	t.Parallel()
	for prefix, rule := range map[string]string{
		"": "", "a/": "", "home/alice/": "", "with blank": "", "ü": "", "a": "",
		"/a": "begin with a slash", "a//b": "two slashes", "a*": "wildcards", "a?": "wildcards", "${aws:username}/": "variable",
		"a\nb": "control", "a/../b": ". or ..", ".": ". or ..", strings.Repeat("a", 513): "513 bytes",
	} {
		err := iam.ValidatePrefix(prefix)
		if (rule == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), rule)) {
			t.Errorf("%q: %v, want %q", prefix, err, rule)
		}
	}
}
