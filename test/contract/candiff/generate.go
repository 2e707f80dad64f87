package candiff

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes policies and calls; all chance comes from rng.
type generator struct {
	rng  *rand.Rand
	seed uint64
	wide bool
	n    int
}

func pick[T any](g *generator, from []T) T { return from[g.rng.IntN(len(from))] }

// some picks between 1 and n different ones.
func some[T any](g *generator, from []T, n int) []T {
	var out []T
	for _, i := range g.rng.Perm(len(from))[:1+g.rng.IntN(min(n, len(from)))] {
		out = append(out, from[i])
	}
	return out
}

func (g *generator) number() int {
	g.n++
	return g.n
}

// keys are names of objects; those of tagged are there from the beginning.
func keys() []string {
	return []string{
		"a", "dir/a", "dir/sub/b", "Dir/a", "dir-a", "odd key+ü%.txt", "user/x", "one/dir/a", "tagged", "dir/tagged", "scratch/a", "a~b(c)'d",
	}
}

func objectActions() []string {
	return []string{
		"s3:GetObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObject",
		"s3:DeleteObjectVersion", "s3:GetObjectTagging", "s3:GetObjectAcl", "s3:GetObjectAttributes", "s3:AbortMultipartUpload",
		"s3:ListMultipartUploadParts", "s3:GetObjectRetention", "s3:BypassGovernanceRetention", "s3:PutObjectTagging", "s3:PutObjectAcl",
		"s3:PutObjectLegalHold", "s3:PutObjectRetention", "s3:GetObjectVersionAttributes", "s3:DeleteObjectTagging", "s3:RestoreObject",
		"s3:ReplicateObject", "s3:ForceDeleteObject", "s3:GetObjectLegalHold",
	}
}

func bucketActions() []string {
	out := []string{
		"s3:ListBucket", "s3:ListBucket", "s3:ListBucket", "s3:ListBucketVersions", "s3:ListAllMyBuckets", "s3:CreateBucket", "s3:DeleteBucket",
		"s3:ForceDeleteBucket", "s3:PutBucketTagging", "s3:DeleteBucketCors", "s3:HeadBucket",
	}
	for _, s := range subresources() {
		out = append(out, s[1])
	}
	return out
}

type statement struct {
	Sid         string         `json:",omitempty"`
	Effect      string         `json:""`
	Principal   any            `json:",omitempty"`
	Action      any            `json:",omitempty"`
	NotAction   any            `json:",omitempty"`
	Resource    any            `json:",omitempty"`
	NotResource any            `json:",omitempty"`
	Condition   map[string]any `json:",omitempty"`
}

func document(statements []statement) json.RawMessage {
	b, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // strings and lists of them
	}
	return b
}

// identity makes the policy of a user, a group or a key.
func (g *generator) identity(w *world) json.RawMessage {
	var out []statement
	for range 1 + g.rng.IntN(4) {
		if g.rng.IntN(8) == 0 {
			out = append(out, g.adminStatement())
			continue
		}
		s := g.statement(w, pick(g, append(w.buckets, "*")))
		out = append(out, s)
	}
	return document(out)
}

func (g *generator) adminStatement() statement {
	s := statement{Effect: g.effect(), Action: pick(g, []any{"admin:*", "admin:ListUsers", []string{"admin:ServerInfo", "admin:ListGroups"}, "admin:StorageInfo"})}
	switch g.rng.IntN(3) {
	case 0:
		s.Resource = "arn:aws:s3:::*"
	case 1:
		s.Resource = "arn:aws:s3:::nothing-of-this"
	}
	return s
}

func (g *generator) effect() string {
	if g.rng.IntN(4) == 0 {
		return "Deny"
	}
	return "Allow"
}

// statement makes one on a bucket, "*" for all.
func (g *generator) statement(w *world, bucket string) statement {
	s := statement{Effect: g.effect()}
	var actions []string
	switch g.rng.IntN(8) {
	case 0:
		actions = []string{"s3:*"}
	case 1:
		actions = []string{"*"}
	case 2:
		actions = append(some(g, objectActions(), 3), some(g, bucketActions(), 3)...)
	case 3, 4:
		actions = some(g, bucketActions(), 6)
	default:
		actions = some(g, objectActions(), 4)
	}
	if g.rng.IntN(9) == 0 {
		s.NotAction = oneOrMany(g, actions)
	} else {
		s.Action = oneOrMany(g, actions)
	}
	resources := g.resources(bucket)
	if g.rng.IntN(10) == 0 {
		s.NotResource = oneOrMany(g, resources)
	} else {
		s.Resource = oneOrMany(g, resources)
	}
	if g.rng.IntN(3) == 0 {
		s.Condition = g.condition(w)
	}
	return s
}

func oneOrMany(g *generator, list []string) any {
	if len(list) == 1 && g.rng.IntN(2) == 0 {
		return list[0]
	}
	return list
}

