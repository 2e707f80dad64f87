// Package audit holds the rules of what is wrong with users, groups, policies,
// access keys and the policies of buckets. It is pure: it looks at a snapshot
// and knows no system.
package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// Soon is how long before its end a key is spoken of.
const Soon = 14 * 24 * time.Hour

// Rules are all there are, by name.
func Rules() []finding.Rule {
	return []finding.Rule{
		{Name: "administrator", Asks: "who has the built-in policy that allows everything"},
		{Name: "bucket-policy-broken", Asks: "are there policies of buckets that cannot be read"},
		{Name: "bucket-public", Asks: "may everybody read a bucket, without a key"},
		{Name: "bucket-public-write", Asks: "may everybody change a bucket, without a key"},
		{Name: "group-disabled", Asks: "are there disabled groups, which take all rights from their members"},
		{Name: "group-empty", Asks: "are there groups without members"},
		{Name: "group-without-policy", Asks: "are there groups that give no rights"},
		{Name: "key-disabled", Asks: "are there disabled access keys"},
		{Name: "key-ends-soon", Asks: "are there access keys that end within two weeks"},
		{Name: "key-expired", Asks: "are there access keys that have expired"},
		{Name: "key-of-disabled-user", Asks: "are there access keys of disabled users"},
		{Name: "key-of-root", Asks: "are there access keys of root"},
		{Name: "key-unscoped", Asks: "are there access keys with all rights of their user"},
		{Name: "key-without-expiry", Asks: "are there access keys that never expire"},
		{Name: "policy-broken", Asks: "are there policies that the server does not take"},
		{Name: "policy-everything", Asks: "are there policies that allow everything everywhere"},
		{Name: "policy-everywhere", Asks: "who has a built-in policy about all buckets"},
		{Name: "policy-lint", Asks: "are there statements that do not do what they seem to"},
		{Name: "policy-missing", Asks: "are there attached policies that do not exist"},
		{Name: "policy-unused", Asks: "are there policies that nobody has"},
		{Name: "principal-nobody", Asks: "are there principals of policies of buckets that match nobody"},
		{Name: "user-disabled", Asks: "are there disabled users"},
		{Name: "user-without-group", Asks: "are there users in no group"},
		{Name: "user-without-policy", Asks: "are there users that may do nothing"},
	}
}

// Link is where to read on.
const Link = "https://docs.rustfs.com/security/iam/"

// Run holds a snapshot against all rules; the worst comes first.
func Run(s iam.Snapshot) []finding.Finding {
	a := &auditor{s: s, e: iam.NewEvaluator(s)}
	a.keys()
	a.users()
	a.groups()
	a.policies()
	a.buckets()
	finding.Sort(a.found)
	return a.found
}

type auditor struct {
	s     iam.Snapshot
	e     *iam.Evaluator
	found []finding.Finding
}

func (a *auditor) add(rule string, severity finding.Severity, subject, what, proof, fix string) {
	a.found = append(a.found, finding.Finding{Rule: rule, Severity: severity, Subject: subject, What: what, Proof: proof, Fix: fix, Link: Link})
}

// keys looks at the access keys.
func (a *auditor) keys() {
	for _, k := range a.s.Keys {
		subject, of := "key/"+k.AccessKey, fmt.Sprintf("of %s", k.Parent)
		remove := "kubectl rustfs key delete " + k.AccessKey
		replace := fmt.Sprintf("kubectl rustfs key create --for %s --expires 90d --to-secret NAMESPACE/NAME, then: %s", k.Parent, remove)
		switch {
		case k.Expired(a.s.At):
			a.add("key-expired", finding.Warning, subject, "the access key has expired, and whoever still uses it is refused", of+", ended "+day(k.Expires), remove)
			continue
		case !k.Enabled:
			a.add("key-disabled", finding.Info, subject, "the access key is disabled", of, remove)
			continue
		case k.Expires.IsZero():
			a.add("key-without-expiry", finding.Warning, subject, "the access key never ends", of, replace)
		case k.Expires.Before(a.s.At.Add(Soon)):
			a.add("key-ends-soon", finding.Warning, subject, "the access key ends soon", of+", ends "+day(k.Expires), replace)
		}
		a.keyScope(k, subject, of)
		if u, ok := a.s.User(k.Parent); ok && !u.Enabled {
			a.add("key-of-disabled-user", finding.Warning, subject, "the key's user is disabled: it is let in, and has no rights but what bucket policies give it", of, remove)
		}
	}
}

