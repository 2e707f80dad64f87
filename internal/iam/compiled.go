package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// compiled is a policy, ready to be asked.
type compiled struct {
	name  string
	rules []rule
}

// rule is a statement, ready to be asked.
type rule struct {
	Statement
	number     int // from 1
	principals []string
	when       conditions
}

// errStatement is a statement that the server does not take.
var errStatement = errors.New("not a statement that RustFS takes")

// compile reads a policy as the server does. What the server does not take is
// an error; for it, such a policy is not there.
func compile(name string, text []byte) (*compiled, error) {
	d, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if len(d.foreign) > 0 {
		return nil, fmt.Errorf("%w: %q is not known in a policy", errStatement, d.foreign[0])
	}
	if d.Version != "" && d.Version != PolicyVersion {
		return nil, fmt.Errorf("%w: Version %q", errStatement, d.Version)
	}
	c := &compiled{name: name}
	for i, s := range d.Statements {
		r, err := s.compile(i+1, len(s.foreign) > 0)
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		c.rules = append(c.rules, r)
	}
	return c, nil
}

func (s Statement) compile(number int, foreign bool) (rule, error) {
	r := rule{Statement: s, number: number}
	all := slices.Concat(s.Action, s.NotAction)
	switch {
	case foreign:
		return r, fmt.Errorf("%w: %q is not known in it", errStatement, s.foreign[0])
	case s.Effect != "Allow" && s.Effect != "Deny":
		return r, fmt.Errorf("%w: Effect %q", errStatement, s.Effect)
	case len(all) == 0, len(s.Action) > 0 && len(s.NotAction) > 0:
		return r, fmt.Errorf("%w: it needs either Action or NotAction", errStatement)
	case len(s.Resource) > 0 && len(s.NotResource) > 0:
		return r, fmt.Errorf("%w: Resource and NotResource come together", errStatement)
	}
	for _, a := range all {
		if !IsAction(a) {
			return r, fmt.Errorf("%w: there is no action %q", errStatement, a)
		}
	}
	for _, p := range slices.Concat(s.Resource, s.NotResource) {
		if why := badResource(p); why != "" {
			return r, fmt.Errorf("%w: %s", errStatement, why)
		}
	}
	var err error
	r.when, err = parseConditions(s.Condition)
	r.Action, r.NotAction = plainActions(s.Action), plainActions(s.NotAction)
	return r, err
}

// plainActions writes "*" as what it means.
func plainActions(list []string) []string {
	out := slices.Clone(list)
	for i, a := range out {
		if a == "*" {
			out[i] = "s3:*"
		}
	}
	return out
}

// compileBucket reads the policy of a bucket, whose statements have
// principals.
func compileBucket(bucket string, text []byte) (*compiled, error) {
	members, err := object(text)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	c := &compiled{name: bucket}
	var items []json.RawMessage
	if err := into(members["Statement"], &items); err != nil {
		return nil, fmt.Errorf("policy: Statement: %w", err)
	}
	for i, item := range items {
		r, err := bucketRule(i+1, item)
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		c.rules = append(c.rules, r)
	}
	return c, nil
}

func bucketRule(number int, item json.RawMessage) (rule, error) {
	s, err := statement(item)
	if err != nil {
		return rule{}, err
	}
	members, err := object(item)
	if err != nil {
		return rule{}, err
	}
	s.foreign = slices.DeleteFunc(s.foreign, func(m string) bool { return m == "Principal" })
	r, err := s.compile(number, len(s.foreign) > 0)
	if err != nil {
		return r, err
	}
	r.principals, err = principals(members["Principal"])
	return r, err
}

// principals reads "*", or an object of AWS and Service; the server does not
// tell the two apart.
func principals(raw json.RawMessage) ([]string, error) {
	if bytes.Equal(bytes.TrimSpace(raw), []byte(`"*"`)) {
		return []string{"*"}, nil
	}
	members, err := object(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: Principal is neither \"*\" nor an object", errStatement)
	}
	var out []string
	for name, value := range members {
		names, err := list(value)
		if err != nil || name != "AWS" && name != "Service" {
			return nil, fmt.Errorf("%w: Principal", errStatement)
		}
		out = append(out, names...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: Principal names nobody", errStatement)
	}
	slices.Sort(out)
	return out, nil
}

// args are one question to a policy.
type args struct {
	action, bucket, key string
	values              map[string][]string
	id                  *identity // nil in policies of buckets
	account             string    // that principals are compared with
	ifs                 bool      // take the conditions of what allows as met
}

func (r rule) deny() bool { return r.Effect == "Deny" }

