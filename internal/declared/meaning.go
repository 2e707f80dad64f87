package declared

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// canonicalSettings are the same settings with what has no order ordered.
func canonicalSettings(s bucket.Settings) bucket.Settings {
	s.Policy = canonicalPolicy(s.Policy)
	s.Lifecycle = slices.Clone(s.Lifecycle)
	slices.SortStableFunc(s.Lifecycle, func(a, b bucket.LifecycleRule) int { return cmp.Compare(a.ID, b.ID) })
	s.CORS = slices.Clone(s.CORS) // the first rule that fits counts
	for i, r := range s.CORS {
		r.Methods, r.Headers, r.Expose, r.Origins = sorted(r.Methods), sorted(r.Headers), sorted(r.Expose), sorted(r.Origins)
		s.CORS[i] = r
	}
	return s
}

// canonicalDocument orders the lists of a policy of users and groups.
func canonicalDocument(d iam.Document) iam.Document {
	d.Statements = slices.Clone(d.Statements)
	for i, s := range d.Statements {
		s.Action, s.NotAction = sorted(s.Action), sorted(s.NotAction)
		s.Resource, s.NotResource = sorted(s.Resource), sorted(s.NotResource)
		if len(s.Condition) > 0 {
			s.Condition = canonicalJSON(s.Condition)
		}
		d.Statements[i] = s
	}
	return d
}

// sortedLists orders the lists in a condition, which are sets; alone makes
// lists of single values too.
func sortedLists(v any, alone bool) any {
	switch t := v.(type) {
	case map[string]any:
		for k, v := range t {
			if _, isMap := v.(map[string]any); !isMap && alone {
				v = textSet(v)
			}
			t[k] = sortedLists(v, alone)
		}
	case []any:
		return textSet(t)
	}
	return v
}

// canonicalJSON is a condition with its lists in order.
func canonicalJSON(raw json.RawMessage) json.RawMessage {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return raw
	}
	b, err := marshal(sortedLists(v, false))
	if err != nil {
		return raw
	}
	return b
}

