package rustfs

import (
	"slices"
	"strings"
)

// Length rules of names and secrets.
const (
	minUserName = 3
	minSecret   = 8
)

// userEntry is a user in list-users and user-info.
type userEntry struct {
	PolicyName string    `json:"policyName,omitempty"`
	Status     string    `json:"status"`
	MemberOf   *[]string `json:"memberOf,omitempty"`
	UpdatedAt  string    `json:"updatedAt"`
}

// entry describes a user; the lock must be held.
func (i *iam) entry(st *iamState, name string) userEntry {
	u := st.Users[name]
	e := userEntry{Status: u.Status, UpdatedAt: rfc3339(u.Updated)}
	if m, ok := st.UserMaps[name]; ok {
		e.PolicyName = strings.Join(m.Policies, ",")
		e.UpdatedAt = rfc3339(m.Updated)
	}
	groups := st.groupsOf(name)
	if len(groups) > 0 || i.everMember[name] {
		if groups == nil {
			groups = []string{}
		}
		e.MemberOf = &groups
	}
	return e
}

// listUsers is GET list-users[?bucket=]; admin:ListUsers.
func (c *call) listUsers(string) *apiError {
	if err := c.need("admin:ListUsers"); err != nil {
		return err
	}
	bucket, err := c.bucketFilter()
	if err != nil {
		return err
	}
	out := map[string]userEntry{}
	_ = c.s.iam.view(func(st *iamState) *apiError {
		for name := range st.Users {
			reaches := func(p policyDoc) bool { return p.reaches(bucket) }
			if bucket != "" && !slices.ContainsFunc(c.s.iam.policiesOf(st, name), reaches) {
				continue
			}
			out[name] = c.s.iam.entry(st, name)
		}
		return nil
	})
	return c.ok(out)
}

// userInfo is GET user-info?accessKey=; admin:GetUser, or oneself unless
// denied.
func (c *call) userInfo(string) *apiError {
	name := c.query.Get("accessKey")
	if name == "" {
		return emptyAccessKey()
	}
	q := question{action: "admin:GetUser", denyOnly: name == c.who.key}
	if !c.s.iam.allowed(c.who, q) {
		return fail("AccessDenied")
	}
	var e userEntry
	err := c.s.iam.view(func(st *iamState) *apiError {
		if _, ok := st.Keys[name]; ok {
			return fail("InternalError", "action not allowed")
		}
		if _, ok := st.Users[name]; !ok {
			return noSuchUser(name)
		}
		e = c.s.iam.entry(st, name)
		return nil
	})
	if err != nil {
		return err
	}
	return c.ok(e)
}

// addUser is PUT add-user?accessKey=; admin:CreateUser. An existing user gets
// the new secret and status; policies and groups stay.
func (c *call) addUser(string) *apiError {
	name := c.query.Get("accessKey")
	if name == "" {
		return emptyAccessKey()
	}
	o, err := c.jsonBody()
	if err != nil {
		return err
	}
	secret, serr := o.str("secretKey")
	if serr != nil {
		return invalidJSON(serr)
	}
	status, serr := o.variant("status", []string{enabled, disabled}, "`enabled` or `disabled`")
	if serr != nil {
		return invalidJSON(serr)
	}
	if name == c.s.iam.root {
		return fail("InvalidArgument", "cannot create a user with the system access key")
	}
	q := question{action: "admin:CreateUser", denyOnly: name == c.who.key}
	if !c.s.iam.allowed(c.who, q) {
		return fail("AccessDenied")
	}
	err = c.s.iam.change(func(st *iamState) *apiError {
		if _, ok := st.Keys[name]; ok {
			return fail("InvalidArgument", "access key is already in use")
		}
		if _, ok := st.Users[name]; !ok {
			if err := checkNewUser(name, secret); err != nil {
				return err
			}
		} else if len(secret) < minSecret {
			return fail("InternalError", "failed to create user: invalid secret key length")
		}
		st.Users[name] = &iamUser{Secret: secret, Status: status, Updated: c.now()}
		return nil
	})
	if err != nil {
		return err
	}
	return c.done()
}

