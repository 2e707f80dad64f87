package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Group is a set of users that share policies. One disabled group takes all
// rights from its members, also those of their own.
type Group struct {
	Name     string
	Enabled  bool
	Members  []string
	Policies []string
	Updated  time.Time // zero: unknown
}

// Groups asks GET groups, admin:ListGroups: names, sorted. Names of which
// only an attached policy is left are among them.
func (c *Client) Groups(ctx context.Context) ([]string, error) {
	var names []string
	if err := c.get(ctx, "groups", "groups", nil, &names); err != nil {
		return nil, err
	}
	slices.Sort(names)
	return names, nil
}

// Group asks GET group, admin:GetGroup.
func (c *Client) Group(ctx context.Context, name string) (Group, error) {
	var a struct {
		Status   string   `json:"status"`
		Members  []string `json:"members"`
		Policies string   `json:"policy"`
		Updated  lenient  `json:"updatedAt"`
	}
	if err := c.get(ctx, "group "+name, "group", url.Values{"group": {name}}, &a); err != nil {
		return Group{}, err
	}
	slices.Sort(a.Members)
	return Group{Name: name, Enabled: a.Status == statusEnabled, Members: a.Members, Policies: splitNames(a.Policies), Updated: a.Updated.Time}, nil
}

// members is the body of update-group-members; all of it is mandatory, and the
// status is ignored.
type members struct {
	Group   string   `json:"group"`
	Members []string `json:"members"`
	Status  string   `json:"groupStatus"`
	Remove  bool     `json:"isRemove"`
}

// AddMembers asks PUT update-group-members, admin:AddUserToGroup. It makes the
// group where there is none, also without members.
func (c *Client) AddMembers(ctx context.Context, group string, users ...string) error {
	body := members{Group: group, Members: append([]string{}, users...), Status: statusEnabled}
	return c.put(ctx, "add to group "+group, http.MethodPut, "update-group-members", nil, body)
}

// RemoveMembers asks the same route; admin:AddUserToGroup.
func (c *Client) RemoveMembers(ctx context.Context, group string, users ...string) error {
	if len(users) == 0 {
		return nil // to the server it would mean: delete the group
	}
	body := members{Group: group, Members: users, Status: statusEnabled, Remove: true}
	return c.put(ctx, "remove from group "+group, http.MethodPut, "update-group-members", nil, body)
}

// SetGroupStatus asks PUT set-group-status, admin:EnableGroup.
func (c *Client) SetGroupStatus(ctx context.Context, name string, enabled bool) error {
	status := statusOf(enabled)
	return c.put(ctx, "make group "+name+" "+status, http.MethodPut, "set-group-status", url.Values{"group": {name}, "status": {status}}, nil)
}

// RemoveGroup deletes a group without members, and what is attached to it:
// removing nobody from it is the way that every version knows
// (admin:AddUserToGroup); DELETE group/{name} came with alpha.84.
func (c *Client) RemoveGroup(ctx context.Context, name string) error {
	body := members{Group: name, Members: []string{}, Status: statusEnabled, Remove: true}
	return c.put(ctx, "delete group "+name, http.MethodPut, "update-group-members", nil, body)
}
