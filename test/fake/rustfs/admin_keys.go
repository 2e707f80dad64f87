package rustfs

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// Limits of access keys.
const (
	minKey, maxKey       = 3, 128
	maxKeySecret         = 40
	maxKeyName           = 32
	maxKeyDescription    = 256
	maxKeyPolicy         = 4096
	invalidPolicyMessage = "Policy format is invalid. Please check the JSON structure and ensure it follows the IAM policy format."
)

var keyNamePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// keyDenied is the 403 of the access key handlers; the other admin handlers
// capitalise it.
func keyDenied() *apiError { return fail("AccessDenied", "access denied") }

// keyRequest is the body of add- and update-service-account with the "new"
// prefixes removed.
type keyRequest struct {
	access, secret, target, name, description, status string
	policy                                            *policyDoc
	resetPolicy                                       bool
	expiration                                        *time.Time
	// given are the texts that the request names, also as empty ones.
	given map[string]bool
}

// keyBody reads a request body; prefix is "" or "new".
func (c *call) keyBody(prefix string) (keyRequest, *apiError) {
	var k keyRequest
	data, err := c.readBody(adminBodyLimit)
	if err != nil {
		return k, err
	}
	o, serr := decodeObject(data)
	if serr != nil {
		return k, fail("InvalidRequest", "unmarshal body failed, e: "+serr.debug())
	}
	field := func(name string) string {
		if prefix == "" {
			return name
		}
		return prefix + strings.ToUpper(name[:1]) + name[1:]
	}
	expiration := ""
	k.given = map[string]bool{}
	for _, name := range []string{"name", "description"} {
		raw := o.fields[field(name)]
		k.given[name] = len(raw) > 0 && string(raw) != "null"
	}
	for _, f := range []struct {
		name string
		into *string
	}{
		{"accessKey", &k.access},
		{field("secretKey"), &k.secret},
		{"targetUser", &k.target},
		{field("name"), &k.name},
		{field("description"), &k.description},
		{field("status"), &k.status},
		{field("expiration"), &expiration},
	} {
		if *f.into, serr = o.optional(f.name); serr != nil {
			return k, fail("InvalidRequest", "unmarshal body failed, e: "+serr.debug())
		}
	}
	if expiration != "" {
		t, perr := time.Parse(time.RFC3339Nano, expiration)
		if perr != nil {
			e := &serdeError{"the 'year' component could not be parsed", o.at(o.fields[field("expiration")])}
			return k, fail("InvalidRequest", "unmarshal body failed, e: "+e.debug())
		}
		t = t.UTC()
		k.expiration = &t
	}
	err = k.readPolicy(o.fields[field("policy")])
	return k, err
}

// readPolicy reads an embedded policy: an object or a string with one. An
// empty object means the parent's rights.
func (k *keyRequest) readPolicy(raw json.RawMessage) *apiError {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = json.RawMessage(text)
	}
	if strings.TrimSpace(string(raw)) == "{}" {
		k.resetPolicy = true
		return nil
	}
	if len(raw) > maxKeyPolicy {
		return fail("InternalError", "create service account failed, e: PolicyTooLarge")
	}
	doc, serr := parsePolicy(raw)
	if serr != nil || doc.check() != nil {
		return fail("InvalidArgument", invalidPolicyMessage)
	}
	k.policy = &doc
	return nil
}

// checkTexts are the rules of names, descriptions and expirations.
func (k keyRequest) checkTexts(now time.Time) *apiError {
	switch {
	case len(k.name) > maxKeyName:
		return fail("InvalidRequest", "name must not be longer than 32 characters")
	case k.name != "" && !keyNamePattern.MatchString(k.name):
		return fail("InvalidRequest", "name must contain only ASCII letters, digits, underscores and hyphens and must start with a letter")
	case len(k.description) > maxKeyDescription:
		return fail("InvalidRequest", "description must be at most 256 bytes long")
	case k.expiration != nil && k.expiration.Unix() != 0 && !k.expiration.After(now):
		return fail("InvalidRequest", "the expiration time should be in the future")
	}
	return nil
}

