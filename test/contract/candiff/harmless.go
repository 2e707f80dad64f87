package candiff

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

// Harmless tries the requests of "can --probe": each is let through with the
// one right that it is about, refused with all others, and leaves what is
// there as it is.
func Harmless(t *testing.T, s *target.Target) {
	t.Helper()
	w := newWorld(t, s, &generator{rng: rand.New(rand.NewPCG(1, 1))}) //nolint:gosec // nothing is drawn
	bucket := w.buckets[1]
	for i, action := range iam.Actions() {
		h, ok := iam.HarmlessRequest(action, "dir/")
		if !ok {
			continue
		}
		for _, effect := range []string{"Allow", "Deny"} {
			name := fmt.Sprintf("harmless-%d-%s", i, effect)
			d, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": append(rest(effect), statement{
				Effect: effect, Action: action, Resource: []string{"arn:aws:s3:::" + bucket, "arn:aws:s3:::" + bucket + "/*"},
			})})
			must(t, err)
			must(t, w.admin.PutPolicy(t.Context(), name, d))
			must(t, w.admin.AddUser(t.Context(), name, secret.New(password)))
			must(t, w.admin.AttachPolicies(t.Context(), admin.Holder{Name: name}, name))
			r := s3.Request{Method: h.Method, Bucket: bucket, Query: h.Query, Headers: h.Headers, Body: h.Body}
			if iam.OnObjects(action) {
				r.Key = "a"
			}
			o := w.root
			o.AccessKey, o.SecretKey = name, secret.New(password)
			a, err := s3.Ask(t.Context(), o, r)
			must(t, err)
			if a.Refused() != (effect == "Deny") {
				t.Errorf("%s, %s: %d %s %s", action, effect, a.Status, a.Code, a.Body)
			}
		}
	}
	a, err := s3.Ask(t.Context(), w.root, s3.Request{Method: "GET", Bucket: bucket, Key: "a"})
	if err != nil || string(a.Body) != "x" {
		t.Errorf("the object is another one: %d %s %v", a.Status, a.Body, err)
	}
}

// rest allows everything, for a denial to stand out.
func rest(effect string) []statement {
	if effect == "Allow" {
		return nil
	}
	return []statement{{Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::*"}}
}