// covers compares actions. What deletes by force has to be named by an Allow;
// s3:GetObjectVersion stands for s3:GetObject too.
func (r rule) covers(action string) bool {
	if anyAction(r.NotAction, action, true) {
		return false
	}
	if len(r.Action) == 0 {
		return r.deny() || !forced(action)
	}
	return anyAction(r.Action, action, r.deny())
}

func anyAction(list []string, action string, deny bool) bool {
	return slices.ContainsFunc(list, func(a string) bool {
		switch {
		case a == action, a == "s3:GetObjectVersion" && action == "s3:GetObject":
			return true
		case a == "s3:*" && !deny && forced(action):
			return false
		}
		return Wildcard(a, action)
	})
}

func forced(action string) bool {
	return action == "s3:ForceDeleteBucket" || action == "s3:ForceDeleteObject"
}

func hasFamily(list []string, family string) bool {
	return slices.ContainsFunc(list, func(a string) bool { return strings.HasPrefix(a, family+":") })
}

// reaches reports whether a statement of a user's policy is about what is
// asked, its conditions aside.
func (r rule) reaches(q args) bool {
	if !r.covers(q.action) {
		return false
	}
	if hasFamily(r.Action, "kms") {
		return r.reachesKey(q)
	}
	aside := hasFamily(r.Action, "sts") || hasFamily(r.Action, "admin") && !onTables(q.action)
	if len(r.Resource)+len(r.NotResource) == 0 {
		return hasFamily(r.Action, "admin") || hasFamily(r.Action, "sts")
	}
	return aside || r.within(q)
}

// within compares resources.
func (r rule) within(q args) bool {
	resource := resourceOf(q.action, q.bucket, q.key, r.when.mentions("prefix"))
	if len(r.Resource) > 0 && !anyResource(r.Resource, resource, q) {
		return false
	}
	return len(r.NotResource) == 0 || !anyResource(r.NotResource, resource, q)
}

func anyResource(list []string, resource string, q args) bool {
	return slices.ContainsFunc(list, func(arn string) bool {
		pattern := strings.TrimPrefix(strings.TrimPrefix(arn, s3ARN), kmsARN)
		return fits(common(q.id.expand(pattern), q.values, false), resource)
	})
}

// reachesKey compares the resources of a statement on KMS, which are keys: the
// key asked for is q.key, without a bucket.
func (r rule) reachesKey(q args) bool {
	if q.action == "kms:Backup" || q.action == "kms:Restore" {
		if len(r.Resource)+len(r.NotResource) > 0 {
			return r.deny()
		}
	}
	isKey := func(arn string) bool { return strings.HasPrefix(arn, kmsARN) }
	keys, not := only(r.Resource, isKey), only(r.NotResource, isKey)
	if len(keys)+len(not) == 0 || q.key == "" {
		return true
	}
	wanted := resourceOf(q.action, "key", q.key, false)
	if len(keys) > 0 && !anyResource(keys, wanted, q) {
		return false
	}
	return !anyResource(not, wanted, q)
}

func only(list []string, keep func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !keep(s) })
}

// onTables are the actions of the admin API for which resources count.
func onTables(action string) bool {
	return slices.Contains(strings.Fields(`admin:GetTableBucket admin:SetTableBucket admin:GetTableNamespace admin:SetTableNamespace
		admin:UpdateTableNamespaceProperties admin:DeleteTableNamespace admin:GetTable admin:SetTable admin:CreateTable
		admin:RegisterTable admin:CommitTable admin:DeleteTable admin:GetTableLifecycle admin:SetTableLifecycle
		admin:GetTableCredentials admin:RunTableMaintenance admin:GetTableMetadataLocation admin:SetTableMetadataLocation
		admin:GetTableMetadata admin:SetTableMetadata`), action)
}

// matches is reaches, conditions included.
func (r rule) matches(q args) bool {
	return r.reaches(q) && (q.ifs && !r.deny() || r.when.hold(q.values, q.id))
}

// matchesBucket is matches for the statement of a bucket's policy.
func (r rule) matchesBucket(q args) bool {
	return r.reachesBucket(q) && (q.ifs && !r.deny() || r.when.hold(q.values, nil))
}

// reachesBucket is reaches for the statement of a bucket's policy, in which
// variables stay as they are.
func (r rule) reachesBucket(q args) bool {
	q.id = nil
	return slices.ContainsFunc(r.principals, func(p string) bool { return principalMatches(p, q.account) }) && r.covers(q.action) && r.within(q)
}

// StrangePrincipals are those of a bucket's policy that no request can have:
// ARNs, where RustFS compares the bare name of the key that signed.
func StrangePrincipals(policy []byte) []string {
	if len(policy) == 0 {
		return nil
	}
	c, err := compileBucket("", policy)
	if err != nil {
		return nil
	}
	var out []string
	for _, r := range c.rules {
		for _, p := range r.principals {
			if strings.HasPrefix(p, "arn:") && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}
