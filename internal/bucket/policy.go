package bucket

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// Policy is the document of a bucket: a policy whose statements say for whom
// they are. Here, and nowhere else, Principal is read.
// (crates/policy/src/policy/policy.rs at 1.0.1, BucketPolicy)
type Policy struct {
	ID         string
	Version    string
	Statements []PolicyStatement

	foreign map[string]json.RawMessage // members that no document has
}

// PolicyStatement is one statement of a bucket's policy.
type PolicyStatement struct {
	iam.Statement
	Principal Principal

	raw json.RawMessage // as it was written; nil for a new one
}

// Principal is for whom a statement is: access keys and user names in AWS, "*"
// for everybody, those without a key too.
type Principal struct {
	AWS     []string
	Service []string

	given   bool
	problem string // what servers would say to it
}

// Anybody is the principal of those who have no key.
func Anybody() Principal { return Principal{AWS: []string{"*"}, given: true} }

// IsAnybody reports whether a statement is for everybody.
func (p Principal) IsAnybody() bool { return slices.Contains(p.AWS, "*") }

// ParsePolicy reads a bucket's policy. What does not belong in one is kept for
// LintPolicy; what is no document at all is an error.
func ParsePolicy(text []byte) (Policy, error) {
	var p Policy
	var top map[string]json.RawMessage
	if err := oneJSON(text, &top); err != nil {
		return p, fmt.Errorf("policy: %w", err)
	}
	if top == nil {
		return p, errors.New("policy: it is no object")
	}
	raws, err := rawStatements(top["Statement"])
	if err != nil {
		return p, err
	}
	for i, raw := range raws {
		s, err := policyStatement(raw)
		if err != nil {
			return p, fmt.Errorf("policy: statement %d: %w", i+1, err)
		}
		p.Statements = append(p.Statements, s)
	}
	for name, raw := range top {
		switch name {
		case "Statement":
		case "Version":
			err = json.Unmarshal(raw, &p.Version)
		case "ID", "Id": // the first is RustFS', the second everybody else's
			err = json.Unmarshal(raw, &p.ID)
		default:
			if p.foreign == nil {
				p.foreign = map[string]json.RawMessage{}
			}
			p.foreign[name] = raw
		}
		if err != nil {
			return p, fmt.Errorf("policy: %s must be text", name)
		}
	}
	return p, nil
}

func rawStatements(raw json.RawMessage) ([]json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0:
		return nil, nil
	case raw[0] == '{':
		return []json.RawMessage{raw}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, errors.New("policy: Statement must be a list")
	}
	return list, nil
}

// policyStatement takes the principal out and leaves the rest to iam.
func policyStatement(raw json.RawMessage) (PolicyStatement, error) {
	s := PolicyStatement{raw: raw}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return s, errors.New("it is no object")
	}
	if p, ok := members["Principal"]; ok {
		s.Principal = principal(p)
		delete(members, "Principal")
	}
	rest, err := json.Marshal(map[string]any{"Statement": []any{members}})
	if err != nil {
		return s, err
	}
	d, err := iam.Parse(rest)
	if err != nil {
		return s, errors.New(strings.TrimPrefix(err.Error(), "policy: Statement: 1: "))
	}
	s.Statement = d.Statements[0]
	return s, nil
}

// principal reads "*" and {"AWS": …, "Service": …}.
// (crates/policy/src/policy/principal.rs at 1.0.1)
func principal(raw json.RawMessage) Principal {
	p := Principal{given: true}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if text != "*" {
			p.problem = fmt.Sprintf(`Principal %q must be "*" or {"AWS": [...]}`, text)
			return p
		}
		return Anybody()
	}
	var kinds map[string]json.RawMessage
	if json.Unmarshal(raw, &kinds) != nil {
		p.problem = `Principal must be "*" or {"AWS": [...]}`
		return p
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		names, ok := words(kinds[kind])
		switch kind {
		case "AWS":
			p.AWS = names
		case "Service":
			p.Service = names
		default:
			p.problem = fmt.Sprintf("Principal has %q; only AWS and Service are known", kind)
		}
		if !ok {
			p.problem = fmt.Sprintf("%s of Principal must be text or a list of texts", kind)
		}
	}
	if p.problem == "" && len(p.AWS)+len(p.Service) == 0 {
		p.problem = "Principal names nobody"
	}
	return p
}

// words reads a text, or a list of texts.
func words(raw json.RawMessage) ([]string, bool) {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, true
	}
	var many []string
	ok := json.Unmarshal(raw, &many) == nil
	return many, ok
}