// addKey is PUT add-service-accounts and add-service-account;
// admin:CreateServiceAccount. The secret is returned only here.
func (c *call) addKey(string) *apiError {
	k, err := c.keyBody("")
	if err != nil {
		return err
	}
	if strings.ContainsAny(k.access, " \t\r\n") {
		return fail("InvalidRequest", "access key has spaces")
	}
	if !c.adminAllowed("admin:CreateServiceAccount") {
		return keyDenied()
	}
	if k.target == "" {
		k.target = c.who.account
	}
	if k.target != c.who.account && !c.who.owner {
		return fail("AccessDenied", "service account parent is outside requester scope")
	}
	if err := k.checkTexts(c.now()); err != nil {
		return err
	}
	if err := c.s.iam.change(func(st *iamState) *apiError { return c.storeKey(st, &k) }); err != nil {
		return err
	}
	type credentials struct {
		AccessKey  string  `json:"accessKey"`
		SecretKey  string  `json:"secretKey"`
		Expiration *string `json:"expiration,omitempty"`
	}
	return c.ok(struct {
		Credentials credentials `json:"credentials"`
	}{credentials{k.access, k.secret, keyTime(k.expiration)}})
}

// storeKey checks and stores a new key, generating what is missing.
func (c *call) storeKey(st *iamState, k *keyRequest) *apiError {
	_, isUser := st.Users[k.access]
	_, isKey := st.Keys[k.access]
	_, hasTarget := st.Users[k.target]
	switch {
	case k.access == c.s.iam.root:
		return fail("InvalidArgument", "can't create user with system access key")
	case k.target != c.s.iam.root && !hasTarget:
		return fail("InvalidRequest", "target user not exist")
	case k.access != "" && k.secret == "":
		return fail("InternalError", "create service account failed, e: NoSecretKeyWithAccessKey")
	case k.access == "" && k.secret != "":
		return fail("InternalError", "create service account failed, e: NoAccessKeyWithSecretKey")
	case k.access != "" && (isUser || isKey):
		return fail("InvalidArgument", "access key is already in use")
	case k.access != "" && (len(k.access) < minKey || len(k.access) > maxKey):
		return fail("InvalidArgument", "invalid access key length")
	case k.secret != "" && (len(k.secret) < minSecret || len(k.secret) > maxKeySecret):
		return fail("InvalidArgument", "invalid secret key length")
	}
	if k.access == "" {
		k.access, k.secret = newAccessKey(), newSecretKey()
	}
	if k.expiration != nil && k.expiration.Unix() == 0 {
		k.expiration = nil
	}
	st.Keys[k.access] = &iamKey{
		Secret: k.secret, Parent: k.target, Status: keyOn, Policy: k.policy,
		Name: k.name, Description: k.description, Expiration: k.expiration,
	}
	return nil
}