// keyScope looks at how far a key's rights go.
func (a *auditor) keyScope(k iam.KeyState, subject, of string) {
	user := "kubectl rustfs user create NAME --policy POLICY --to-secret NAMESPACE/NAME, then: kubectl rustfs key delete " + k.AccessKey
	narrow := fmt.Sprintf("kubectl rustfs key create --for %s --policy-file POLICY.json --expires 90d --to-secret NAMESPACE/NAME", k.Parent)
	switch {
	case k.Parent == a.s.Root && !k.Own:
		a.add("key-of-root", finding.Critical, subject, "the access key is root's, and may do everything", of, user)
	case k.Parent == a.s.Root:
		a.add("key-of-root", finding.Warning, subject, "the access key is root's; only its own policy holds it", of, user)
	case !k.Own:
		severity := finding.Info
		if a.wide(iam.Subject{Kind: iam.AsKey, Name: k.AccessKey}) {
			severity = finding.Warning
		}
		a.add("key-unscoped", severity, subject, "the access key has all rights of its user", of, narrow)
	}
}

// wide reports whether somebody may write everywhere or manage the server.
func (a *auditor) wide(who iam.Subject) bool {
	const nowhere = "no-such-bucket-anywhere"
	return a.e.Decide(who, iam.Question{Action: "s3:PutObject", Bucket: nowhere, Key: "x"}).Allowed ||
		a.e.Decide(who, iam.Question{Action: "admin:CreateUser"}).Allowed
}

// users looks at the users.
func (a *auditor) users() {
	for _, u := range a.s.Users {
		subject, groups := "user/"+u.Name, a.s.GroupsOf(u.Name)
		inherited := 0
		for _, g := range groups {
			inherited += len(g.Policies)
		}
		switch {
		case len(u.Policies)+inherited == 0:
			a.add("user-without-policy", finding.Warning, subject, "the user has no policy, and may do nothing but what bucket policies allow",
				"", "kubectl rustfs policy attach POLICY --to "+subject+", or: kubectl rustfs user delete "+u.Name)
		case len(groups) == 0:
			a.add("user-without-group", finding.Info, subject, "the user is in no group; its policies are its own",
				strings.Join(u.Policies, ", "), "kubectl rustfs group add GROUP "+u.Name)
		}
		if !u.Enabled {
			a.add("user-disabled", finding.Info, subject, "the user is disabled", "", "kubectl rustfs user delete "+u.Name)
		}
		a.attached(subject, u.Policies)
	}
}

// groups looks at the groups.
func (a *auditor) groups() {
	for _, g := range a.s.Groups {
		subject := "group/" + g.Name
		if len(g.Members) == 0 {
			a.add("group-empty", finding.Info, subject, "the group has no members", "", "kubectl rustfs group delete "+g.Name)
		}
		if !g.Enabled {
			severity := finding.Info
			if len(g.Members) > 0 {
				severity = finding.Critical
			}
			a.add("group-disabled", severity, subject, "the group is disabled, which takes all rights from its members, also those of their own and of other groups",
				strings.Join(g.Members, ", "), "kubectl rustfs group enable "+g.Name)
		}
		if g.Enabled && len(g.Members) > 0 && len(g.Policies) == 0 {
			a.add("group-without-policy", finding.Info, subject, "the group gives its members no rights", "", "kubectl rustfs policy attach POLICY --to "+subject)
		}
		a.attached(subject, g.Policies)
	}
}

// attached looks at what is attached to somebody.
func (a *auditor) attached(holder string, policies []string) {
	for _, name := range policies {
		detach := fmt.Sprintf("kubectl rustfs policy detach %s --from %s", name, holder)
		i := slices.IndexFunc(a.s.Policies, func(p iam.PolicyState) bool { return p.Name == name })
		switch {
		case i < 0 && !iam.IsBuiltIn(name):
			a.add("policy-missing", finding.Warning, holder, fmt.Sprintf("the policy %s, which is attached, does not exist", name), "", detach)
		case name == "consoleAdmin":
			a.add("administrator", finding.Warning, holder, "the built-in policy consoleAdmin lets it do everything", name, detach)
		case name == "readwrite" || name == "readonly" || name == "writeonly":
			a.add("policy-everywhere", finding.Warning, holder, fmt.Sprintf("the built-in policy %s is about all buckets", name), name,
				detach+", and attach a policy for its bucket")
		}
	}
}

