package rustfs

import (
	"slices"
	"strings"
)

// maxGroupName is the limit of the DELETE route.
const maxGroupName = 256

// groupEntry is the answer of GET group.
type groupEntry struct {
	Name      string   `json:"name"`
	Status    string   `json:"status"`
	Members   []string `json:"members"`
	Policy    string   `json:"policy"`
	UpdatedAt string   `json:"updatedAt"`
}

// listGroups is GET groups; admin:ListGroups. Names with only a leftover
// mapping are included.
func (c *call) listGroups(string) *apiError {
	if err := c.need("admin:ListGroups"); err != nil {
		return err
	}
	names := []string{}
	_ = c.s.iam.view(func(st *iamState) *apiError {
		for n := range st.Groups {
			names = append(names, n)
		}
		for n := range st.GroupMaps {
			if _, ok := st.Groups[n]; !ok {
				names = append(names, n)
			}
		}
		return nil
	})
	slices.Sort(names)
	return c.ok(names)
}

// groupInfo is GET group?group=; admin:GetGroup.
func (c *call) groupInfo(string) *apiError {
	if err := c.need("admin:GetGroup"); err != nil {
		return err
	}
	name := c.query.Get("group")
	var e groupEntry
	err := c.s.iam.view(func(st *iamState) *apiError {
		g, ok := st.Groups[name]
		if !ok {
			return noSuchGroup(name)
		}
		e = groupEntry{Name: name, Status: g.Status, Members: append([]string{}, g.Members...), UpdatedAt: rfc3339(g.Updated)}
		if m, ok := st.GroupMaps[name]; ok {
			e.Policy = strings.Join(m.Policies, ",")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.ok(e)
}

// updateGroupMembers is PUT update-group-members; admin:AddUserToGroup. All
// four members of the body are mandatory; the value of groupStatus is
// ignored. Removing nobody deletes an empty group.
func (c *call) updateGroupMembers(string) *apiError {
	o, err := c.jsonBody()
	if err != nil {
		return err
	}
	group, serr := o.str("group")
	if serr != nil {
		return invalidJSON(serr)
	}
	members, serr := o.strings("members", true)
	if serr != nil {
		return invalidJSON(serr)
	}
	if _, serr = o.variant("groupStatus", []string{enabled, disabled, ""}, "`enabled` or `disabled`"); serr != nil {
		return invalidJSON(serr)
	}
	remove, serr := o.boolean("isRemove")
	if serr != nil {
		return invalidJSON(serr)
	}
	if err := c.need("admin:AddUserToGroup"); err != nil {
		return err
	}
	err = c.s.iam.change(func(st *iamState) *apiError {
		for _, m := range members {
			if _, ok := st.Keys[m]; ok {
				return &apiError{Status: 405, Code: "MethodNotAllowed", Message: "can't add temp user " + m}
			}
			if _, ok := st.Users[m]; !ok {
				return noSuchUser(m)
			}
		}
		if remove {
			return st.removeMembers(group, members, c)
		}
		return st.addMembers(group, members, c)
	})
	if err != nil {
		return err
	}
	return c.done()
}

func (st *iamState) addMembers(group string, members []string, c *call) *apiError {
	g, ok := st.Groups[group]
	if !ok {
		switch {
		case group == "":
			return fail("InternalError", "invalid arguments specified")
		case strings.ContainsAny(group, " \t\r\n"):
			return fail("InvalidArgument", "group name contains whitespace")
		case strings.ContainsAny(group, "=,"):
			return fail("InvalidArgument", "group name contains reserved characters =,")
		}
		g = &iamGroup{Status: enabled}
		st.Groups[group] = g
	}
	for _, m := range members {
		if !slices.Contains(g.Members, m) {
			g.Members = append(g.Members, m)
		}
		c.s.iam.everMember[m] = true
	}
	g.Updated = c.now()
	return nil
}

func (st *iamState) removeMembers(group string, members []string, c *call) *apiError {
	g, ok := st.Groups[group]
	if !ok {
		return noSuchGroup(group)
	}
	if len(members) == 0 {
		if len(g.Members) > 0 {
			return fail("InternalError", "group not empty")
		}
		delete(st.Groups, group)
		delete(st.GroupMaps, group)
		return nil
	}
	g.Members = slices.DeleteFunc(g.Members, func(m string) bool { return slices.Contains(members, m) })
	g.Updated = c.now()
	return nil
}

// setGroupStatus is PUT set-group-status?group=&status=; admin:EnableGroup.
func (c *call) setGroupStatus(string) *apiError {
	if err := c.need("admin:EnableGroup"); err != nil {
		return err
	}
	name, status := c.query.Get("group"), c.query.Get("status")
	if status != enabled && status != disabled {
		return fail("InvalidArgument", "invalid status")
	}
	err := c.s.iam.change(func(st *iamState) *apiError {
		g, ok := st.Groups[name]
		if !ok {
			return noSuchGroup(name)
		}
		g.Status, g.Updated = status, c.now()
		return nil
	})
	if err != nil {
		return err
	}
	return c.done()
}

// deleteGroup is DELETE group/{name}; admin:RemoveUserFromGroup.
func (c *call) deleteGroup(name string) *apiError {
	if err := c.need("admin:RemoveUserFromGroup"); err != nil {
		return err
	}
	if len(name) > maxGroupName || strings.ContainsAny(name, "/\\\x00") {
		return fail("InvalidArgument", "invalid group name")
	}
	err := c.s.iam.change(func(st *iamState) *apiError {
		g, ok := st.Groups[name]
		switch {
		case !ok:
			return noSuchGroup(name)
		case len(g.Members) > 0:
			return fail("InvalidRequest", "group is not empty")
		}
		delete(st.Groups, name)
		delete(st.GroupMaps, name)
		return nil
	})
	if err != nil {
		return err
	}
	return c.done()
}
