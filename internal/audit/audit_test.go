package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/audit"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func TestRun(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	policy := func(statement string) []byte {
		return []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + statement + `}]}`)
	}
	s := iam.Snapshot{
		At: now, Root: "root",
		Users: []iam.UserState{
			{Name: "alice", Enabled: true, Policies: []string{"all"}},
			{Name: "idle", Enabled: true},
			{Name: "off", Policies: []string{"gone"}},
			{Name: "boss", Enabled: true, Policies: []string{"consoleAdmin", "readonly"}, Groups: []string{"devs"}},
		},
		Groups: []iam.GroupState{{Name: "devs", Members: []string{"boss"}}, {Name: "empty", Enabled: true}, {Name: "weak", Enabled: true, Members: []string{"boss"}}},
		Policies: []iam.PolicyState{
			{Name: "all", Document: policy(`"Action":"s3:*","Resource":"arn:aws:s3:::*"`)},
			{Name: "unused", Document: policy(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/a/"`)},
			{Name: "broken", Document: policy(`"Action":"s3:Nope","Resource":"arn:aws:s3:::b"`)},
		},
		Keys: []iam.KeyState{
			{AccessKey: "ROOT", Parent: "root", Enabled: true, Expires: now.AddDate(1, 0, 0)},
			{AccessKey: "LONG", Parent: "alice", Enabled: true},
			{AccessKey: "SOON", Parent: "alice", Enabled: true, Expires: now.AddDate(0, 0, 3)},
			{AccessKey: "PAST", Parent: "alice", Enabled: true, Expires: now.AddDate(0, 0, -3)},
			{AccessKey: "HELD", Parent: "root", Enabled: true, Own: true, Expires: now.AddDate(1, 0, 0)},
			{AccessKey: "OFF", Parent: "alice"},
			{AccessKey: "ORPHAN", Parent: "off", Enabled: true, Expires: now.AddDate(1, 0, 0)},
		},
		Buckets: []iam.BucketState{
			{Name: "open", Policy: policy(`"Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::open/*"`)},
			{Name: "read", Policy: policy(`"Principal":{"AWS":["*","arn:aws:iam:::user/x"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::read/pub/*"`)},
			{Name: "closed"},
			{Name: "inside", Policy: policy(`"Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::inside/*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`)},
			{Name: "odd", Policy: []byte(`{"Version":"2012-10-17","Statement":3}`)},
		},
	}
	found := audit.Run(s)
	has := map[string]finding.Severity{}
	rules := map[string]bool{}
	for _, r := range audit.Rules() {
		rules[r.Name] = false
	}
	for _, f := range found {
		if _, listed := rules[f.Rule]; !listed {
			t.Errorf("%s is not among the rules", f.Rule)
		}
		rules[f.Rule] = true
		if strings.HasSuffix(f.What, ".") || strings.ToLower(f.What[:1]) != f.What[:1] {
			t.Errorf("%s: %q", f.Rule, f.What)
		}
		has[f.Rule+" "+f.Subject] = f.Severity
		if f.What == "" || f.Fix == "" {
			t.Errorf("%s about %s has no words or no fix", f.Rule, f.Subject)
		}
	}
	for want, severity := range map[string]finding.Severity{
		"key-of-root key/ROOT": finding.Critical, "key-without-expiry key/LONG": finding.Warning, "key-unscoped key/LONG": finding.Warning,
		"key-ends-soon key/SOON": finding.Warning, "key-expired key/PAST": finding.Warning, "key-disabled key/OFF": finding.Info,
		"key-of-disabled-user key/ORPHAN": finding.Warning, "user-without-policy user/idle": finding.Warning, "user-without-group user/alice": finding.Info,
		"user-disabled user/off": finding.Info, "policy-missing user/off": finding.Warning, "administrator user/boss": finding.Warning,
		"policy-everywhere user/boss": finding.Warning, "group-disabled group/devs": finding.Critical, "group-empty group/empty": finding.Info,
		"policy-unused policy/unused": finding.Info, "policy-lint policy/unused": finding.Warning, "policy-broken policy/broken": finding.Warning,
		"policy-everything policy/all": finding.Warning, "bucket-public-write bucket/open": finding.Critical, "bucket-public bucket/read": finding.Warning,
		"principal-nobody bucket/read": finding.Warning, "group-without-policy group/weak": finding.Info, "bucket-public bucket/inside": finding.Info,
		"bucket-policy-broken bucket/odd": finding.Warning, "key-of-root key/HELD": finding.Warning,
	} {
		if has[want] != severity {
			t.Errorf("%s: %q, want %q", want, has[want], severity)
		}
	}
	for _, not := range []string{"bucket-public bucket/closed", "key-without-expiry key/PAST", "user-without-group user/boss"} {
		if _, ok := has[not]; ok {
			t.Errorf("%s was found", not)
		}
	}
	for name, seen := range rules {
		if !seen {
			t.Errorf("nothing shows the rule %s", name)
		}
	}
	if found[0].Severity != finding.Critical {
		t.Errorf("%s comes first", found[0].Rule)
	}
	if got := audit.Run(iam.Snapshot{Root: "root"}); len(got) != 0 {
		t.Errorf("an empty server has findings: %+v", got)
	}
}
