package bucket_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func parse(t *testing.T, text string) bucket.Policy {
	t.Helper()
	p, err := bucket.ParsePolicy([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

// policy makes a document of statements.
func policy(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func TestLintPolicy(t *testing.T) {
	good := `"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]`
	for text, why := range map[string]string{
		policy(`{"Principal":"*",` + good + `}`):                                  "",
		policy(`{"Principal":{"AWS":"alice"},` + good + `}`):                      "",
		policy(`{"Principal":{"Service":["x"]},` + good + `}`):                    "",
		policy(`{"Principal":{"AWS":["arn:aws:iam:::user/alice"]},` + good + `}`): "is nobody here",
		policy(`{` + good + `}`):                                                  "statement 1: there is no Principal",
		policy(`{"Principal":"alice",` + good + `}`):                              `must be "*" or`,
		policy(`{"Principal":{},` + good + `}`):                                   "names nobody",
		policy(`{"Principal":7,` + good + `}`):                                    `must be "*" or`,
		policy(`{"Principal":{"AWS":7},` + good + `}`):                            "AWS of Principal must be text",
		policy(`{"Principal":{"CanonicalUser":"x"},` + good + `}`):                `"CanonicalUser"; only AWS and Service`,
		policy(`{"Principal":"*","NotPrincipal":"*",` + good + `}`):               "NotPrincipal",
		policy(`{"Principal":"*","Owner":"*",` + good + `}`):                      `"Owner" is not known in a statement`,
		policy(): "there is no Statement",
		`{"Version":"2012-10-17","X":1,"Statement":[{"Principal":"*",` + good + `}]}`:                                                       `"X" is not known in a policy`,
		`{"Id":"x","Version":"2012-10-17","Statement":{"Principal":"*",` + good + `}}`:                                                      "",
		`{"Version":"2008","Statement":[{"Principal":"*",` + good + `}]}`:                                                                   "Version must be",
		policy(`{"Principal":"*","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::c/*"}`):                                  "not of this bucket",
		policy(`{"Principal":"*","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::*"}`):                                    "",
		policy(`{"Principal":"*","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::?/x*"}`):                                 "",
		policy(`{"Principal":"*","Effect":"Allow","Action":"admin:*","Resource":"arn:aws:s3:::b"}`):                                         "only those of s3 do",
		policy(`{"Principal":"*","Effect":"Allow","Action":"s3:GetObject"}`):                                                                "there is no Resource",
		policy(`{"Principal":"*","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","NotResource":"arn:aws:s3:::b/x"}`): "may not come together",
		policy(`{"Principal":"*","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b/*"}`):                                 "needs the bucket itself",
	} {
		findings := bucket.LintPolicy(parse(t, text), "b")
		var all []string
		for _, f := range findings {
			all = append(all, f.String())
		}
		got := strings.Join(all, "; ")
		if (why == "") != (got == "") || !strings.Contains(got, why) {
			t.Errorf("%s: got %q, want a word about %q", text, got, why)
		}
	}
	for text, why := range map[string]string{
		``: "nothing in it", `[]`: "neither", `{"Statement": 1}`: "must be a list", `{"Statement": [1]}`: "statement 1: it is no object", `null`: "no object",
		`{"Version": 1}`: "Version must be text", `{"Statement": [{"Effect": 1}]}`: "statement 1: Effect",
	} {
		if _, err := bucket.ParsePolicy([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: got %v, want a word about %q", text, err, why)
		}
	}
}

func TestEqualPolicy(t *testing.T) {
	a := parse(t, policy(`{"Sid":"x","Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/*"}`, `{"Effect":"Deny","Principal":{"AWS":["u"]},"Action":"*","Resource":"arn:aws:s3:::b"}`))
	b := parse(t, policy(`{"Effect":"Deny","Principal":{"AWS":"u"},"Action":["s3:*"],"Resource":["arn:aws:s3:::b"]}`, `{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:PutObject","s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]}`))
	c := parse(t, policy(`{"Effect":"Deny","Principal":{"AWS":"v"},"Action":["s3:*"],"Resource":["arn:aws:s3:::b"]}`, `{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:PutObject","s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]}`))
	if !bucket.EqualPolicy(a, b) || bucket.EqualPolicy(a, c) || bucket.EqualPolicy(a, bucket.Policy{}) {
		t.Error("equality is not that of meaning")
	}
	if !bucket.EqualPolicy(a, parse(t, string(a.JSON()))) || !bucket.EqualPolicy(b, parse(t, string(b.JSON()))) {
		t.Error("what was printed means something else")
	}
}

// TestAccess goes from every level to every other, of a bucket and of two
// prefixes, beside a foreign statement.
func TestAccess(t *testing.T) {
	foreign := `{"Sid":"mine","Effect":"Allow","Principal":{"AWS":["carol"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]}`
	levels := bucket.Levels()
	for _, whole := range levels {
		for _, a := range levels {
			for _, other := range levels {
				p := parse(t, policy(foreign))
				for prefix, level := range map[string]bucket.Access{"": whole, "a/": a, "z/": other} {
					p = bucket.WithAccess(p, "b", prefix, level)
				}
				name := fmt.Sprintf("%s, a/ %s, z/ %s", whole, a, other)
				for prefix, want := range map[string]bucket.Access{"": whole, "a/": union(whole, a), "a/deep": union(whole, a), "z/": union(whole, other), "m/": whole} {
					if got := bucket.AccessOf(p, "b", prefix); got != want {
						t.Errorf("%s: below %q it is %s, want %s", name, prefix, got, want)
					}
				}
				if fatal := iam.Fatal(bucket.LintPolicy(p, "b")); len(fatal) > 0 {
					t.Errorf("%s: %v", name, fatal)
				}
				if !strings.Contains(string(p.JSON()), foreign) {
					t.Errorf("%s: the foreign statement was written anew", name)
				}
				for prefix, level := range map[string]bucket.Access{"": whole, "a/": a, "z/": other} {
					if again := bucket.WithAccess(p, "b", prefix, level); string(again.JSON()) != string(p.JSON()) {
						t.Errorf("%s: setting %q again changes\n%s to\n%s", name, prefix, p.JSON(), again.JSON())
					}
					p = bucket.WithAccess(p, "b", prefix, bucket.NoAccess)
				}
				if diff := cmp.Diff(policy(foreign), string(p.JSON())); diff != "" {
					t.Errorf("%s, taken away (-want +got):\n%s", name, diff)
				}
			}
		}
	}
}

func union(a, b bucket.Access) bucket.Access {
	reads := a == bucket.Download || a == bucket.Public || b == bucket.Download || b == bucket.Public
	writes := a == bucket.Upload || a == bucket.Public || b == bucket.Upload || b == bucket.Public
	switch {
	case reads && writes:
		return bucket.Public
	case reads:
		return bucket.Download
	case writes:
		return bucket.Upload
	}
	return bucket.NoAccess
}

func TestForeignAccess(t *testing.T) {
	download := string(bucket.WithAccess(bucket.Policy{}, "b", "", bucket.Download).JSON())
	for text, want := range map[string]bucket.Access{
		download: bucket.Download,
		policy(`{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]}`):                                                         bucket.Custom, // get, but not list
		policy(`{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket","s3:GetBucketLocation"],"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}`): bucket.Download,
		policy(`{"Effect":"Allow","Principal":"*","Action":["s3:*"],"Resource":["arn:aws:s3:::b/*"]}`):                                                                 bucket.Custom,
		policy(`{"Effect":"Allow","Principal":"*","Action":["s3:*"],"Resource":["arn:aws:s3:::b/deep/*"]}`):                                                            bucket.NoAccess,
		policy(`{"Effect":"Allow","Principal":"*","NotAction":["s3:GetObject"],"NotResource":["arn:aws:s3:::b/deep/*"]}`):                                              bucket.Custom,
		policy(`{"Effect":"Allow","Principal":{"AWS":["alice"]},"Action":["s3:*"],"Resource":["arn:aws:s3:::b/*"]}`):                                                   bucket.NoAccess,
		policy(`{"Effect":"Deny","Principal":"*","Action":["s3:*"],"Resource":["arn:aws:s3:::b/*"]}`):                                                                  bucket.NoAccess,
		strings.Replace(download, `"Statement":[`, `"Statement":[{"Effect":"Deny","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]},`, 1):     bucket.Custom,
		policy(`{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*"],"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`): bucket.Custom,
	} {
		if got := bucket.AccessOf(parse(t, text), "b", ""); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	odd := policy(`{"Sid":"odd","Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:GetObjectTagging"],"Resource":["arn:aws:s3:::b/*"]}`)
	if got := string(bucket.WithAccess(parse(t, odd), "b", "", bucket.NoAccess).JSON()); got != odd {
		t.Errorf("a foreign statement was touched: %s", got)
	}
	if got := bucket.AccessPrefixes(parse(t, download), "b"); len(got) != 1 || got[0] != "" {
		t.Errorf("%q", got)
	}
}

func FuzzParsePolicy(f *testing.F) {
	for _, level := range bucket.Levels() {
		f.Add(bucket.WithAccess(bucket.Policy{}, "b", "x/", level).JSON())
	}
	f.Add([]byte(`{"Statement":{"Principal":{"AWS":["*"]},"Condition":{"StringEquals":{"s3:prefix":["a",""]}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := bucket.ParsePolicy(text)
		if err != nil {
			return
		}
		bucket.LintPolicy(p, "b")
		for _, level := range bucket.Levels() {
			q := bucket.WithAccess(p, "b", "x/", level)
			again, err := bucket.ParsePolicy(q.JSON())
			if err != nil {
				t.Fatalf("what was made cannot be read: %v\n%s", err, q.JSON())
			}
			if got := bucket.AccessOf(again, "b", "x/"); got != bucket.AccessOf(q, "b", "x/") {
				t.Errorf("%s reads as %s", q.JSON(), got)
			}
			if twice := bucket.WithAccess(q, "b", "x/", level); string(twice.JSON()) != string(q.JSON()) {
				t.Errorf("%s is changed again: %s", q.JSON(), twice.JSON())
			}
		}
	})
}
