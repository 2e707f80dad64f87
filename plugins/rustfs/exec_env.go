package rustfs

import (
	"net/url"
	"slices"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// session is what a program is to know of the server.
type session struct {
	url      *url.URL
	key      admin.Credentials
	caFile   string // with the certificates to verify the server with
	insecure bool   // do not verify
}

// variableWords names the variables for people.
const variableWords = "AWS_ENDPOINT_URL and AWS_ACCESS_KEY_ID …, MC_HOST_rustfs, RC_HOST_rustfs, S3_ENDPOINT_URL, RCLONE_CONFIG_RUSTFS_… or RUSTFS_ENDPOINT"

// alias is what the programs call the server.
const alias = "rustfs"

// environ is an environment with the server in it: what would lead the
// programs elsewhere is gone, also this program's own long-lived secret.
func (s session) environ(inherited []string) []string {
	set := s.variables()
	var out []string
	for _, v := range inherited {
		name, value, _ := strings.Cut(v, "=")
		_, ours := set[name]
		switch {
		case name == "NO_PROXY" || name == "no_proxy":
			out = append(out, name+"="+withHost(value, s.url.Hostname()))
		case !ours && !misleads(name):
			out = append(out, v)
		}
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		if !slices.ContainsFunc(out, func(v string) bool { return strings.HasPrefix(v, name+"=") }) {
			out = append(out, name+"="+s.url.Hostname())
		}
	}
	for name, value := range set {
		out = append(out, name+"="+value)
	}
	slices.Sort(out)
	return out
}

func withHost(list, host string) string {
	if list == "" {
		return host
	}
	return list + "," + host
}

// misleads reports that a variable names another place or another key, and
// would be heeded instead of, or beside, the ones that are set.
func misleads(name string) bool {
	switch name {
	case secretKeyEnv, "RUSTFS_ACCESS_KEY", // long-lived, and not for the program
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CREDENTIAL_EXPIRATION", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
		"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_S3_USE_ARN_REGION":
		return true
	}
	// Settings of an alias or remote of the same name.
	return strings.HasPrefix(name, "RCLONE_CONFIG_RUSTFS_") || name == "MC_HOST_"+alias || name == "RC_HOST_"+alias
}

// variables are the names and values that programs look for. mc takes the
// parts of its URL as they are, rc percent-encoded and the token as a query.
// (mc cmd/config.go, parseEnvURLStr; rc-core alias.rs)
func (s session) variables() map[string]string {
	endpoint := s.url.Scheme + "://" + s.url.Host
	access, key, token := s.key.AccessKey, s.key.SecretKey.Reveal(), s.key.SessionToken.Reveal()
	rc := url.URL{Scheme: s.url.Scheme, Host: s.url.Host, User: url.UserPassword(access, key)}
	m := map[string]string{
		"RUSTFS_ENDPOINT": endpoint,

		"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": key,
		"AWS_REGION": s3.DefaultRegion, "AWS_DEFAULT_REGION": s3.DefaultRegion,
		"AWS_ENDPOINT_URL": endpoint, "AWS_ENDPOINT_URL_S3": endpoint,
		"AWS_EC2_METADATA_DISABLED": "true", // no key is to be looked for elsewhere
		"S3_ENDPOINT_URL":           endpoint,

		"RCLONE_CONFIG_RUSTFS_TYPE": "s3", "RCLONE_CONFIG_RUSTFS_PROVIDER": "Other", "RCLONE_CONFIG_RUSTFS_ENV_AUTH": "false",
		"RCLONE_CONFIG_RUSTFS_ACCESS_KEY_ID": access, "RCLONE_CONFIG_RUSTFS_SECRET_ACCESS_KEY": key,
		"RCLONE_CONFIG_RUSTFS_ENDPOINT": endpoint, "RCLONE_CONFIG_RUSTFS_REGION": s3.DefaultRegion,
		"RCLONE_CONFIG_RUSTFS_FORCE_PATH_STYLE": "true",
	}
	if token != "" {
		rc.RawQuery = url.Values{"session_token": {token}}.Encode()
		m["AWS_SESSION_TOKEN"] = token
		m["RCLONE_CONFIG_RUSTFS_SESSION_TOKEN"] = token
	}
	m["RC_HOST_"+alias] = rc.String()
	if mc, ok := s.mcHost(); ok {
		m["MC_HOST_"+alias] = mc
	}
	if s.caFile != "" {
		m["AWS_CA_BUNDLE"], m["RCLONE_CA_CERT"], m["SSL_CERT_FILE"] = s.caFile, s.caFile, s.caFile
	}
	if s.insecure {
		m["MC_INSECURE"], m["RCLONE_NO_CHECK_CERTIFICATE"] = "true", "true"
	}
	return m
}

// mcHost is mc's alias. Its parts are divided by colons and cannot hold one.
func (s session) mcHost() (string, bool) {
	access, key, token := s.key.AccessKey, s.key.SecretKey.Reveal(), s.key.SessionToken.Reveal()
	if strings.Contains(access+key, ":") {
		return "", false
	}
	parts := access + ":" + key
	if token != "" {
		parts += ":" + token
	}
	return s.url.Scheme + "://" + parts + "@" + s.url.Host, true
}

// warnings are what the environment cannot say.
func (s session) warnings() []string {
	var out []string
	if _, ok := s.mcHost(); !ok {
		out = append(out, "mc cannot be told of this key: it has a colon in it")
	}
	if s.insecure {
		out = append(out, "--insecure reaches mc and rclone alone; other programs verify the server's certificate, or have a flag of their own")
	}
	return out
}

// caFileFor is the file to verify a server outside the cluster with; the way
// to one inside is verified by this program.
func (o *bridge) caFileFor(t *target) string {
	if t.server != nil {
		return ""
	}
	return o.where.key.CAFile()
}
