package iam

import (
	"slices"
	"strings"
)

// Words is a statement in one line.
func Words(s Statement) string {
	var b strings.Builder
	b.WriteString(s.Effect + " ")
	if len(s.NotAction) > 0 {
		b.WriteString("all but " + strings.Join(s.NotAction, ", "))
	} else {
		b.WriteString(strings.Join(s.Action, ", "))
	}
	switch {
	case len(s.NotResource) > 0:
		b.WriteString(" on all but " + strings.Join(s.NotResource, ", "))
	case len(s.Resource) > 0:
		b.WriteString(" on " + strings.Join(s.Resource, ", "))
	}
	if when := ConditionWords(s); len(when) > 0 {
		b.WriteString(" if " + strings.Join(when, " and "))
	}
	return b.String()
}

// ConditionWords are the conditions of a statement in words; one that RustFS
// does not know is shown as it is.
func ConditionWords(s Statement) []string {
	when, err := parseConditions(s.Condition)
	if err != nil {
		return []string{string(s.Condition)}
	}
	var out []string
	for _, c := range when {
		out = append(out, c.String())
	}
	return out
}

// ByEffect sorts the actions of a statement into what they do, in the order
// list, read, write, delete, admin.
func ByEffect(actions []string) []EffectGroup {
	var out []EffectGroup
	for _, e := range []string{Lists, Reads, Writes, Deletes, Manages} {
		g := EffectGroup{Effect: e}
		for _, a := range actions {
			if a == "*" {
				a = "s3:*"
			}
			if EffectOf(a) == e && !slices.Contains(g.Actions, a) {
				g.Actions = append(g.Actions, a)
			}
		}
		if len(g.Actions) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// EffectGroup are the actions with one effect.
type EffectGroup struct {
	Effect  string
	Actions []string
}
