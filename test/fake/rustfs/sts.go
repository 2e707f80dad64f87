package rustfs

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// Limits of a session.
const (
	stsVersion      = "2011-06-15"
	defaultDuration = 3600
	minDuration     = 900
	maxDuration     = 43200
	maxSTSPolicy    = 2048
)

// sts is POST / with a form: AssumeRole. Permission is deny-only on
// sts:AssumeRole; only long-term keys of users and root may call it.
func (c *call) sts() {
	if err := c.assumeRole(); err != nil {
		c.xml(err.Status, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>`+
			tag("Code", err.Code)+tag("Message", err.Message)+"</Error>"+tag("RequestId", store.NewUUID())+"</ErrorResponse>")
	}
}

func (c *call) assumeRole() *apiError {
	data, err := c.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	form, perr := url.ParseQuery(string(data))
	if perr != nil {
		return fail("InvalidArgument", "invalid form")
	}
	switch {
	case c.who.kind == anonymous:
		return fail("InvalidRequest", "get cred failed")
	case form.Get("Action") != "AssumeRole":
		return fail("InvalidArgument", "unsupported Action")
	case form.Get("Version") != stsVersion:
		return fail("InvalidArgument", "not support version")
	case c.who.kind != rootUser && c.who.kind != iamUserKey:
		return fail("AccessDenied")
	case !c.who.owner && !c.s.iam.allowed(c.who, question{action: "sts:AssumeRole", denyOnly: true}):
		return fail("AccessDenied")
	}
	seconds := defaultDuration
	if n, nerr := strconv.Atoi(form.Get("DurationSeconds")); nerr == nil && n > 0 {
		seconds = min(max(n, minDuration), maxDuration)
	}
	expires := c.now().UTC().Add(time.Duration(seconds) * time.Second).Truncate(time.Second)
	k := &iamKey{Secret: newSecretKey(), Parent: c.who.key, Status: keyOn, Expiration: &expires}
	if text := form.Get("Policy"); text != "" {
		doc, serr := parsePolicy([]byte(text))
		if serr != nil || len(text) > maxSTSPolicy || doc.check() != nil {
			return fail("InvalidArgument", "invalid policy")
		}
		k.Policy = &doc
	}
	k.Token = sessionToken(c.s.iam.rootSecret, k.Parent, expires)
	access := newAccessKey()
	if err := c.s.iam.change(func(st *iamState) *apiError { st.Keys[access] = k; return nil }); err != nil {
		return err
	}
	c.xml(http.StatusOK, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>`+
		tag("AccessKeyId", access)+tag("Expiration", expires.Format(s3Time))+tag("SecretAccessKey", k.Secret)+
		tag("SessionToken", k.Token)+"</Credentials></AssumeRoleResult><ResponseMetadata>"+tag("RequestId", store.NewUUID())+
		"</ResponseMetadata></AssumeRoleResponse>")
	return nil
}

// sessionToken looks like the JWT of the real server and is unique per call.
func sessionToken(secret, parent string, expires time.Time) string {
	enc := base64.RawURLEncoding
	claims, err := marshal(map[string]any{"parent": parent, "exp": expires.Unix(), "jti": randomText(12)})
	if err != nil {
		claims = nil
	}
	text := strings.Join([]string{
		enc.EncodeToString([]byte(`{"typ":"JWT","alg":"HS512"}`)), enc.EncodeToString(claims),
	}, ".")
	h := hmac.New(sha512.New, []byte(secret))
	h.Write([]byte(text))
	return text + "." + enc.EncodeToString(h.Sum(nil))
}
