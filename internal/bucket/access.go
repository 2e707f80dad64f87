package bucket

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// Access is what anybody may do with the objects below a prefix, without a
// key. The levels and what they mean are those of mc anonymous.
type Access string

// The levels. Custom is what a policy says that is none of them.
const (
	NoAccess Access = "none"
	Download Access = "download" // list and get
	Upload   Access = "upload"   // put and delete, without seeing anything
	Public   Access = "public"   // both
	Custom   Access = "custom"
)

// Levels are those that can be set.
func Levels() []Access { return []Access{NoAccess, Download, Upload, Public} }

func (a Access) reads() bool  { return a == Download || a == Public }
func (a Access) writes() bool { return a == Upload || a == Public }

// The actions that levels are made of.
const (
	getLocation = "s3:GetBucketLocation"
	listObjects = "s3:ListBucket"
	listUploads = "s3:ListBucketMultipartUploads"
	getObject   = "s3:GetObject"
)

func writeActions() []string {
	return []string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"}
}

// objectActions are the actions on objects of a level.
func objectActions(a Access) []string {
	var out []string
	if a.reads() {
		out = append(out, getObject)
	}
	if a.writes() {
		out = append(out, writeActions()...)
	}
	return out
}

// grant is the smallest thing that a statement of a level allows.
type grant struct {
	action string
	prefix string // of objects, or of a list
	below  bool   // on a list: only below prefix
}

// grants takes a statement apart, if it is one that levels are made of:
// everything in it must be.
func (s PolicyStatement) grants(bucket string) ([]grant, bool) {
	if s.Effect != "Allow" || len(s.NotAction)+len(s.NotResource) > 0 || len(s.Action) == 0 || len(s.Resource) == 0 ||
		len(s.Principal.Service) > 0 || s.Principal.problem != "" || !slices.Equal(sorted(s.Principal.AWS), []string{"*"}) ||
		hasForeign(s) {
		return nil, false
	}
	below, ok := listPrefixes(s.Condition)
	if !ok {
		return nil, false
	}
	var out []grant
	for _, a := range s.Action {
		for _, r := range s.Resource {
			g, fits := grantsOf(a, r, bucket, below)
			if !fits {
				return nil, false
			}
			out = append(out, g...)
		}
	}
	return out, true
}