// keyTime formats an expiration.
func keyTime(t *time.Time) *string {
	if t == nil {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}

// keyParam reads the accessKey parameter of the single key routes.
func (c *call) keyParam() (string, *apiError) {
	if name := c.query.Get("accessKey"); name != "" {
		return name, nil
	}
	return "", emptyAccessKey()
}

// keyView is the answer of info-service-account, info-access-key and
// temporary-account-info.
type keyView struct {
	AccessKey     string  `json:"accessKey,omitempty"`
	ParentUser    string  `json:"parentUser"`
	AccountStatus string  `json:"accountStatus"`
	ImpliedPolicy bool    `json:"impliedPolicy"`
	Policy        string  `json:"policy,omitempty"`
	Name          string  `json:"name,omitempty"`
	Description   string  `json:"description,omitempty"`
	Expiration    *string `json:"expiration,omitempty"`
	UserType      string  `json:"userType,omitempty"`
	UserProvider  string  `json:"userProvider,omitempty"`
}

// describe is a key with its effective policy; the lock must be held.
func (i *iam) describe(st *iamState, k *iamKey) keyView {
	v := keyView{
		ParentUser: k.Parent, AccountStatus: k.Status, ImpliedPolicy: k.Policy == nil,
		Name: k.Name, Description: k.Description, Expiration: keyTime(k.Expiration),
	}
	if k.Policy != nil {
		v.Policy = k.Policy.pretty()
	} else {
		v.Policy = merge(i.policiesOf(st, k.Parent)).pretty()
	}
	return v
}

// keyInfo is GET info-service-account?accessKey=; admin:ListServiceAccounts
// or ownership.
func (c *call) keyInfo(string) *apiError {
	name, err := c.keyParam()
	if err != nil {
		return err
	}
	mayList := c.adminAllowed("admin:ListServiceAccounts")
	var v keyView
	err = c.s.iam.view(func(st *iamState) *apiError {
		k, ok := st.Keys[name]
		if !ok {
			if _, user := st.Users[name]; user {
				return fail("InternalError", "get service account failed")
			}
			return noSuchKey(name)
		}
		if !mayList && k.Parent != c.who.account {
			return keyDenied()
		}
		v = c.s.iam.describe(st, k)
		return nil
	})
	if err != nil {
		return err
	}
	return c.ok(v)
}

// accessKeyInfo is GET info-access-key?accessKey=: service accounts, STS keys
// and users, not root.
func (c *call) accessKeyInfo(string) *apiError {
	name := c.query.Get("accessKey")
	mayList := c.adminAllowed("admin:ListServiceAccounts")
	var out any
	err := c.s.iam.view(func(st *iamState) *apiError {
		if k, ok := st.Keys[name]; ok {
			if !mayList && k.Parent != c.who.account {
				return keyDenied()
			}
			v := c.s.iam.describe(st, k)
			v.AccessKey, v.UserType, v.UserProvider = name, "Service Account", "builtin"
			if k.Token != "" {
				v.UserType = "STS"
			}
			out = v
			return nil
		}
		u, ok := st.Users[name]
		if !ok {
			return fail("InvalidRequest", "access key not exist")
		}
		if !mayList && name != c.who.account {
			return keyDenied()
		}
		v := keyView{AccessKey: name, AccountStatus: u.Status, UserType: "User", UserProvider: "builtin"}
		if m, ok := st.UserMaps[name]; ok {
			v.Policy = strings.Join(m.Policies, ",")
		}
		out = v
		return nil
	})
	if err != nil {
		return err
	}
	return c.ok(out)
}

// temporaryInfo is GET temporary-account-info?accessKey=.
func (c *call) temporaryInfo(string) *apiError {
	name, err := c.keyParam()
	if err != nil {
		return err
	}
	mayList := c.adminAllowed("admin:ListTemporaryAccounts", "admin:ListServiceAccounts")
	var v keyView
	err = c.s.iam.view(func(st *iamState) *apiError {
		k, ok := st.Keys[name]
		if !ok {
			return fail("NoSuchResource", "temp account '"+name+"' does not exist")
		}
		if !mayList && k.Parent != c.who.account {
			return keyDenied()
		}
		v = c.s.iam.describe(st, k)
		return nil
	})
	if err != nil {
		return err
	}
	return c.ok(v)
}

// updateKey is POST update-service-account?accessKey=; 204. Only an owner may
// edit keys of others, everybody else needs admin:UpdateServiceAccount even
// for own keys. Any status but on and enabled switches the key off.
func (c *call) updateKey(string) *apiError {
	name, err := c.keyParam()
	if err != nil {
		return err
	}
	k, err := c.keyBody("new")
	if err != nil {
		return err
	}
	if !c.adminAllowed("admin:UpdateServiceAccount") {
		return keyDenied()
	}
	if err := k.checkTexts(c.now()); err != nil {
		return err
	}
	err = c.s.iam.change(func(st *iamState) *apiError {
		old, ok := st.Keys[name]
		if !ok {
			if _, user := st.Users[name]; user {
				return fail("InternalError", "get service account failed")
			}
			return noSuchKey(name)
		}
		badSecret := k.secret != "" && (len(k.secret) < minSecret || len(k.secret) > maxKeySecret)
		switch {
		case !c.who.owner && old.Parent != c.who.account:
			return keyDenied()
		case badSecret, k.expiration != nil && k.expiration.Unix() == 0:
			return fail("InternalError", "update service account failed")
		}
		old.apply(k)
		return nil
	})
	if err != nil {
		return err
	}
	c.w.WriteHeader(204)
	return nil
}

// apply changes what an update names.
func (k *iamKey) apply(r keyRequest) {
	switch r.status {
	case "":
	case keyOn, enabled:
		k.Status = keyOn
	default:
		k.Status = keyOff
	}
	if r.secret != "" {
		k.Secret = r.secret
	}
	if r.given["name"] {
		k.Name = r.name
	}
	if r.given["description"] {
		k.Description = r.description
	}
	if r.expiration != nil {
		k.Expiration = r.expiration
	}
	if r.policy != nil || r.resetPolicy {
		k.Policy = r.policy
	}
}

// deleteKey is DELETE delete-service-accounts and delete-service-account
// ?accessKey=; admin:RemoveServiceAccount or ownership. The name of a user is
// accepted and ignored.
func (c *call) deleteKey(string) *apiError {
	name, err := c.keyParam()
	if err != nil {
		return err
	}
	mayRemove := c.adminAllowed("admin:RemoveServiceAccount")
	err = c.s.iam.change(func(st *iamState) *apiError {
		if _, ok := st.Users[name]; ok && mayRemove {
			return nil
		}
		k, ok := st.Keys[name]
		if !ok || (!mayRemove && k.Parent != c.who.account) {
			return fail("InvalidRequest", "service account not exist")
		}
		delete(st.Keys, name)
		return nil
	})
	if err != nil {
		return err
	}
	return c.done()
}
