package iam_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func TestActions(t *testing.T) {
	t.Parallel()
	all := iam.Actions()
	if len(all) != 182 || !slices.IsSorted(all) {
		t.Errorf("%d actions, want the 182 of 1.0.1 in order", len(all))
	}
	for _, a := range all {
		if !iam.IsAction(a) {
			t.Errorf("%s is none", a)
		}
	}
	for _, a := range []string{"", "s3:", "s3:getobject", "S3:GetObject", "s3:Get*", "iam:GetUser", "GetObject", "admin:GetBucketQuota"} {
		if iam.IsAction(a) {
			t.Errorf("%q is one", a)
		}
	}
}

func TestResolveAction(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"s3:GetObject": "s3:GetObject", "getobject": "s3:GetObject", "S3:GETOBJECT": "s3:GetObject", "ListUsers": "admin:ListUsers",
		"decrypt": "kms:Decrypt", "AssumeRole": "sts:AssumeRole", "s3:*": "s3:*", "": "", "*": "", "s3:Nope": "", "admin:GetObject": "",
	} {
		if got, ok := iam.ResolveAction(word); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", word, got, ok, want)
		}
	}
}

func TestNearestActions(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"s3:GetObjekt": "s3:GetObject", "PutObjct": "s3:PutObject", "admin:ListUser": "admin:ListUsers", "s3:ListBuckets": "s3:ListBucket",
	} {
		if got := iam.NearestActions(word, 3); len(got) == 0 || got[0] != want {
			t.Errorf("%q: %v, want %s first", word, got, want)
		}
	}
	if got := iam.NearestActions(strings.Repeat("x", 300), 3); len(got) != 0 {
		t.Errorf("something is near: %v", got)
	}
}

func TestEffects(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{
		"s3:GetObject": iam.Reads, "s3:PutObject": iam.Writes, "s3:DeleteObject": iam.Deletes, "s3:ListBucket": iam.Lists,
		"s3:GetBucketLocation": iam.Lists, "s3:PutBucketPolicy": iam.Manages, "s3:DeleteBucket": iam.Deletes, "admin:ListUsers": iam.Manages,
		"s3:DeleteObjectTagging": iam.Writes, "s3:ListMultipartUploadParts": iam.Lists, "s3:AbortMultipartUpload": iam.Deletes,
	} {
		if got := iam.EffectOf(action); got != want {
			t.Errorf("%s: %s, want %s", action, got, want)
		}
	}
}

// TestHarmlessRequests: what asks for an action reads, or names what nobody
// has.
func TestHarmlessRequests(t *testing.T) {
	t.Parallel()
	n := 0
	for _, a := range iam.Actions() {
		h, ok := iam.HarmlessRequest(a, "p/")
		if !ok {
			continue
		}
		n++
		if h.Method != "GET" && h.Method != "HEAD" && !strings.Contains(h.Query, "uploadId=00000000-") {
			t.Errorf("%s: %+v might change something", a, h)
		}
	}
	if n < 20 {
		t.Errorf("only %d actions can be tried", n)
	}
}
