package rustfs

import (
	"slices"
	"strings"
	"time"
)

// listPolicies is GET list-canned-policies[?bucket=]; admin:ListUserPolicies.
func (c *call) listPolicies(string) *apiError {
	if err := c.need("admin:ListUserPolicies"); err != nil {
		return err
	}
	bucket, err := c.bucketFilter()
	if err != nil {
		return err
	}
	out := map[string]policyDoc{}
	_ = c.s.iam.view(func(st *iamState) *apiError {
		for _, n := range c.s.iam.policyNames(st) {
			if doc, _ := c.s.iam.policy(st, n); bucket == "" || doc.reaches(bucket) {
				out[n] = doc
			}
		}
		return nil
	})
	return c.ok(out)
}

// policyInfo is GET info-canned-policy?name=; admin:GetPolicy. Built-ins have
// no dates.
func (c *call) policyInfo(string) *apiError {
	if err := c.need("admin:GetPolicy"); err != nil {
		return err
	}
	name := c.query.Get("name")
	switch {
	case name == "":
		return fail("InvalidArgument", "policy name is required")
	case strings.Contains(name, ","):
		return fail("InvalidArgument", "too many policies")
	}
	out := struct {
		Name    string    `json:"policy_name"`
		Policy  policyDoc `json:"policy"`
		Created string    `json:"create_date,omitempty"`
		Updated string    `json:"update_date,omitempty"`
	}{Name: name}
	err := c.s.iam.view(func(st *iamState) *apiError {
		doc, ok := c.s.iam.policy(st, name)
		if !ok {
			return fail("NoSuchResource", "policy does not exist")
		}
		out.Policy = doc
		if p, ok := st.Policies[name]; ok {
			out.Created = policyDate(p.Created)
			out.Updated = policyDate(p.Updated)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.ok(out)
}

func policyDate(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04:05.999999999") + " +00:00:00"
}

// addPolicy is PUT add-canned-policy?name=; admin:CreatePolicy. It overwrites
// silently, built-in names included.
func (c *call) addPolicy(string) *apiError {
	if err := c.need("admin:CreatePolicy"); err != nil {
		return err
	}
	name := c.query.Get("name")
	switch {
	case name == "":
		return fail("InvalidArgument", "policy name is required")
	case strings.ContainsAny(name, " \t\r\n"):
		return fail("InvalidArgument", "policy name contains spaces")
	}
	data, err := c.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	doc, serr := parsePolicy(data)
	if serr != nil {
		return fail("InvalidRequest", "io error: "+serr.Error())
	}
	if doc.Version == "" {
		return fail("InvalidArgument", "policy version is required")
	}
	if err := doc.check(); err != nil {
		return err
	}
	if len(doc.Statement) == 0 {
		return fail("InternalError", "invalid arguments specified")
	}
	err = c.s.iam.change(func(st *iamState) *apiError {
		p := &iamPolicy{Document: doc, Created: c.now(), Updated: c.now()}
		if old, ok := st.Policies[name]; ok {
			p.Created = old.Created
		}
		st.Policies[name] = p
		return nil
	})
	if err != nil {
		return err
	}
	return c.done()
}

// removePolicy is DELETE remove-canned-policy?name=; admin:DeletePolicy.
// Removing a missing policy succeeds.
func (c *call) removePolicy(string) *apiError {
	if err := c.need("admin:DeletePolicy"); err != nil {
		return err
	}
	name := c.query.Get("name")
	if name == "" {
		return fail("InvalidArgument", "policy name is required")
	}
	if _, ok := c.s.iam.builtins[name]; ok {
		return fail("InternalError", "io error: system policy can not be deleted")
	}
	err := c.s.iam.change(func(st *iamState) *apiError {
		for _, maps := range []map[string]*iamMapping{st.UserMaps, st.GroupMaps} {
			for _, m := range maps {
				if slices.Contains(m.Policies, name) {
					return fail("InternalError", "policy in use")
				}
			}
		}
		delete(st.Policies, name)
		return nil
	})
	if err != nil {
		return err
	}
	return c.done()
}

// setMapping replaces the policies of a user or group; the lock must be held.
func (st *iamState) setMapping(name string, group bool, policies []string, now time.Time) {
	maps := st.UserMaps
	if group {
		maps = st.GroupMaps
	}
	if len(policies) == 0 {
		delete(maps, name)
		return
	}
	maps[name] = &iamMapping{Policies: policies, Updated: now}
	if g, ok := st.Groups[name]; ok && group {
		g.Updated = now
	}
}

// setPolicy is PUT set-user-or-group-policy?policyName=&userOrGroup=&isGroup=
// (alias set-policy); admin:AttachUserOrGroupPolicy. The list replaces what
// was attached; an empty one detaches everything.
func (c *call) setPolicy(string) *apiError {
	if err := c.need("admin:AttachUserOrGroupPolicy"); err != nil {
		return err
	}
	isGroup := c.query.Get("isGroup")
	if !c.query.Has("policyName") || !c.query.Has("userOrGroup") || (isGroup != "true" && isGroup != "false") {
		return fail("InvalidArgument", "failed to decode query")
	}
	name := c.query.Get("userOrGroup")
	group := isGroup == "true"
	err := c.s.iam.change(func(st *iamState) *apiError {
		if err := c.policyTarget(st, name, group, "user not found"); err != nil {
			return err
		}
		policies := splitNames(c.query.Get("policyName"))
		for _, p := range policies {
			if _, ok := c.s.iam.policy(st, p); !ok {
				return fail("InternalError", "policy does not exist")
			}
		}
		st.setMapping(name, group, policies, c.now())
		return nil
	})
	if err != nil {
		return err
	}
	return c.done()
}

// policyTarget checks that policies can be attached to a name.
func (c *call) policyTarget(st *iamState, name string, group bool, missing string) *apiError {
	if group {
		if _, ok := st.Groups[name]; !ok {
			return noSuchGroup(name)
		}
		return nil
	}
	if name == c.s.iam.root {
		return fail("InvalidArgument", "cannot set a policy for the system user")
	}
	if _, ok := st.Keys[name]; ok {
		return fail("InvalidArgument", "temp user can't set policy")
	}
	if _, ok := st.Users[name]; !ok {
		return fail("InvalidArgument", missing)
	}
	return nil
}

func (c *call) attachPolicy(string) *apiError { return c.associate(true) }
func (c *call) detachPolicy(string) *apiError { return c.associate(false) }

// associate is POST idp/builtin/policy/{attach,detach};
// admin:AttachUserOrGroupPolicy. No change is 200 without a list.
func (c *call) associate(attach bool) *apiError {
	if err := c.need("admin:AttachUserOrGroupPolicy"); err != nil {
		return err
	}
	data, err := c.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	o, serr := decodeObject(data)
	var policies []string
	var user, groupName string
	if serr == nil {
		policies, serr = o.strings("policies", true)
	}
	if serr == nil {
		user, serr = o.optional("user")
	}
	if serr == nil {
		groupName, serr = o.optional("group")
	}
	switch {
	case serr != nil:
		return fail("InvalidRequest", "unmarshal policy association body failed, e: "+serr.debug())
	case len(policies) == 0:
		return fail("InvalidArgument", "no policy names were given")
	case user != "" && groupName != "":
		return fail("InvalidArgument", "either a group or a user association must be given, not both")
	case user == "" && groupName == "":
		return fail("InvalidArgument", "no user or group association was given")
	}
	out := struct {
		Attached  []string `json:"policiesAttached,omitempty"`
		Detached  []string `json:"policiesDetached,omitempty"`
		UpdatedAt string   `json:"updatedAt"`
	}{UpdatedAt: rfc3339(c.now())}
	err = c.s.iam.change(func(st *iamState) *apiError {
		name, maps := user, st.UserMaps
		if groupName != "" {
			name, maps = groupName, st.GroupMaps
		}
		if err := c.policyTarget(st, name, groupName != "", "user not exist"); err != nil {
			return err
		}
		var current []string
		if m, ok := maps[name]; ok {
			current = slices.Clone(m.Policies)
		}
		for _, p := range policies {
			_, known := c.s.iam.policy(st, p)
			has := slices.Contains(current, p)
			switch {
			case attach && !known:
				return fail("InternalError", "policy does not exist")
			case attach && !has:
				current = append(current, p)
				out.Attached = append(out.Attached, p)
			case !attach && has:
				current = slices.DeleteFunc(current, func(n string) bool { return n == p })
				out.Detached = append(out.Detached, p)
			}
		}
		st.setMapping(name, groupName != "", current, c.now())
		return nil
	})
	if err != nil {
		return err
	}
	return c.ok(out)
}

type groupPolicies struct {
	Group    string   `json:"group"`
	Policies []string `json:"policies"`
}

type userPolicies struct {
	User     string          `json:"user"`
	Policies []string        `json:"policies"`
	MemberOf []groupPolicies `json:"memberOfMappings,omitempty"`
}

type policyUse struct {
	Policy string   `json:"policy"`
	Users  []string `json:"users"`
	Groups []string `json:"groups"`
}

// policyEntities is GET idp/builtin/policy-entities[?user=&group=&policy=],
// repeatable; any of admin:ListGroups, ListUsers, ListUserPolicies. Without a
// query it lists all policies in use.
func (c *call) policyEntities(string) *apiError {
	if err := c.need("admin:ListGroups", "admin:ListUsers", "admin:ListUserPolicies"); err != nil {
		return err
	}
	out := struct {
		Timestamp string          `json:"timestamp"`
		Users     []userPolicies  `json:"userMappings,omitempty"`
		Groups    []groupPolicies `json:"groupMappings,omitempty"`
		Policies  []policyUse     `json:"policyMappings,omitempty"`
	}{Timestamp: rfc3339(c.now())}
	users, groups, policies := c.query["user"], c.query["group"], c.query["policy"]
	_ = c.s.iam.view(func(st *iamState) *apiError {
		for _, u := range users {
			if e, ok := st.userPolicies(u); ok {
				out.Users = append(out.Users, e)
			}
		}
		for _, g := range groups {
			if m, ok := st.GroupMaps[g]; ok {
				out.Groups = append(out.Groups, groupPolicies{g, m.Policies})
			}
		}
		if len(users)+len(groups)+len(policies) == 0 {
			policies = c.s.iam.policyNames(st)
		}
		for _, p := range policies {
			if use := st.uses(p); len(use.Users)+len(use.Groups) > 0 {
				out.Policies = append(out.Policies, use)
			}
		}
		return nil
	})
	return c.ok(out)
}

func (st *iamState) userPolicies(user string) (userPolicies, bool) {
	e := userPolicies{User: user, Policies: []string{}}
	if m, ok := st.UserMaps[user]; ok {
		e.Policies = m.Policies
	}
	for _, g := range st.groupsOf(user) {
		if m, ok := st.GroupMaps[g]; ok {
			e.MemberOf = append(e.MemberOf, groupPolicies{g, m.Policies})
		}
	}
	return e, len(e.Policies)+len(e.MemberOf) > 0
}

func (st *iamState) uses(policy string) policyUse {
	use := policyUse{Policy: policy, Users: []string{}, Groups: []string{}}
	for n, m := range st.UserMaps {
		if slices.Contains(m.Policies, policy) {
			use.Users = append(use.Users, n)
		}
	}
	for n, m := range st.GroupMaps {
		if slices.Contains(m.Policies, policy) {
			use.Groups = append(use.Groups, n)
		}
	}
	slices.Sort(use.Users)
	slices.Sort(use.Groups)
	return use
}
