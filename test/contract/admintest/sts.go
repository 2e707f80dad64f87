package admintest

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

func stsCases() []testCase {
	return []testCase{
		{"a temporary key works and tells its end", temporaryKey, []string{"AssumeRole"}},
		{"an access key gets no temporary key", noTemporaryKey, nil},
		{"temporary keys end when they are revoked", revoked, []string{"RevokeSessions"}},
	}
}

// with is an admin client with a temporary key.
func with(s *target.Target, k admin.Credentials) *admin.Client {
	return admin.New(admin.Options{Endpoint: s.Endpoint, AccessKey: k.AccessKey, SecretKey: k.SecretKey, SessionToken: k.SessionToken, Transport: http.DefaultTransport, UserAgent: "contract"})
}

func temporaryKey(t *testing.T, s *target.Target) {
	ctx := t.Context()
	k, err := s.Admin(t, s.Root).AssumeRole(ctx, 30*time.Minute)
	must(t, err)
	if k.AccessKey == "" || k.AccessKey == s.Root.Access || k.SecretKey.Empty() || k.SessionToken.Empty() {
		t.Errorf("%+v", k)
	}
	if left := time.Until(k.Expires); left < 25*time.Minute || left > 35*time.Minute {
		t.Errorf("ends in %s", left)
	}
	store, err := s3.New(s3.Options{Endpoint: s.Endpoint, AccessKey: k.AccessKey, SecretKey: k.SecretKey, SessionToken: k.SessionToken, Transport: http.DefaultTransport})
	must(t, err)
	if _, err := store.Buckets(ctx); err != nil {
		t.Errorf("S3: %v", err)
	}
	if _, err := with(s, k).Users(ctx); err != nil {
		t.Errorf("admin API: %v", err)
	}
	k.SessionToken = secret.Value{}
	if _, err := with(s, k).Users(ctx); err == nil {
		t.Error("it works without its token")
	}
}

func noTemporaryKey(t *testing.T, s *target.Target) {
	ctx, c := t.Context(), s.Admin(t, s.Root)
	user := aUser(t, c, "contract-sts-parent")
	const name, word = "contractkey3", "contract-key-secret"
	must(t, c.AddKey(ctx, admin.NewKey{AccessKey: name, SecretKey: secret.New(word), Parent: user}))
	var e *admin.Error
	if _, err := s.Admin(t, target.Key{Access: name, Secret: word}).AssumeRole(ctx, time.Hour); !errors.As(err, &e) || e.Status/100 != 4 || e.Code == "" {
		t.Errorf("got %v, want a refusal", err)
	}
}

func revoked(t *testing.T, s *target.Target) {
	ctx, root := t.Context(), s.Admin(t, s.Root)
	user := aUser(t, root, "contract-revoked")
	must(t, root.AttachPolicies(ctx, admin.Holder{Name: user}, "consoleAdmin"))
	k, err := s.Admin(t, target.Key{Access: user, Secret: userSecret}).AssumeRole(ctx, time.Hour)
	must(t, err)
	_, err = with(s, k).Users(ctx)
	must(t, err)
	n, err := root.RevokeSessions(ctx, user)
	if err != nil || n != 1 {
		t.Fatalf("%d revoked, %v", n, err)
	}
	if _, err := with(s, k).Users(ctx); err == nil {
		t.Error("it works afterwards")
	}
}
