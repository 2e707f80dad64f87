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

// removals is how often RemoveGroup tries: each list can undo one of them.
const removals = 10

// RemoveGroup deletes a group without members, and what is attached to it:
// removing nobody from it is the way that every version knows
// (admin:AddUserToGroup); DELETE group/{name} came with alpha.84.
//
// Whoever lists groups meanwhile brings a deleted one back: GET groups reads
// all of them and writes them into the cache afterwards (rustfs 1.0.1,
// crates/iam/src/manager.rs, update_groups). Such a group is on no drive, so
// the server refuses to delete it again. It is written once more, and deleted.
func (c *Client) RemoveGroup(ctx context.Context, name string) error {
	body := members{Group: name, Members: []string{}, Status: statusEnabled, Remove: true}
	for range removals {
		err := c.put(ctx, "delete group "+name, http.MethodPut, "update-group-members", nil, body)
		if err != nil && !IsNotFound(err) {
			return err
		}
		left, cached := c.cachedGroup(ctx, name)
		if !cached {
			return err
		}
		if len(left.Members) > 0 { // writes it without them
			err = c.RemoveMembers(ctx, name, left.Members...)
		} else {
			err = c.AddMembers(ctx, name)
		}
		if err != nil {
			return err
		}
	}
	return &Error{
		Op: "delete group " + name, Message: "it is deleted, but the server still answers for it: somebody lists groups without end",
		hint: "end that, for instance a console's page of groups; then: kubectl rustfs group delete " + name,
	}
}

// cachedGroup is a group that the server answers for though no drive holds it.
// A key that may not ask finds none. The list comes first: those that others
// began before it have ended by then, as a rule.
func (c *Client) cachedGroup(ctx context.Context, name string) (Group, bool) {
	stored, err := c.Groups(ctx)
	if err != nil || slices.Contains(stored, name) {
		return Group{}, false
	}
	g, err := c.Group(ctx, name)
	return g, err == nil
}
