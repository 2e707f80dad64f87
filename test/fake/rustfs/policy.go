package rustfs

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// policyVersion is the only accepted policy language version.
const policyVersion = "2012-10-17"

// s3ARN is the prefix of every S3 resource.
const s3ARN = "arn:aws:s3:::"

// policyDoc is an identity or bucket policy as RustFS stores and prints it:
// empty members omitted, single strings turned into arrays.
type policyDoc struct {
	ID        string      `json:"ID,omitempty"`
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
}

type statement struct {
	Sid         string                    `json:"Sid,omitempty"`
	Effect      string                    `json:"Effect"`
	Principal   []string                  `json:"-"`
	Action      []string                  `json:"Action,omitempty"`
	NotAction   []string                  `json:"NotAction,omitempty"`
	Resource    []string                  `json:"Resource,omitempty"`
	NotResource []string                  `json:"NotResource,omitempty"`
	Condition   map[string]map[string]any `json:"Condition,omitempty"`
}

// policyFields and statementFields are the known members, in the order the
// "unknown field" errors name them.
var (
	policyFields    = []string{"ID", "Version", "Statement"}
	statementFields = []string{"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)

// parsePolicy reads an identity policy. The serde error covers everything the
// decoder of RustFS rejects; rules checked later are in check.
func parsePolicy(body []byte) (policyDoc, *serdeError) { return decodePolicy(body, false) }

// parseBucketPolicy reads a bucket policy: Principal is allowed there, and Id
// beside ID.
func parseBucketPolicy(body []byte) (policyDoc, *serdeError) { return decodePolicy(body, true) }

func decodePolicy(body []byte, bucket bool) (policyDoc, *serdeError) {
	var p policyDoc
	o, serr := decodeObject(body)
	if serr != nil {
		return p, serr
	}
	known := policyFields
	if bucket {
		known = []string{"Id", "ID", "Version", "Statement"}
	}
	if serr := o.unknown(known); serr != nil {
		return p, serr
	}
	for _, f := range []struct {
		name string
		into *string
	}{{"ID", &p.ID}, {"Version", &p.Version}} {
		text, serr := o.optional(f.name)
		if serr != nil {
			return p, serr
		}
		*f.into = text
	}
	raw, ok := o.fields["Statement"]
	if !ok {
		return p, nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return p, &serdeError{"invalid type: map, expected a sequence", o.at([]byte(`"Statement":`)) + 1}
	}
	p.Statement = []statement{}
	for _, item := range list {
		st, serr := decodeStatement(object{body: o.body}, item, bucket)
		if serr != nil {
			return p, serr
		}
		p.Statement = append(p.Statement, st)
	}
	return p, nil
}

// unknown rejects members that are not in the list.
func (o object) unknown(known []string) *serdeError {
	for name := range o.fields {
		if !slices.Contains(known, name) {
			return &serdeError{
				"unknown field `" + name + "`, expected one of `" + strings.Join(known, "`, `") + "`",
				o.at([]byte(`"` + name + `"`)),
			}
		}
	}
	return nil
}

func decodeStatement(o object, raw json.RawMessage, bucket bool) (statement, *serdeError) {
	var st statement
	if json.Unmarshal(raw, &o.fields) != nil {
		return st, &serdeError{"invalid type: expected a map", o.at(raw)}
	}
	known := statementFields
	if bucket {
		known = append([]string{"Principal"}, statementFields...)
	}
	if serr := o.unknown(known); serr != nil {
		return st, serr
	}
	var serr *serdeError
	if st.Sid, serr = o.optional("Sid"); serr != nil {
		return st, serr
	}
	if st.Effect, serr = o.str("Effect"); serr != nil {
		return st, serr
	}
	if st.Effect != "Allow" && st.Effect != "Deny" {
		return st, &serdeError{"Matching variant not found", o.at(o.fields["Effect"])}
	}
	for _, f := range []struct {
		name  string
		into  *[]string
		check func(string) string
	}{
		{"Action", &st.Action, checkAction},
		{"NotAction", &st.NotAction, checkAction},
		{"Resource", &st.Resource, checkResource},
		{"NotResource", &st.NotResource, checkResource},
	} {
		if *f.into, serr = o.set(f.name, f.check); serr != nil {
			return st, serr
		}
	}
	if raw, ok := o.fields["Principal"]; ok && bucket {
		st.Principal = principals(raw)
	}
	if raw, ok := o.fields["Condition"]; ok {
		if json.Unmarshal(raw, &st.Condition) != nil {
			return st, &serdeError{"invalid type: expected a map", o.at(raw)}
		}
		if msg, fragment := checkConditions(st.Condition); msg != "" {
			return st, &serdeError{msg, o.at([]byte(`"` + fragment + `"`))}
		}
	}
	return st, nil
}

// set reads a string or an array of strings whose members all pass check.
func (o object) set(name string, check func(string) string) ([]string, *serdeError) {
	raw, ok := o.fields[name]
	if !ok {
		return nil, nil
	}
	list, ok := oneOrMany(raw)
	if !ok {
		return nil, o.wrongType(raw, "a string or an array of strings")
	}
	var out []string
	for _, item := range list {
		if msg := check(item); msg != "" {
			quoted, _ := marshal(item)
			return nil, &serdeError{msg, o.at(quoted) + 1}
		}
		if item == "*" && strings.HasSuffix(name, "Action") {
			item = "s3:*"
		}
		if !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out, nil
}

func oneOrMany(raw json.RawMessage) ([]string, bool) {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, true
	}
	var many []string
	if json.Unmarshal(raw, &many) != nil {
		return nil, false
	}
	return many, true
}

// principals reads "*" or {"AWS": …}; anything else matches nobody.
func principals(raw json.RawMessage) []string {
	if list, ok := oneOrMany(raw); ok {
		return list
	}
	var byKind map[string]json.RawMessage
	if json.Unmarshal(raw, &byKind) != nil {
		return nil
	}
	list, _ := oneOrMany(byKind["AWS"])
	return list
}

// checkAction accepts the exact action names; wildcards only as a whole
// family.
func checkAction(a string) string {
	if a == "*" || isAction(a) {
		return ""
	}
	return "invalid action: invalid action: '" + a + "'"
}

// checkResource accepts S3 and KMS ARNs with something behind the prefix.
func checkResource(r string) string {
	kind, pattern := "unknown", r
	for prefix, k := range map[string]string{s3ARN: "s3", "arn:aws:kms:::": "kms"} {
		if rest, ok := strings.CutPrefix(r, prefix); ok {
			kind, pattern = k, rest
		}
	}
	if kind != "unknown" && pattern != "" && !strings.HasPrefix(pattern, "/") {
		return ""
	}
	return "invalid resource: invalid resource, type: '" + kind + "', pattern: '" + pattern + "'"
}

// check applies the rules that RustFS checks after decoding.
func (p policyDoc) check() *apiError {
	if p.Version != policyVersion {
		return fail("InvalidRequest", "invalid Version '"+p.Version+"'")
	}
	for _, st := range p.Statement {
		switch {
		case len(st.Action) > 0 && len(st.NotAction) > 0:
			return fail("InvalidRequest", "'Action' and 'NotAction' cannot both be specified in the same statement")
		case len(st.Action) == 0 && len(st.NotAction) == 0:
			return fail("InvalidRequest", "'Action' is empty")
		}
		families := map[string]bool{}
		for _, a := range append(slices.Clone(st.Action), st.NotAction...) {
			family, _, _ := strings.Cut(a, ":")
			families[family] = true
		}
		if len(families) > 1 {
			return fail("InvalidRequest", "'Action' contains mixed action families in the same statement")
		}
		if families["s3"] && len(st.Resource) == 0 && len(st.NotResource) == 0 {
			return fail("InvalidRequest", "'Resource' is empty")
		}
	}
	return nil
}

// question is what a policy is asked.
type question struct {
	action         string
	bucket, object string
	// account is the user the rights belong to; ${aws:username}.
	account string
	// conditions are the values of condition keys of the request.
	conditions map[string][]string
	// denyOnly passes unless there is an explicit deny.
	denyOnly bool
	// exact wants the action named, not covered by a wildcard
	// (s3:ForceDeleteBucket).
	exact bool
}

// resource is what the resource patterns are compared with: a bucket-level
// action never matches "bucket/*".
func (q question) resource() string {
	if q.object == "" {
		return q.bucket
	}
	return q.bucket + "/" + q.object
}

// decide evaluates policies together: an explicit deny wins. Without any
// policy nothing is allowed, not even a deny-only question.
func decide(policies []policyDoc, q question) bool {
	if len(policies) == 0 {
		return false
	}
	allowed := q.denyOnly
	for _, p := range policies {
		for _, st := range p.Statement {
			if !st.matches(q) {
				continue
			}
			if st.Effect == "Deny" {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

func (st statement) matches(q question) bool {
	if len(st.Action) > 0 && !slices.ContainsFunc(st.Action, func(a string) bool { return actionMatches(a, q) }) {
		return false
	}
	if len(st.NotAction) > 0 && slices.ContainsFunc(st.NotAction, func(a string) bool { return actionMatches(a, q) }) {
		return false
	}
	if strings.HasPrefix(q.action, "s3:") {
		match := func(pattern string) bool { return resourceMatches(pattern, q) }
		if len(st.Resource) > 0 && !slices.ContainsFunc(st.Resource, match) {
			return false
		}
		if len(st.NotResource) > 0 && slices.ContainsFunc(st.NotResource, match) {
			return false
		}
	}
	return conditionsMet(st.Condition, q)
}

// actionMatches compares one action of a statement: s3:GetObjectVersion also
// grants s3:GetObject.
func actionMatches(a string, q question) bool {
	if a == q.action {
		return true
	}
	if q.exact {
		return false
	}
	return wildcard(a, q.action) || (a == "s3:GetObjectVersion" && q.action == "s3:GetObject")
}

func resourceMatches(pattern string, q question) bool {
	rest, ok := strings.CutPrefix(pattern, s3ARN)
	return ok && wildcard(substitute(rest, q), q.resource())
}

// substitute fills in policy variables.
func substitute(s string, q question) string {
	return strings.NewReplacer("${aws:username}", q.account, "${aws:userid}", q.account).Replace(s)
}

// wildcard matches * (any run) and ? (any one character).
func wildcard(pattern, s string) bool {
	star, mark, i, j := -1, 0, 0, 0
	for i < len(s) {
		switch {
		case j < len(pattern) && pattern[j] == '*':
			star, mark = j, i
			j++
		case j < len(pattern) && (pattern[j] == '?' || pattern[j] == s[i]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(pattern) && pattern[j] == '*' {
		j++
	}
	return j == len(pattern)
}

// reaches says whether a policy can concern a bucket; the bucket filter of
// the list routes.
func (p policyDoc) reaches(bucket string) bool {
	for _, st := range p.Statement {
		if len(st.Resource) == 0 {
			return true
		}
		for _, r := range st.Resource {
			rest, ok := strings.CutPrefix(r, s3ARN)
			if !ok || wildcard(rest, bucket) || wildcard(rest, bucket+"/") || wildcard(rest, bucket+"/x") {
				return true
			}
		}
	}
	return false
}

// merge joins policies into one document without repeated statements.
func merge(policies []policyDoc) policyDoc {
	out := policyDoc{Version: policyVersion, Statement: []statement{}}
	for _, p := range policies {
		for _, st := range p.Statement {
			if !slices.ContainsFunc(out.Statement, func(o statement) bool { return reflect.DeepEqual(o, st) }) {
				out.Statement = append(out.Statement, st)
			}
		}
	}
	return out
}

// pretty prints a policy as the access key routes return it: indented JSON
// inside a JSON string.
func (p policyDoc) pretty() string {
	if p.Statement == nil {
		p.Statement = []statement{}
	}
	compact, err := marshal(p)
	if err != nil {
		return ""
	}
	var buf bytes.Buffer
	if json.Indent(&buf, compact, "", "  ") != nil {
		return string(compact)
	}
	return buf.String()
}