// hasForeign reports whether a statement has members that none has.
func hasForeign(s PolicyStatement) bool {
	if s.raw == nil {
		return false
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(s.raw, &members) != nil {
		return true
	}
	known := []string{"Sid", "Effect", "Principal", "Action", "Resource", "Condition", "NotAction", "NotResource"}
	for name := range members {
		if !slices.Contains(known, name) {
			return true
		}
	}
	return false
}

// grantsOf is what one action on one resource allows; an action on a bucket
// with a resource of objects, and the other way round, is nothing.
func grantsOf(action, resource, bucket string, below []string) ([]grant, bool) {
	rest, ok := strings.CutPrefix(resource, arn)
	if !ok {
		return nil, false
	}
	name, key, onObjects := strings.Cut(rest, "/")
	if name != bucket {
		return nil, false
	}
	if onObjects {
		if !strings.HasSuffix(key, "*") {
			return nil, false
		}
		if key = strings.TrimSuffix(key, "*"); strings.ContainsAny(key, "*?$") {
			return nil, false
		}
	}
	ofObjects := action == getObject || slices.Contains(writeActions(), action)
	ofBucket := action == getLocation || action == listObjects || action == listUploads
	switch {
	case !ofObjects && !ofBucket, len(below) > 0 && action != listObjects:
		return nil, false
	case ofObjects != onObjects:
		return nil, true
	case ofObjects:
		return []grant{{action: action, prefix: key}}, true
	case len(below) == 0:
		return []grant{{action: action}}, true
	}
	var out []grant
	for _, p := range below {
		out = append(out, grant{action: action, prefix: p, below: true})
	}
	return out, true
}

// listPrefixes are the prefixes that a condition binds listing to; none
// without a condition.
func listPrefixes(condition json.RawMessage) (prefixes []string, ok bool) {
	if len(condition) == 0 {
		return nil, true
	}
	var blocks map[string]map[string]json.RawMessage
	if json.Unmarshal(condition, &blocks) != nil || len(blocks) != 1 || len(blocks["StringEquals"]) != 1 {
		return nil, false
	}
	raw, ok := blocks["StringEquals"]["s3:prefix"]
	if !ok {
		return nil, false
	}
	prefixes, ok = words(raw)
	return prefixes, ok && len(prefixes) > 0
}

// AccessOf is what a bucket's policy lets anybody do below a prefix; wider
// prefixes count.
func AccessOf(p Policy, bucket, prefix string) Access {
	allowed := map[string]bool{}
	denied := false
	for _, s := range p.Statements {
		all, ok := s.grants(bucket)
		if !ok {
			switch {
			case !s.touches(bucket, prefix):
			case s.Effect == "Deny":
				denied = true
			default:
				return Custom
			}
		}
		for _, g := range all {
			if strings.HasPrefix(prefix, g.prefix) {
				allowed[g.action] = true
			}
		}
	}
	level := levelOf(allowed)
	if denied && level != NoAccess {
		return Custom
	}
	return level
}

// levelOf is the level that allowed actions make up.
func levelOf(allowed map[string]bool) Access {
	writes := 0
	for _, a := range writeActions() {
		if allowed[a] {
			writes++
		}
	}
	reads, lists := allowed[getObject], allowed[listObjects]
	switch all := len(writeActions()); {
	case !reads && !lists && writes == 0:
		return NoAccess
	case reads && lists && writes == 0:
		return Download
	case !reads && !lists && writes == all:
		return Upload
	case reads && lists && writes == all:
		return Public
	}
	return Custom
}

// touches reports whether a statement that is no level's says something about
// those without a key, below a prefix or above it.
func (s PolicyStatement) touches(bucket, prefix string) bool {
	if !s.Principal.IsAnybody() {
		return false
	}
	if len(s.Resource) == 0 {
		return true
	}
	for _, r := range s.Resource {
		rest := strings.TrimPrefix(r, arn)
		if end := strings.IndexAny(rest, "*?$"); end >= 0 {
			rest = rest[:end]
		}
		if strings.HasPrefix(bucket+"/"+prefix, rest) {
			return true
		}
	}
	return false
}

// AccessPrefixes are the prefixes that a bucket's policy gives a level of
// their own, in order; "" is the bucket.
func AccessPrefixes(p Policy, bucket string) []string {
	seen := map[string]bool{}
	for _, s := range p.Statements {
		all, _ := s.grants(bucket)
		for _, g := range all {
			if g.action != getLocation && g.action != listUploads {
				seen[g.prefix] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// WithAccess is a policy that gives anybody a level below a prefix. It takes
// apart only statements of the same prefix that are made of what levels are
// made of; all others stay as they are written.
func WithAccess(p Policy, bucket, prefix string, level Access) Policy {
	if hasExactly(p, bucket, prefix, level) {
		return p
	}
	out := p
	out.Statements = nil
	if out.Version == "" {
		out.Version = iam.PolicyVersion
	}
	var left []grant
	for _, s := range p.Statements {
		all, ok := s.grants(bucket)
		if !ok || !slices.ContainsFunc(all, func(g grant) bool { return g.shared() || g.of(prefix) }) {
			out.Statements = append(out.Statements, s)
			left = append(left, all...)
			continue
		}
		for _, g := range all {
			if !g.shared() && !g.of(prefix) {
				left = append(left, g)
			}
		}
		rest := slices.DeleteFunc(slices.Clone(all), func(g grant) bool { return g.shared() || g.of(prefix) })
		out.Statements = append(out.Statements, statements(rest, bucket)...)
	}
	added := levelGrants(prefix, level)
	out.Statements = append(out.Statements, statements(withShared(added, left), bucket)...)
	return out
}

// of reports whether a grant is for exactly this prefix.
func (g grant) of(prefix string) bool { return !g.shared() && g.prefix == prefix }

// shared are the grants on the bucket that all prefixes have in common.
func (g grant) shared() bool { return g.action == getLocation || g.action == listUploads }

func levelGrants(prefix string, level Access) []grant {
	var out []grant
	if level.reads() {
		out = append(out, grant{action: listObjects, prefix: prefix, below: prefix != ""})
	}
	for _, a := range objectActions(level) {
		out = append(out, grant{action: a, prefix: prefix})
	}
	return out
}

// withShared adds to the grants of a prefix what it and the others need of the
// bucket.
func withShared(added, left []grant) []grant {
	all := slices.Concat(added, left)
	var shared []grant
	if slices.ContainsFunc(all, func(g grant) bool { return !g.shared() }) {
		shared = append(shared, grant{action: getLocation})
	}
	if slices.ContainsFunc(all, func(g grant) bool { return slices.Contains(writeActions(), g.action) }) {
		shared = append(shared, grant{action: listUploads})
	}
	return append(shared, added...)
}

// hasExactly reports whether a policy gives a prefix a level already, by
// statements of its own.
func hasExactly(p Policy, bucket, prefix string, level Access) bool {
	var own, others []grant
	for _, s := range p.Statements {
		all, _ := s.grants(bucket)
		for _, g := range all {
			if g.of(prefix) || g.shared() {
				own = append(own, g)
			} else {
				others = append(others, g)
			}
		}
	}
	want := withShared(levelGrants(prefix, level), others)
	return maps.Equal(grantSet(own), grantSet(want))
}

func grantSet(list []grant) map[grant]bool {
	out := map[grant]bool{}
	for _, g := range list {
		out[g] = true
	}
	return out
}

// statements puts grants together: those on the bucket, lists below prefixes,
// and objects by prefix.
func statements(grants []grant, bucket string) []PolicyStatement {
	var onBucket, lists []string
	objects := map[string][]string{}
	for _, g := range grants {
		switch {
		case g.below:
			lists = append(lists, g.prefix)
		case g.shared() || g.action == listObjects:
			onBucket = append(onBucket, g.action)
		default:
			objects[g.prefix] = append(objects[g.prefix], g.action)
		}
	}
	var out []PolicyStatement
	add := func(actions []string, resource string, condition json.RawMessage) {
		if len(actions) > 0 {
			out = append(out, PolicyStatement{Principal: Anybody(), Statement: iam.Statement{
				Effect: "Allow", Action: sorted(actions), Resource: []string{resource}, Condition: condition,
			}})
		}
	}
	add(onBucket, arn+bucket, nil)
	if len(lists) > 0 {
		add([]string{listObjects}, arn+bucket, encode(map[string]any{"StringEquals": map[string]any{"s3:prefix": sorted(lists)}}))
	}
	for _, prefix := range slices.Sorted(maps.Keys(objects)) {
		add(objects[prefix], arn+bucket+"/"+prefix+"*", nil)
	}
	return out
}