func checkNewUser(name, secret string) *apiError {
	switch {
	case strings.ContainsAny(name, " \t\r\n"):
		return fail("InvalidArgument", "access key contains spaces")
	case len(name) < minUserName:
		return fail("InternalError", "failed to create user: invalid access key length")
	case strings.ContainsAny(name, "=,"):
		return fail("InternalError", "failed to create user: access key contains reserved characters =,")
	case len(secret) < minSecret:
		return fail("InternalError", "failed to create user: invalid secret key length")
	}
	return nil
}

// setUserStatus is PUT set-user-status?accessKey=&status=; admin:EnableUser.
func (c *call) setUserStatus(string) *apiError {
	name, status := c.query.Get("accessKey"), c.query.Get("status")
	if name == "" {
		return emptyAccessKey()
	}
	if name == c.who.key {
		return fail("InvalidArgument", "cannot change the status of the current user")
	}
	if err := c.need("admin:EnableUser"); err != nil {
		return err
	}
	if status != enabled && status != disabled {
		return fail("InvalidArgument", "invalid account status: "+status)
	}
	err := c.s.iam.change(func(st *iamState) *apiError {
		if _, ok := st.Keys[name]; ok {
			return fail("InternalError", "failed to set user status: action not allowed")
		}
		u, ok := st.Users[name]
		if !ok {
			return fail("InternalError", "failed to set user status: user '"+name+"' does not exist")
		}
		u.Status, u.Updated = status, c.now()
		return nil
	})
	if err != nil {
		return err
	}
	return c.done()
}

// setUserSecretKey is PUT set-user-secret-key?accessKey=; admin:CreateUser.
func (c *call) setUserSecretKey(string) *apiError {
	name := c.query.Get("accessKey")
	if name == "" {
		return emptyAccessKey()
	}
	if err := c.need("admin:CreateUser"); err != nil {
		return err
	}
	data, err := c.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	o, serr := decodeObject(data)
	secret := ""
	if serr == nil {
		secret, serr = o.str("secret_key")
	}
	if serr != nil {
		return fail("InvalidRequest", "invalid set-user-secret-key request: "+serr.Error())
	}
	if name == c.s.iam.root {
		return rootIsFixed()
	}
	err = c.s.iam.change(func(st *iamState) *apiError {
		if _, ok := st.Keys[name]; ok {
			return fail("InvalidRequest", "the target access key is a derived credential; rotate service accounts through update-service-account")
		}
		u, ok := st.Users[name]
		switch {
		case !ok:
			return noSuchUser(name)
		case len(secret) < minSecret:
			return fail("InvalidArgument", "the new secret key is too short")
		}
		u.Secret, u.Updated = secret, c.now()
		return nil
	})
	if err != nil {
		return err
	}
	return c.ok(map[string]int{"sessions_revoked": 0})
}

func rootIsFixed() *apiError {
	return fail("InvalidRequest", "the root identity is provisioned from the server environment and cannot be changed at runtime")
}

// removeUser is DELETE remove-user?accessKey=; admin:DeleteUser. Keys,
// memberships and the mapping go with the user.
func (c *call) removeUser(string) *apiError {
	name := c.query.Get("accessKey")
	if name == "" {
		return emptyAccessKey()
	}
	if err := c.need("admin:DeleteUser"); err != nil {
		return err
	}
	if name == c.who.key || name == c.who.account || name == c.s.iam.root {
		return fail("InvalidArgument", "cannot remove the current user")
	}
	err := c.s.iam.change(func(st *iamState) *apiError {
		if _, ok := st.Keys[name]; ok {
			return fail("InvalidArgument", "cannot remove a temporary user")
		}
		if _, ok := st.Users[name]; !ok {
			return noSuchUser(name)
		}
		delete(st.Users, name)
		delete(st.UserMaps, name)
		delete(c.s.iam.everMember, name)
		for _, g := range st.Groups {
			g.Members = slices.DeleteFunc(g.Members, func(m string) bool { return m == name })
		}
		for key, k := range st.Keys {
			if k.Parent == name {
				delete(st.Keys, key)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.done()
}