// LintPolicy holds a document against what the servers enforce and what they
// do with it, for the bucket it is for.
// (crates/policy/src/policy/statement.rs at 1.0.1, BPStatement)
func LintPolicy(p Policy, bucket string) []iam.Finding {
	var out []iam.Finding
	for _, name := range slices.Sorted(maps.Keys(p.foreign)) {
		out = append(out, iam.Finding{Fatal: true, Text: fmt.Sprintf("%q is not known in a policy, only Id, Version and Statement", name)})
	}
	d := iam.Document{Version: p.Version}
	for _, s := range p.Statements {
		d.Statements = append(d.Statements, s.Statement)
	}
	out = append(out, iam.Lint(d)...)
	for i, s := range p.Statements {
		for _, why := range s.wrong(bucket) {
			out = append(out, iam.Finding{Fatal: true, Statement: i + 1, Text: why})
		}
		for _, name := range s.Principal.AWS {
			if strings.HasPrefix(name, "arn:") {
				out = append(out, iam.Finding{Statement: i + 1, Text: fmt.Sprintf("principal %q is nobody here: RustFS compares with access keys, and a user's is the user's name", name)})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b iam.Finding) int { return a.Statement - b.Statement })
	return out
}

// wrong is what only the statements of a bucket's policy can have wrong.
func (s PolicyStatement) wrong(bucket string) []string {
	var out []string
	switch {
	case !s.Principal.given:
		out = append(out, `there is no Principal; everybody is {"AWS": ["*"]}`)
	case s.Principal.problem != "":
		out = append(out, s.Principal.problem)
	}
	if len(s.Resource) > 0 && len(s.NotResource) > 0 {
		out = append(out, "Resource and NotResource may not come together")
	}
	for _, a := range slices.Concat(s.Action, s.NotAction) {
		if family, _, ok := strings.Cut(a, ":"); ok && family != "s3" {
			out = append(out, fmt.Sprintf("action %q does not belong in a bucket's policy: only those of s3 do", a))
		}
	}
	for _, r := range s.Resource {
		if rest, ok := strings.CutPrefix(r, arn); ok && !isOf(rest, bucket) {
			out = append(out, fmt.Sprintf("resource %q is not of this bucket: use %q and %q", r, arn+bucket, arn+bucket+"/*"))
		}
	}
	return out
}

const arn = "arn:aws:s3:::"

// isOf reports whether a resource can be one of a bucket.
func isOf(resource, bucket string) bool {
	name, _, _ := strings.Cut(resource, "/")
	if strings.Contains(name, "${") {
		return true
	}
	return iam.Wildcard(name, bucket)
}

// EqualPolicy compares what two documents mean: the order of statements and of
// the members of lists, names and repetitions do not count.
func EqualPolicy(a, b Policy) bool {
	return a.Version == b.Version && len(a.foreign)+len(b.foreign) == 0 && a.within(b) && b.within(a)
}

// within reports whether each statement of p means the same as one of q.
func (p Policy) within(q Policy) bool {
	for _, s := range p.Statements {
		if !slices.ContainsFunc(q.Statements, func(t PolicyStatement) bool { return sameStatement(s, t) }) {
			return false
		}
	}
	return true
}

func sameStatement(a, b PolicyStatement) bool {
	alone := func(s PolicyStatement) iam.Document { return iam.Document{Statements: []iam.Statement{s.Statement}} }
	return slices.Equal(sorted(a.Principal.AWS), sorted(b.Principal.AWS)) &&
		slices.Equal(sorted(a.Principal.Service), sorted(b.Principal.Service)) && iam.Equal(alone(a), alone(b))
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// IsEmpty reports whether a policy says nothing.
func (p Policy) IsEmpty() bool { return len(p.Statements) == 0 }

// JSON is the document as servers take it. Statements that were read stay as
// they were written.
func (p Policy) JSON() []byte {
	if len(p.foreign) > 0 {
		top := map[string]any{"Version": p.Version, "Statement": p.rawStatements()}
		for name, raw := range p.foreign {
			top[name] = raw
		}
		return encode(top)
	}
	return encode(struct {
		ID        string            `json:"ID,omitempty"` // every version of RustFS reads this spelling
		Version   string            `json:"Version"`
		Statement []json.RawMessage `json:"Statement"`
	}{p.ID, p.Version, p.rawStatements()})
}

func (p Policy) rawStatements() []json.RawMessage {
	out := []json.RawMessage{}
	for _, s := range p.Statements {
		raw := s.raw
		if raw == nil {
			raw = s.encoded()
		}
		out = append(out, raw)
	}
	return out
}

// encoded is a statement in the form that every version of RustFS reads.
func (s PolicyStatement) encoded() json.RawMessage {
	who := map[string][]string{}
	if len(s.Principal.AWS) > 0 {
		who["AWS"] = s.Principal.AWS
	}
	if len(s.Principal.Service) > 0 {
		who["Service"] = s.Principal.Service
	}
	return encode(struct {
		Sid         string          `json:"Sid,omitempty"`
		Effect      string          `json:"Effect"`
		Principal   any             `json:"Principal"`
		Action      []string        `json:"Action,omitempty"`
		NotAction   []string        `json:"NotAction,omitempty"`
		Resource    []string        `json:"Resource,omitempty"`
		NotResource []string        `json:"NotResource,omitempty"`
		Condition   json.RawMessage `json:"Condition,omitempty"`
	}{s.Sid, s.Effect, who, s.Action, s.NotAction, s.Resource, s.NotResource, s.Condition})
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // texts, and members that were JSON
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
