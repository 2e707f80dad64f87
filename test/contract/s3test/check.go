package s3test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

// must ends the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantCode expects an answer of the store with a code and, when hint is not
// empty, a hint that holds it.
func wantCode(t *testing.T, what string, err error, code, hint string) {
	t.Helper()
	var e *s3.Error
	switch {
	case !errors.As(err, &e):
		t.Errorf("%s: got %v, want %s", what, err, code)
	case e.Reason() != code || !s3.IsCode(err, code):
		t.Errorf("%s: code %q (%v), want %q", what, e.Reason(), err, code)
	case hint == "" && e.Hint() != "", !strings.Contains(e.Hint(), hint):
		t.Errorf("%s: hint %q, want %q in it", what, e.Hint(), hint)
	}
}

// put stores a text.
func put(t *testing.T, s *s3.Store, bucket, key, text string) {
	t.Helper()
	must(t, s.Put(t.Context(), bucket, key, strings.NewReader(text), int64(len(text))))
}

// get reads an object from offset on.
func get(ctx context.Context, s *s3.Store, bucket, key string, offset int64, expect string) (string, s3.Object, error) {
	body, o, err := s.Get(ctx, bucket, key, offset, expect)
	if err != nil {
		return "", o, err
	}
	b, err := io.ReadAll(body)
	return string(b), o, errors.Join(err, body.Close())
}

// list collects a listing.
func list(t *testing.T, s *s3.Store, bucket string, l s3.List) []s3.Object {
	t.Helper()
	var out []s3.Object
	for o, err := range s.Objects(t.Context(), bucket, l) {
		must(t, err)
		out = append(out, o)
	}
	return out
}

// firstError is how a listing fails.
func firstError(ctx context.Context, s *s3.Store, bucket string) error {
	for _, err := range s.Objects(ctx, bucket, s3.List{}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// config sets something of a bucket that the client only reads.
func config(t *testing.T, e env, bucket, what, body string) {
	t.Helper()
	e.Raw(t, scenario.Line{Method: http.MethodPut, Path: "/" + bucket + "/", Query: [][2]string{{what, ""}}, Body: body})
}

// remove deletes an object, which in a versioned bucket leaves a marker.
func remove(t *testing.T, e env, bucket, key string) {
	t.Helper()
	e.Raw(t, scenario.Line{Method: http.MethodDelete, Path: "/" + bucket + "/" + key})
}
