package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Finding is something wrong with a document.
type Finding struct {
	Fatal     bool // servers refuse it; otherwise it does not do what it seems to
	Statement int  // from 1; 0 is the document
	Text      string
}

func (f Finding) String() string {
	if f.Statement == 0 {
		return f.Text
	}
	return fmt.Sprintf("statement %d: %s", f.Statement, f.Text)
}

// Lint holds a document against what the servers enforce and what they do
// with it. (crates/policy/src/policy at 1.0.1)
func Lint(d Document) []Finding {
	var out []Finding
	fatal := func(format string, args ...any) {
		out = append(out, Finding{Fatal: true, Text: fmt.Sprintf(format, args...)})
	}
	for _, f := range d.foreign {
		switch f {
		case "Id":
			fatal(`"Id" is not known to RustFS: it is spelled "ID" there, and not needed`)
		default:
			fatal("%q is not known in a policy, only ID, Version and Statement", f)
		}
	}
	if d.Version != PolicyVersion {
		fatal("Version must be %q, not %q", PolicyVersion, d.Version)
	}
	if len(d.Statements) == 0 {
		fatal("there is no Statement")
	}
	for i, s := range d.Statements {
		for _, f := range s.lint() {
			f.Statement = i + 1
			out = append(out, f)
		}
	}
	return out
}

// Fatal are the findings for which servers refuse a document.
func Fatal(findings []Finding) []Finding {
	var out []Finding
	for _, f := range findings {
		if f.Fatal {
			out = append(out, f)
		}
	}
	return out
}

func (s Statement) lint() []Finding {
	var out []Finding
	fatal := func(format string, args ...any) {
		out = append(out, Finding{Fatal: true, Text: fmt.Sprintf(format, args...)})
	}
	for _, f := range s.foreign {
		switch f {
		case "Principal", "NotPrincipal":
			fatal("%s belongs in a bucket's policy: this one is for those it is attached to", f)
		default:
			fatal("%q is not known in a statement", f)
		}
	}
	if s.Effect != "Allow" && s.Effect != "Deny" {
		fatal("Effect must be Allow or Deny, not %q", s.Effect)
	}
	switch {
	case len(s.Action) == 0 && len(s.NotAction) == 0:
		fatal("there is no Action")
	case len(s.Action) > 0 && len(s.NotAction) > 0:
		fatal("Action and NotAction may not come together")
	}
	for _, a := range slices.Concat(s.Action, s.NotAction) {
		if why := badAction(a); why != "" {
			fatal("%s", why)
		}
	}
	for _, r := range slices.Concat(s.Resource, s.NotResource) {
		if why := badResource(r); why != "" {
			fatal("%s", why)
		}
	}
	if len(s.Resource) > 0 && len(s.NotResource) > 0 {
		fatal("Resource and NotResource may not come together")
	}
	if _, err := parseConditions(s.Condition); err != nil {
		fatal("Condition: %s", strings.TrimPrefix(err.Error(), errCondition.Error()+": "))
	}
	families := s.families()
	if len(families) > 1 && len(s.NotAction) == 0 {
		fatal("it mixes actions of %s: make a statement for each", strings.Join(families, " and "))
	}
	if slices.Contains(families, "s3") && len(s.Resource) == 0 && len(s.NotResource) == 0 {
		fatal("there is no Resource; all buckets are %q", s3ARN+"*")
	}
	if len(out) == 0 {
		out = slices.Concat(s.reach(), s.surprises())
	}
	return out
}

const (
	s3ARN  = "arn:aws:s3:::"
	kmsARN = "arn:aws:kms:::"
)

var action = regexp.MustCompile(`^(s3|admin|kms|sts):(\*|[A-Z][A-Za-z0-9]*)$`)

// badAction says what is wrong with the name of an action. Whether a server's
// version knows a name of the right form, only the server can tell.
func badAction(a string) string {
	family, rest, _ := strings.Cut(a, ":")
	switch {
	case a == "*", action.MatchString(a):
		return ""
	case !slices.Contains([]string{"s3", "admin", "kms", "sts"}, family):
		return fmt.Sprintf("action %q is of none of the families s3, admin, kms and sts", a)
	case strings.ContainsAny(rest, "*?"):
		return fmt.Sprintf("action %q: RustFS knows no wildcard but %q; name each action", a, family+":*")
	}
	return fmt.Sprintf("action %q is spelled wrong; capitals count, as in s3:GetObject", a)
}

func badResource(r string) string {
	for _, arn := range []string{s3ARN, kmsARN} {
		if rest, ok := strings.CutPrefix(r, arn); ok {
			switch {
			case rest == "":
				return fmt.Sprintf("resource %q names nothing; all is %q", r, arn+"*")
			case strings.HasPrefix(rest, "/"):
				return fmt.Sprintf("resource %q has no bucket", r)
			}
			return ""
		}
	}
	return fmt.Sprintf("resource %q must begin with %q", r, s3ARN)
}

// reach finds statements whose actions cannot meet their resources: what is
// done to a bucket needs the bucket's ARN, what is done to objects the
// objects'. From beta.6 on "bucket/*" does not cover the bucket.
func (s Statement) reach() []Finding {
	if len(s.Resource) == 0 || s.Effect != "Allow" || !slices.Equal(s.families(), []string{"s3"}) {
		return nil
	}
	onBucket, onObject := "", ""
	for _, a := range s.Action {
		switch {
		case a == "*" || a == "s3:*":
			onBucket, onObject = a, a
		case OnObjects(a):
			onObject = a
		default:
			onBucket = a
		}
	}
	var out []Finding
	buckets, objects := s.covers()
	if onBucket != "" && !buckets {
		out = append(out, Finding{Text: fmt.Sprintf("%s needs the bucket itself as Resource too, without /*: %q", onBucket, bucketOf(s.Resource[0]))})
	}
	if onObject != "" && !objects {
		out = append(out, Finding{Text: fmt.Sprintf("%s needs the objects as Resource too: %q", onObject, s.Resource[0]+"/*")})
	}
	return out
}

// covers tells whether resources name buckets and objects; a wildcard at the
// end of the bucket's part covers both.
func (s Statement) covers() (buckets, objects bool) {
	for _, r := range s.Resource {
		bucket, _, slash := strings.Cut(strings.TrimPrefix(r, s3ARN), "/")
		buckets = buckets || !slash
		objects = objects || slash || strings.HasSuffix(bucket, "*")
	}
	return buckets, objects
}

func bucketOf(resource string) string {
	bucket, _, _ := strings.Cut(strings.TrimPrefix(resource, s3ARN), "/")
	return s3ARN + bucket
}

// OnObjects reports whether an action of S3 is one on objects, not on buckets.
func OnObjects(a string) bool {
	switch a {
	case "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:BypassGovernanceRetention":
		return true
	}
	return strings.Contains(a, "Object") && !strings.Contains(a, "Bucket")
}
