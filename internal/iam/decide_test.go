package iam_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// policyOf is a policy of statements without their braces.
func policyOf(statements ...string) json.RawMessage {
	return json.RawMessage(`{"Version":"2012-10-17","Statement":[{` + strings.Join(statements, "},{") + `}]}`)
}

func allow(action, resource string) string {
	return fmt.Sprintf(`"Effect":"Allow","Action":%q,"Resource":"arn:aws:s3:::%s"`, action, resource)
}

func deny(action, resource string) string {
	return strings.Replace(allow(action, resource), "Allow", "Deny", 1)
}

func when(statement, condition string) string { return statement + `,"Condition":` + condition }

// alone is a snapshot of alice with one policy.
func alone(policy json.RawMessage) iam.Snapshot {
	return iam.Snapshot{
		At: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), Root: "root",
		Users:    []iam.UserState{{Name: "alice", Enabled: true, Policies: []string{"p"}}},
		Policies: []iam.PolicyState{{Name: "p", Document: policy}},
		Buckets:  []iam.BucketState{{Name: "b"}},
	}
}

// TestDecide goes through the rules that differ from what one would think.
func TestDecide(t *testing.T) {
	t.Parallel()
	alice := iam.Subject{Kind: iam.AsUser, Name: "alice"}
	get := iam.Question{Action: "s3:GetObject", Bucket: "b", Key: "k"}
	at := func(key string) iam.Question { return iam.Question{Action: "s3:GetObject", Bucket: "b", Key: key} }
	of := func(action string) iam.Question { return iam.Question{Action: action, Bucket: "b"} }
	with := func(q iam.Question, key, value string) iam.Question {
		q.Values = map[string][]string{key: {value}}
		return q
	}
	for name, c := range map[string]struct {
		policy json.RawMessage
		q      iam.Question
		want   bool
	}{
		"objects":                                 {policyOf(allow("s3:GetObject", "b/*")), get, true},
		"the bucket is none of its objects":       {policyOf(allow("s3:*", "b/*")), of("s3:ListBucket"), false},
		"objects are not the bucket":              {policyOf(allow("s3:*", "b")), get, false},
		"a star crosses slashes":                  {policyOf(allow("s3:*", "b*")), at("x/y/z"), true},
		"capitals count":                          {policyOf(allow("s3:GetObject", "b/K")), get, false},
		"a slash at the end matches nothing":      {policyOf(allow("s3:GetObject", "b/dir/")), at("dir/"), false},
		"slashes are made single":                 {policyOf(allow("s3:GetObject", "b/x/y")), at("x//y"), true},
		"dots lead out":                           {policyOf(allow("s3:GetObject", "c/*")), at("x/../../c/y"), true},
		"a version's right is the object's":       {policyOf(allow("s3:GetObjectVersion", "b/*")), get, true},
		"the object's right is no version's":      {policyOf(allow("s3:GetObject", "b/*")), iam.Question{Action: "s3:GetObjectVersion", Bucket: "b", Key: "k"}, false},
		"deny wins":                               {policyOf(allow("s3:*", "*"), deny("s3:GetObject", "b/k")), get, false},
		"denying versions denies objects":         {policyOf(allow("s3:*", "*"), deny("s3:GetObjectVersion", "b/*")), get, false},
		"* is all of S3":                          {policyOf(allow("*", "*")), get, true},
		"* is not the admin API":                  {policyOf(allow("*", "*")), iam.Question{Action: "admin:ListUsers"}, false},
		"no wildcard deletes by force":            {policyOf(allow("s3:*", "*")), of("s3:ForceDeleteBucket"), false},
		"named, it does":                          {policyOf(allow("s3:ForceDeleteBucket", "b")), of("s3:ForceDeleteBucket"), true},
		"all buckets need the star":               {policyOf(allow("s3:ListAllMyBuckets", "b")), iam.Question{Action: "s3:ListAllMyBuckets"}, false},
		"all buckets with the star":               {policyOf(allow("s3:ListAllMyBuckets", "*")), iam.Question{Action: "s3:ListAllMyBuckets"}, true},
		"admin asks for no resource":              {policyOf(allow("admin:ListUsers", "nothing")), iam.Question{Action: "admin:ListUsers"}, true},
		"NotAction is the admin API too":          {policyOf(`"Effect":"Allow","NotAction":"s3:DeleteBucket","Resource":"arn:aws:s3:::*"`), iam.Question{Action: "admin:ListUsers"}, true},
		"NotResource":                             {policyOf(`"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:aws:s3:::b/secret/*"`), get, true},
		"NotResource, inside":                     {policyOf(`"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:aws:s3:::b/secret/*"`), at("secret/x"), false},
		"a variable":                              {policyOf(allow("s3:GetObject", "b/${aws:username}/*")), at("alice/x"), true},
		"a user has no userid":                    {policyOf(allow("s3:GetObject", "b/${aws:userid}/*")), at("alice/x"), false},
		"an unknown variable stays":               {policyOf(allow("s3:GetObject", "b/${aws:nope}/*")), at("${aws:nope}/x"), true},
		"a prefix":                                {policyOf(when(allow("s3:ListBucket", "b"), `{"StringLike":{"s3:prefix":"d/*"}}`)), with(of("s3:ListBucket"), "prefix", "d/x"), true},
		"no prefix":                               {policyOf(when(allow("s3:ListBucket", "b"), `{"StringLike":{"s3:prefix":"d/*"}}`)), of("s3:ListBucket"), false},
		"no prefix is not like it":                {policyOf(when(allow("s3:ListBucket", "b"), `{"StringNotLike":{"s3:prefix":"d/*"}}`)), of("s3:ListBucket"), true},
		"for all of nothing":                      {policyOf(when(allow("s3:ListBucket", "b"), `{"ForAllValues:StringEquals":{"s3:prefix":"d/"}}`)), of("s3:ListBucket"), true},
		"for any of nothing":                      {policyOf(when(allow("s3:ListBucket", "b"), `{"ForAnyValue:StringNotEquals":{"s3:prefix":"d/"}}`)), of("s3:ListBucket"), false},
		"if it exists":                            {policyOf(when(allow("s3:ListBucket", "b"), `{"StringEqualsIfExists":{"s3:prefix":"d/"}}`)), of("s3:ListBucket"), true},
		"an address":                              {policyOf(when(allow("s3:GetObject", "b/*"), `{"IpAddress":{"aws:SourceIp":["10.0.0.0/8"]}}`)), with(get, "SourceIp", "10.9.9.9"), true},
		"an address of IPv6 alone is a /32":       {policyOf(when(allow("s3:GetObject", "b/*"), `{"IpAddress":{"aws:SourceIp":"2001:db8::1"}}`)), with(get, "SourceIp", "2001:db8:ffff::"), true},
		"no address is not there":                 {policyOf(when(allow("s3:GetObject", "b/*"), `{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`)), get, true},
		"a time":                                  {policyOf(when(allow("s3:GetObject", "b/*"), `{"DateLessThan":{"aws:CurrentTime":"2026-06-01 00:00:00z"}}`)), get, true},
		"a number":                                {policyOf(when(allow("s3:ListBucket", "b"), `{"NumericLessThanEquals":{"s3:max-keys":"10"}}`)), with(of("s3:ListBucket"), "max-keys", "10"), true},
		"a number of its own kind":                {policyOf(when(allow("s3:ListBucket", "b"), `{"NumericGreaterThanIfExists":{"s3:max-keys":10}}`)), with(of("s3:ListBucket"), "max-keys", "10"), true},
		"null":                                    {policyOf(when(allow("s3:ListBucket", "b"), `{"Null":{"s3:prefix":"true"}}`)), of("s3:ListBucket"), true},
		"TLS does not count":                      {policyOf(when(allow("s3:GetObject", "b/*"), `{"Bool":{"aws:SecureTransport":"true"}}`)), get, false},
		"binary":                                  {policyOf(when(allow("s3:GetObject", "b/*"), `{"BinaryEquals":{"s3:x-amz-acl":"aGk="}}`)), with(get, "x-amz-acl", "aGk="), true},
		"a policy that is no policy is not there": {policyOf(when(allow("s3:GetObject", "b/*"), `{"StringIs":{"s3:prefix":"x"}}`)), get, false},
		"KMS keys":                                {policyOf(`"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:::key/a*"`), iam.Question{Action: "kms:Decrypt", Key: "abc"}, true},
		"other KMS keys":                          {policyOf(`"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:::key/a*"`), iam.Question{Action: "kms:Decrypt", Key: "b"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := iam.NewEvaluator(alone(c.policy)).Decide(alice, c.q)
			if d.Allowed != c.want {
				t.Errorf("%v, want %v: %+v", d.Allowed, c.want, d)
			}
			if d.Allowed && d.By == nil {
				t.Errorf("nothing settled it: %+v", d)
			}
		})
	}
}