// resources are patterns on a bucket.
func (g *generator) resources(bucket string) []string {
	const arn = "arn:aws:s3:::"
	b := bucket
	patterns := []string{
		b, b + "/*", b + "/*", b + "*", "*", b + "/dir/*", b + "/dir/a", b + "/d?r/*", b + "/${aws:username}/*", b + "/*/b", b + "/Dir/*",
		"candiff-*", b + "/dir/", b + "/odd*", b + "/${aws:userid}/*", b + "/${aws:PrincipalType}/*", "?andiff-one/*", b + "/dir//a",
		b + "/?", b + "/tagged", b + "/*tagged", b + "/a*", b + "/gone/*", b + "/${aws:nope}/*", b + "/*${aws:username}*", "*/a", "candiff-one*",
		b + "/${aws:aws:username}/*", b + "/dir/../a", b + "/scratch/*", b + "/copied/*", "*/*",
	}
	var out []string
	for _, p := range some(g, patterns, 3) {
		out = append(out, arn+strings.TrimPrefix(p, "/"))
	}
	if g.rng.IntN(3) == 0 && b != "*" {
		return []string{arn + b, arn + b + "/*"}
	}
	return out
}

// condition makes one or two conditions.
func (g *generator) condition(w *world) map[string]any {
	out := map[string]any{}
	for range 1 + g.rng.IntN(2) {
		op, key, value := g.check(w)
		if g.rng.IntN(6) == 0 && op != "Null" {
			op += "IfExists"
		}
		if strings.HasPrefix(op, "String") && g.rng.IntN(5) == 0 {
			op = pick(g, []string{"ForAnyValue:", "ForAllValues:"}) + op
		}
		if was, ok := out[op].(map[string]any); ok {
			was[key] = value
			continue
		}
		out[op] = map[string]any{key: value}
	}
	return out
}

func (g *generator) check(w *world) (operator, key string, value any) {
	text := func(values ...string) any {
		if g.rng.IntN(2) == 0 {
			return pick(g, values)
		}
		return some(g, values, 2)
	}
	users := []string{"nobody", "${aws:username}", "candiff*", "CANDIFF-user-0"}
	for _, u := range w.state.Users {
		users = append(users, u.Name)
	}
	compare := pick(g, []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "ArnLike", "ArnNotEquals"})
	switch g.rng.IntN(16) {
	case 0, 1, 2:
		return compare, "s3:prefix", text("", "dir/", "dir/*", "Dir/", "*", "d?r/")
	case 3:
		return compare, "s3:delimiter", text("/", "*")
	case 4:
		return compare, "aws:username", text(users...)
	case 5:
		return compare, "aws:userid", text(users...)
	case 6:
		return compare, "aws:principaltype", text("User", "AssumedRole", "Account", "Anonymous", "user")
	case 7:
		return pick(g, []string{"IpAddress", "NotIpAddress"}), "aws:SourceIp", text("127.0.0.0/8", "10.0.0.0/8", "127.0.0.1", "::1", "0.0.0.0/0")
	case 8:
		op := pick(g, []string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "NumericGreaterThanIfExists"})
		return op, "s3:max-keys", pick(g, []any{1, "5", 10, "100"})
	case 9:
		op := pick(g, []string{"DateLessThan", "DateGreaterThan", "DateLessThanEquals", "DateGreaterThanEquals", "DateEquals", "DateNotEquals"})
		return op, "aws:CurrentTime", pick(g, []any{"2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"})
	case 10:
		return "Bool", "aws:SecureTransport", pick(g, []any{true, false, "true", "false"})
	case 11:
		return "Null", pick(g, []string{"s3:prefix", "s3:versionid", "aws:Referer", "s3:x-amz-acl", "s3:ExistingObjectTag/env", "s3:max-keys"}), pick(g, []any{true, false, "true"})
	case 12:
		return compare, "aws:UserAgent", text("candiff/1", "candiff*", "curl*")
	case 13:
		return compare, "s3:ExistingObjectTag/env", text("prod", "test", "pr*")
	case 14:
		return compare, pick(g, []string{"s3:RequestObjectTag/env", "s3:x-amz-storage-class", "s3:x-amz-acl", "aws:Referer"}), text("prod", "STANDARD", "private", "http://example.com/*")
	}
	return compare, pick(g, []string{"s3:signatureversion", "s3:authType", "s3:versionid", "s3:x-amz-content-sha256", "s3:LocationConstraint", "aws:principaltype"}),
		text("us-east-1", "AWS4-HMAC-SHA256", "REST-HEADER", "Anonymous", nobodys, "*", "${s3:s3:signatureversion}")
}

// bucketPolicy makes the policy of a bucket.
func (g *generator) bucketPolicy(w *world, bucket string) json.RawMessage {
	var names []string
	for _, a := range w.askers {
		if a.key.Access != "" {
			names = append(names, a.key.Access)
		}
	}
	var out []statement
	for range 1 + g.rng.IntN(3) {
		s := g.statement(w, bucket)
		name := pick(g, names)
		switch g.rng.IntN(8) {
		case 0, 1:
			s.Principal = "*"
		case 2:
			s.Principal = map[string]any{"AWS": "*"}
		case 3:
			s.Principal = map[string]any{"AWS": fmt.Sprintf("arn:aws:iam::123456789012:user/%s", name)}
		case 4:
			s.Principal = map[string]any{"AWS": name[:len(name)-1] + pick(g, []string{"?", "*", "??"})}
		default:
			s.Principal = map[string]any{"AWS": some(g, names, 3)}
		}
		out = append(out, s)
	}
	return document(out)
}
