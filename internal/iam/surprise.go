package iam

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// surprises finds what is right by the rules and does not do what it seems to
// at 1.0.1.
func (s Statement) surprises() []Finding {
	var out []Finding
	warn := func(format string, args ...any) { out = append(out, Finding{Text: fmt.Sprintf(format, args...)}) }
	for _, a := range slices.Concat(s.Action, s.NotAction) {
		switch {
		case !IsAction(a):
			warn("%s", unknownAction(a))
		case NeverAsked(a) != "":
			warn("%s does nothing: %s", a, NeverAsked(a))
		}
	}
	if s.Effect == "Allow" && len(s.NotAction) > 0 && !hasFamily(s.NotAction, "admin") && slices.Contains(s.Resource, s3ARN+"*") {
		warn("NotAction allows all of the admin API too; name the actions instead")
	}
	if slices.Contains(s.Action, "s3:ListAllMyBuckets") && len(s.Resource) > 0 && !anyResource(s.Resource, "/", args{}) {
		warn("s3:ListAllMyBuckets needs %q as Resource", s3ARN+"*")
	}
	for _, r := range slices.Concat(s.Resource, s.NotResource) {
		if why := oddResource(r); why != "" {
			warn("%s", why)
		}
	}
	return append(out, s.oddConditions()...)
}

func unknownAction(a string) string {
	text := fmt.Sprintf("action %q is not one of RustFS 1.0.1, which refuses it", a)
	if near := NearestActions(a, 1); len(near) > 0 {
		text += "; is it " + near[0] + "?"
	}
	return text
}

// oddResource says why a resource matches nothing, or not what it seems to.
// Paths are made short before they are compared.
func oddResource(r string) string {
	rest, ok := strings.CutPrefix(r, s3ARN)
	if !ok {
		return ""
	}
	switch {
	case strings.HasSuffix(rest, "/"):
		return fmt.Sprintf("resource %q matches nothing: slashes at the end of names are cut off; write %q", r, r+"*")
	case strings.Contains(rest, "//"), path.Clean(rest) != rest && rest != "":
		return fmt.Sprintf("resource %q matches nothing: names are compared with single slashes and without dots", r)
	case strings.Contains(rest, "${aws:userid}"):
		return fmt.Sprintf("resource %q: ${aws:userid} stands for a name only with access keys, not with a user's own; use ${aws:username}", r)
	}
	return ""
}

func (s Statement) oddConditions() []Finding {
	when, err := parseConditions(s.Condition)
	if err != nil {
		return nil
	}
	var out []Finding
	for _, c := range when {
		if c.set != "" && !strings.HasPrefix(c.kind, "String") && !strings.HasPrefix(c.kind, "Arn") {
			out = append(out, Finding{Text: fmt.Sprintf("%s: before %s, %s means nothing", c.name, c.kind, c.set)})
		}
		if c.set == "ForAllValues" && s.Effect == "Allow" {
			out = append(out, Finding{Text: fmt.Sprintf("%s is met by requests that have no value at all", c.name)})
		}
		for _, t := range c.tests {
			if t.key == "SecureTransport" {
				out = append(out, Finding{Text: "aws:SecureTransport is true only behind a trusted proxy that says https; TLS of the server itself does not count"})
			}
		}
	}
	return out
}