// TestDecideTogether: users, groups, keys and buckets with each other.
func TestDecideTogether(t *testing.T) {
	t.Parallel()
	get := iam.Question{Action: "s3:GetObject", Bucket: "b", Key: "k"}
	remove := iam.Question{Action: "s3:DeleteObject", Bucket: "b", Key: "k"}
	bucket := func(effect, principal, action string) json.RawMessage {
		return policyOf(fmt.Sprintf(`"Effect":%q,"Principal":%s,"Action":%q,"Resource":"arn:aws:s3:::b/*"`, effect, principal, action))
	}
	user, key := iam.Subject{Kind: iam.AsUser, Name: "alice"}, iam.Subject{Kind: iam.AsKey, Name: "K1"}
	for name, c := range map[string]struct {
		change func(*iam.Snapshot)
		who    iam.Subject
		q      iam.Question
		want   bool
		word   string
	}{
		"root": {func(*iam.Snapshot) {}, iam.Subject{Kind: iam.AsRoot}, remove, true, "is root"},
		"root, denied by the bucket": {
			func(s *iam.Snapshot) { s.Buckets[0].Policy = bucket("Deny", `"*"`, "s3:*") },
			iam.Subject{Kind: iam.AsRoot},
			get, false, "statement 1 denies",
		},
		"a disabled group": {
			func(s *iam.Snapshot) { s.Groups = []iam.GroupState{{Name: "g", Members: []string{"alice"}}} },
			user, get, false, "disabled",
		},
		"a group": {func(s *iam.Snapshot) {
			s.Users[0].Policies = nil
			s.Groups = []iam.GroupState{{Name: "g", Enabled: true, Members: []string{"alice"}, Policies: []string{"p"}}}
		}, user, get, true, "policies p"},
		"a disabled user": {func(s *iam.Snapshot) { s.Users[0].Enabled = false }, user, get, false, "disabled"},
		"a key with less": {
			func(s *iam.Snapshot) { s.Keys[0].Own, s.Keys[0].Policy = true, policyOf(allow("s3:PutObject", "*")) },
			key, get, false, "has a policy of its own",
		},
		"a key with more gets no more": {
			func(s *iam.Snapshot) { s.Keys[0].Own, s.Keys[0].Policy = true, policyOf(allow("s3:*", "*")) },
			key, remove, false, "",
		},
		"a key like its user":  {func(*iam.Snapshot) {}, key, get, true, "all rights of its user"},
		"a key that has ended": {func(s *iam.Snapshot) { s.Keys[0].Expires = s.At }, key, get, false, "expired"},
		"a disabled key":       {func(s *iam.Snapshot) { s.Keys[0].Enabled = false }, key, get, false, "disabled"},
		"a key of nobody's":    {func(*iam.Snapshot) {}, iam.Subject{Kind: iam.AsKey, Name: "K9"}, get, false, "there is no access key"},
		"anybody":              {func(*iam.Snapshot) {}, iam.Subject{Kind: iam.AsAnonymous}, get, false, "the bucket has no policy"},
		"anybody, by the bucket": {
			func(s *iam.Snapshot) { s.Buckets[0].Policy = bucket("Allow", `{"AWS":"*"}`, "s3:GetObject") },
			iam.Subject{Kind: iam.AsAnonymous},
			get, true, "statement 1 allows",
		},
		"a bucket names the key that signs": {
			func(s *iam.Snapshot) { s.Buckets[0].Policy = bucket("Allow", `{"AWS":"alice"}`, "s3:DeleteObject") },
			key, remove, false, "",
		},
		"a bucket names the user": {
			func(s *iam.Snapshot) { s.Buckets[0].Policy = bucket("Allow", `{"AWS":["alice"]}`, "s3:DeleteObject") },
			user, remove, true, "",
		},
		"a bucket names an ARN, which is nobody": {func(s *iam.Snapshot) {
			s.Buckets[0].Policy = bucket("Allow", `{"AWS":"arn:aws:iam:::user/alice"}`, "s3:DeleteObject")
		}, user, remove, false, ""},
		"a bucket gives what the user is denied": {func(s *iam.Snapshot) {
			s.Policies[0].Document = policyOf(deny("s3:GetObject", "b/*"))
			s.Buckets[0].Policy = bucket("Allow", `"*"`, "s3:GetObject")
		}, user, get, true, "does not count against"},
		"but not for deletion": {func(s *iam.Snapshot) {
			s.Policies[0].Document = policyOf(deny("s3:DeleteObject", "b/*"))
			s.Buckets[0].Policy = bucket("Allow", `"*"`, "s3:DeleteObject")
		}, user, remove, false, ""},
		"members of a group": {func(s *iam.Snapshot) {
			s.Groups = []iam.GroupState{{Name: "g", Enabled: true, Policies: []string{"p"}}}
		}, iam.Subject{Kind: iam.AsGroup, Name: "g"}, get, true, ""},
		"a key of root's": {func(s *iam.Snapshot) { s.Keys[0].Parent = "root" }, key, remove, true, "the key is root's"},
		"a key of root's, held": {func(s *iam.Snapshot) {
			s.Keys[0] = iam.KeyState{AccessKey: "K1", Parent: "root", Enabled: true, Own: true, Policy: policyOf(allow("s3:GetObject", "*"))}
		}, key, remove, false, "own policy does not allow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := alone(policyOf(allow("s3:GetObject", "b/*")))
			s.Keys = []iam.KeyState{{AccessKey: "K1", Parent: "alice", Enabled: true}}
			c.change(&s)
			d := iam.NewEvaluator(s).Decide(c.who, c.q)
			if d.Allowed != c.want || !strings.Contains(fmt.Sprintf("%+v %+v", d.Path, d.Reasons), c.word) {
				t.Errorf("%v, want %v with %q: %+v", d.Allowed, c.want, c.word, d)
			}
		})
	}
}

// FuzzEvaluator: no policy and no name makes it panic, or take for ever.
func FuzzEvaluator(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"IpAddress":{"aws:SourceIp":"::1"}}}]}`, "b", "k", "10.0.0.1")
	f.Add(`{"Statement":[{"Effect":"Deny","Principal":{"AWS":["?"]},"NotAction":["s3:*"],"NotResource":["arn:aws:s3:::${${${a}}}"],"Condition":{"ForAllValues:StringLikeIfExistsIfExists":{"s3:prefix/x":["*?*"]}}}]}`, "", "../..", "")
	f.Add(`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:aws:s3:::**","Condition":{"DateEquals":{"aws:CurrentTime":"2026-01-01t00:00:00Z"},"BinaryEquals":{"s3:x-amz-acl":"aGk="},"NumericEquals":{"s3:max-keys":9223372036854775807}}}]}`, "b", "k", "x")
	f.Fuzz(func(t *testing.T, policy, bucket, key, value string) {
		s := alone(json.RawMessage(policy))
		s.Users[0].Name, s.Keys = "${aws:username}", []iam.KeyState{{AccessKey: "K", Parent: "${aws:username}", Enabled: true, Own: true, Policy: json.RawMessage(policy)}}
		s.Buckets = []iam.BucketState{{Name: bucket, Policy: json.RawMessage(policy)}}
		e := iam.NewEvaluator(s)
		q := iam.Question{Action: "s3:GetObject", Bucket: bucket, Key: key, Values: map[string][]string{"SourceIp": {value}, "prefix": {value}, "x-amz-acl": {value}, "max-keys": {value}}}
		for _, who := range []iam.Subject{{Kind: iam.AsUser, Name: s.Users[0].Name}, {Kind: iam.AsKey, Name: "K"}, {Kind: iam.AsAnonymous}, {Kind: iam.AsGroup, Name: "x"}, {}} {
			e.Decide(who, q)
			e.Reach(who, "s3:PutObject", bucket)
		}
		iam.StrangePrincipals([]byte(policy))
		if d, err := iam.Parse([]byte(policy)); err == nil {
			iam.Lint(d)
			for _, st := range d.Statements {
				iam.Words(st)
			}
		}
	})
}
