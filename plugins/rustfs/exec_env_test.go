package rustfs

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

func sessionWith(access, key, token string) session {
	return session{
		url: &url.URL{Scheme: "http", Host: "127.0.0.1:9000"},
		key: admin.Credentials{AccessKey: access, SecretKey: secret.New(key), SessionToken: secret.New(token)},
	}
}

// TestAliasesOfPrograms: mc reads its alias as it is, rc as a URL.
func TestAliasesOfPrograms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ access, key, token, mc, rc string }{
		{"AK", "SK", "", "http://AK:SK@127.0.0.1:9000", "http://AK:SK@127.0.0.1:9000"},
		{"AK", "S/K+=", "to.k_en==", "http://AK:S/K+=:to.k_en==@127.0.0.1:9000", "http://AK:S%2FK+=@127.0.0.1:9000?session_token=to.k_en%3D%3D"},
		{"a@b", "p@ss", "", "http://a@b:p@ss@127.0.0.1:9000", "http://a%40b:p%40ss@127.0.0.1:9000"},
		{"AK", "with:colon", "", "", "http://AK:with%3Acolon@127.0.0.1:9000"},
	} {
		s := sessionWith(c.access, c.key, c.token)
		v := s.variables()
		if v["MC_HOST_rustfs"] != c.mc || v["RC_HOST_rustfs"] != c.rc {
			t.Errorf("mc %q, rc %q; want %q and %q", v["MC_HOST_rustfs"], v["RC_HOST_rustfs"], c.mc, c.rc)
		}
		if warned := len(s.warnings()) == 1; warned != (c.mc == "") {
			t.Errorf("%q: warnings %q", c.key, s.warnings())
		}
		u, err := url.Parse(c.rc)
		if err != nil {
			t.Fatal(err)
		}
		if p, _ := u.User.Password(); u.User.Username() != c.access || p != c.key || u.Query().Get("session_token") != c.token {
			t.Errorf("%s holds something else", c.rc)
		}
	}
}

// TestEnvironmentOfPrograms: what leads elsewhere is gone, what is set is set
// once, and the rest stays.
func TestEnvironmentOfPrograms(t *testing.T) {
	t.Parallel()
	inherited := []string{
		"PATH=/bin", "HOME=/home/me", "RUSTFS_SECRET_KEY=long-lived", "AWS_PROFILE=work", "AWS_SESSION_TOKEN=old", "AWS_ACCESS_KEY_ID=old",
		"AWS_WEB_IDENTITY_TOKEN_FILE=/t", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "MC_HOST_rustfs=http://old", "MC_HOST_other=http://kept",
		"RCLONE_CONFIG_RUSTFS_ENV_AUTH=true", "NO_PROXY=example.com", "AWS_MAX_ATTEMPTS=9",
	}
	env := sessionWith("AK", "SK", "").environ(inherited)
	for _, want := range []string{
		"PATH=/bin", "HOME=/home/me", "MC_HOST_other=http://kept", "AWS_MAX_ATTEMPTS=9", "AWS_ACCESS_KEY_ID=AK",
		"RCLONE_CONFIG_RUSTFS_ENV_AUTH=false", "NO_PROXY=example.com,127.0.0.1", "no_proxy=127.0.0.1", "AWS_EC2_METADATA_DISABLED=true",
	} {
		if !slices.Contains(env, want) {
			t.Errorf("%s is missing", want)
		}
	}
	seen := map[string]bool{}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if strings.Contains(value, "old") || value == "long-lived" || value == "work" {
			t.Errorf("%s leads elsewhere", v)
		}
	}
	for _, gone := range []string{"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "RUSTFS_SECRET_KEY"} {
		if seen[gone] {
			t.Errorf("%s is still there", gone)
		}
	}
}