// policies looks at the policies that people have written.
func (a *auditor) policies() {
	for _, p := range a.s.Policies {
		if iam.IsBuiltIn(p.Name) {
			continue
		}
		subject := "policy/" + p.Name
		if !a.used(p.Name) {
			a.add("policy-unused", finding.Info, subject, "nobody has the policy", "", "kubectl rustfs policy delete "+p.Name)
		}
		d, err := iam.Parse(p.Document)
		if err != nil {
			a.add("policy-broken", finding.Warning, subject, "the policy cannot be read", err.Error(), "kubectl rustfs policy edit "+p.Name)
			continue
		}
		if why := a.e.Broken("policy", p.Name); why != "" {
			a.add("policy-broken", finding.Warning, subject, "the policy counts for nothing: RustFS 1.0.1 does not take it", why, "kubectl rustfs policy edit "+p.Name)
		}
		for i, s := range d.Statements {
			if everything(s) {
				a.add("policy-everything", finding.Warning, subject, "a statement allows everything everywhere", fmt.Sprintf("statement %d: %s", i+1, iam.Words(s)), "kubectl rustfs policy edit "+p.Name)
			}
		}
		for _, f := range iam.Lint(d) {
			a.add("policy-lint", finding.Warning, subject, "a statement does not do what it seems to", f.String(), "kubectl rustfs policy edit "+p.Name)
		}
	}
}

// everything reports a statement that allows all actions on all buckets.
func everything(s iam.Statement) bool {
	return s.Effect == "Allow" && len(s.Condition) == 0 && len(s.NotResource) == 0 &&
		(slices.Contains(s.Action, "*") || slices.Contains(s.Action, "s3:*") || slices.Contains(s.Action, "admin:*")) &&
		(len(s.Resource) == 0 || slices.Contains(s.Resource, "arn:aws:s3:::*"))
}

func (a *auditor) used(policy string) bool {
	return slices.ContainsFunc(a.s.Users, func(u iam.UserState) bool { return slices.Contains(u.Policies, policy) }) ||
		slices.ContainsFunc(a.s.Groups, func(g iam.GroupState) bool { return slices.Contains(g.Policies, policy) })
}

// buckets looks at what strangers may do, and at policies of buckets.
func (a *auditor) buckets() {
	anybody := iam.Subject{Kind: iam.AsAnonymous}
	for _, b := range a.s.Buckets {
		subject := "bucket/" + b.Name
		shut := fmt.Sprintf("kubectl rustfs bucket access %s none", b.Name)
		if why := a.e.Broken("bucket policy", b.Name); why != "" {
			a.add("bucket-policy-broken", finding.Warning, subject, "the bucket's policy cannot be read", why, "kubectl rustfs bucket policy edit "+b.Name)
		}
		var reads, writes []string
		limited := true
		for _, action := range []string{"s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutBucketPolicy"} {
			if a.e.Reach(anybody, action, b.Name) == iam.None {
				continue
			}
			limited = limited && a.e.Conditional(anybody, action, b.Name)
			if iam.EffectOf(action) == iam.Lists || iam.EffectOf(action) == iam.Reads {
				reads = append(reads, action)
			} else {
				writes = append(writes, action)
			}
		}
		rule, severity, what := "bucket-public", finding.Warning, "anybody may read from the bucket"
		if len(writes) > 0 {
			rule, severity, what = "bucket-public-write", finding.Critical, "anybody may change what is in the bucket"
		}
		if limited {
			severity, what = finding.Info, what+", under conditions"
		}
		if len(writes)+len(reads) > 0 {
			a.add(rule, severity, subject, what, strings.Join(slices.Concat(writes, reads), ", "), shut)
		}
		for _, p := range iam.StrangePrincipals(b.Policy) {
			a.add("principal-nobody", finding.Warning, subject, "the bucket's policy names somebody by an ARN, and RustFS compares the bare name: it matches nobody",
				p, "kubectl rustfs bucket policy edit "+b.Name)
		}
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