// The members of a bucket's policy, in the order in which people write them.
func policyMembers() []string {
	return []string{"ID", "Id", "Version", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
}

// canonicalPolicy is a bucket's policy with lists where single values may
// stand, without what is empty. What is no policy stays as it is.
func canonicalPolicy(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	var p map[string]any
	if json.Unmarshal(raw, &p) != nil || len(p) == 0 {
		return raw
	}
	p["Statement"] = statementsOf(p["Statement"])
	kept := prune(p)
	if kept == nil {
		return raw
	}
	b, err := ordered(kept)
	if err != nil {
		return raw
	}
	return b
}

func statementsOf(v any) []any {
	list, ok := v.([]any)
	if !ok && v != nil {
		list = []any{v}
	}
	out := make([]any, 0, len(list))
	for _, one := range list {
		s, ok := one.(map[string]any)
		if !ok {
			out = append(out, one)
			continue
		}
		for _, m := range []string{"Action", "NotAction", "Resource", "NotResource"} {
			if v, ok := s[m]; ok {
				s[m] = textSet(v)
			}
		}
		for _, m := range []string{"Principal", "NotPrincipal"} {
			if v, ok := s[m]; ok {
				s[m] = principal(v)
			}
		}
		s["Condition"] = sortedLists(s["Condition"], false)
		out = append(out, s)
	}
	return out
}

// textSet is a sorted list of texts without repetitions.
func textSet(v any) any {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var texts []string
	for _, one := range list {
		s, ok := one.(string)
		if !ok {
			return v
		}
		texts = append(texts, s)
	}
	out := make([]any, 0, len(texts))
	for _, s := range sorted(texts) {
		out = append(out, s)
	}
	return out
}

// principal writes "*" and {"AWS":"*"} alike.
func principal(v any) any {
	switch p := v.(type) {
	case string:
		return map[string]any{"AWS": []any{p}}
	case []any:
		return map[string]any{"AWS": textSet(p)}
	case map[string]any:
		for k, v := range p {
			p[k] = textSet(v)
		}
	}
	return v
}

// prune leaves out empty texts, lists and objects: servers of some versions
// write them.
func prune(v any) any {
	switch t := v.(type) {
	case map[string]any:
		for k, v := range t {
			if v = prune(v); v == nil {
				delete(t, k)
			} else {
				t[k] = v
			}
		}
		if len(t) == 0 {
			return nil
		}
	case []any:
		out := make([]any, 0, len(t))
		for _, one := range t {
			if one = prune(one); one != nil {
				out = append(out, one)
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case string:
		if t == "" {
			return nil
		}
	}
	return v
}

// ordered is JSON with the members of policies in their order and all others
// sorted.
func ordered(v any) (json.RawMessage, error) {
	switch t := v.(type) {
	case map[string]any:
		rank := policyMembers()
		keys := slices.SortedFunc(maps.Keys(t), func(a, b string) int {
			ra, rb := slices.Index(rank, a), slices.Index(rank, b)
			if ra < 0 || rb < 0 {
				return cmp.Or(cmp.Compare(rb, ra), cmp.Compare(a, b)) // the known ones first
			}
			return cmp.Compare(ra, rb)
		})
		return composed('{', '}', len(keys), func(b *bytes.Buffer, i int) error {
			name, err := marshal(keys[i])
			if err != nil {
				return err
			}
			b.Write(name)
			b.WriteByte(':')
			return appendOrdered(b, t[keys[i]])
		})
	case []any:
		return composed('[', ']', len(t), func(b *bytes.Buffer, i int) error { return appendOrdered(b, t[i]) })
	}
	return marshal(v)
}

func appendOrdered(b *bytes.Buffer, v any) error {
	raw, err := ordered(v)
	b.Write(raw)
	return err
}

func composed(open, end byte, n int, each func(*bytes.Buffer, int) error) (json.RawMessage, error) {
	var b bytes.Buffer
	b.WriteByte(open)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := each(&b, i); err != nil {
			return nil, err
		}
	}
	b.WriteByte(end)
	return b.Bytes(), nil
}

// policyMeaning is a text that policies of buckets share when they mean the
// same: names and order of statements do not count.
func policyMeaning(raw json.RawMessage) string {
	var p map[string]any
	if len(raw) == 0 || json.Unmarshal(canonicalPolicy(raw), &p) != nil {
		return string(raw)
	}
	var statements []string
	for _, one := range statementsOf(p["Statement"]) {
		if s, ok := one.(map[string]any); ok {
			delete(s, "Sid")
			if c := sortedLists(s["Condition"], true); c != nil {
				s["Condition"] = c
			}
		}
		b, err := ordered(one)
		if err != nil {
			return string(raw)
		}
		statements = append(statements, string(b))
	}
	p["Statement"] = sorted(statements)
	delete(p, "ID")
	delete(p, "Id")
	b, err := marshal(p)
	if err != nil {
		return string(raw)
	}
	return string(b)
}

// equalSetting compares one setting of two buckets by its meaning.
func equalSetting(name string, have, want bucket.Settings) bool {
	switch name {
	case "policy":
		return policyMeaning(have.Policy) == policyMeaning(want.Policy)
	case "lifecycle":
		return equalLifecycle(have.Lifecycle, want.Lifecycle)
	case "lock":
		return reflect.DeepEqual(have.Lock, want.Lock)
	case "tags":
		return maps.Equal(have.Tags, want.Tags)
	}
	a, b := canonicalSettings(have), canonicalSettings(want)
	return text(settingOf(name, a)) == text(settingOf(name, b))
}

// equalLifecycle compares rules by their ids, wherever they stand. A rule
// without one gets one from the server, so such a rule is looked for by what
// it says.
func equalLifecycle(have, want []bucket.LifecycleRule) bool {
	if len(have) != len(want) {
		return false
	}
	left := slices.Clone(have)
	wanted := slices.Clone(want)
	slices.SortStableFunc(wanted, func(a, b bucket.LifecycleRule) int { return -cmp.Compare(a.ID, b.ID) }) // those without come last
	for _, w := range wanted {
		i := slices.IndexFunc(left, func(h bucket.LifecycleRule) bool {
			if w.ID == "" {
				h.ID = ""
			}
			return bucket.SameRule(h, w) && h.ID == w.ID
		})
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// settingOf is one setting's value.
func settingOf(name string, s bucket.Settings) any {
	switch name {
	case "versioning":
		return s.Versioning
	case "lock":
		return s.Lock
	case "quota":
		return s.Quota
	case "lifecycle":
		return s.Lifecycle
	case "policy":
		return s.Policy
	case "tags":
		return s.Tags
	case "cors":
		return s.CORS
	}
	return s.Encryption
}

// settingText is one setting as a text for people; empty where it is not set.
func settingText(name string, s bucket.Settings) string {
	s = canonicalSettings(s)
	v := settingOf(name, s)
	if rv := reflect.ValueOf(v); !rv.IsValid() || rv.IsZero() || (rv.Kind() == reflect.Slice || rv.Kind() == reflect.Map) && rv.Len() == 0 {
		return ""
	}
	return text(v)
}
