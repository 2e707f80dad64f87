package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Policy is a named document.
type Policy struct {
	Name     string
	Document json.RawMessage // as the server writes it
	Created  time.Time       // zero: unknown, or built in
	Updated  time.Time
}

// Policies asks GET list-canned-policies, admin:ListUserPolicies; sorted by
// name, built-ins included, without times.
func (c *Client) Policies(ctx context.Context) ([]Policy, error) {
	var a map[string]json.RawMessage
	if err := c.get(ctx, "policies", "list-canned-policies", nil, &a); err != nil {
		return nil, err
	}
	out := make([]Policy, 0, len(a))
	for name, d := range a {
		out = append(out, Policy{Name: name, Document: unquote(d)})
	}
	slices.SortFunc(out, func(a, b Policy) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// Policy asks GET info-canned-policy, admin:GetPolicy.
func (c *Client) Policy(ctx context.Context, name string) (Policy, error) {
	var a struct {
		Document json.RawMessage `json:"policy"`
		Created  lenient         `json:"create_date"`
		Updated  lenient         `json:"update_date"`
	}
	if err := c.get(ctx, "policy "+name, "info-canned-policy", url.Values{"name": {name}}, &a); err != nil {
		return Policy{}, err
	}
	return Policy{Name: name, Document: unquote(a.Document), Created: a.Created.Time, Updated: a.Updated.Time}, nil
}

// unquote takes a document out of the text that it is up to alpha.91.
func unquote(d json.RawMessage) json.RawMessage {
	var text string
	if json.Unmarshal(d, &text) == nil && text != "" {
		return json.RawMessage(text)
	}
	return d
}

// PutPolicy asks PUT add-canned-policy, admin:CreatePolicy. The server
// overwrites what is there, built-ins too.
func (c *Client) PutPolicy(ctx context.Context, name string, document []byte) error {
	return c.put(ctx, "write policy "+name, http.MethodPut, "add-canned-policy", url.Values{"name": {name}}, json.RawMessage(document))
}

// RemovePolicy asks DELETE remove-canned-policy, admin:DeletePolicy. A policy
// that is attached to somebody stays: IsInUse.
func (c *Client) RemovePolicy(ctx context.Context, name string) error {
	return c.put(ctx, "delete policy "+name, http.MethodDelete, "remove-canned-policy", url.Values{"name": {name}}, nil)
}

// Holder is whom a policy can be attached to.
type Holder struct {
	Name  string
	Group bool
}

func (h Holder) String() string {
	if h.Group {
		return "group/" + h.Name
	}
	return "user/" + h.Name
}

// PoliciesOf are those attached to a user or group itself.
func (c *Client) PoliciesOf(ctx context.Context, h Holder) ([]string, error) {
	if h.Group {
		g, err := c.Group(ctx, h.Name)
		return g.Policies, err
	}
	u, err := c.User(ctx, h.Name)
	return u.Policies, err
}

// AttachPolicies asks POST idp/builtin/policy/attach,
// admin:AttachUserOrGroupPolicy; what is attached already stays.
func (c *Client) AttachPolicies(ctx context.Context, h Holder, policies ...string) error {
	return c.associate(ctx, "attach", "attach policies to "+h.String(), h, policies, func(now []string) []string {
		for _, p := range policies {
			if !slices.Contains(now, p) {
				now = append(now, p)
			}
		}
		return now
	})
}

// DetachPolicies asks POST idp/builtin/policy/detach,
// admin:AttachUserOrGroupPolicy; others stay.
func (c *Client) DetachPolicies(ctx context.Context, h Holder, policies ...string) error {
	return c.associate(ctx, "detach", "detach policies from "+h.String(), h, policies, func(now []string) []string {
		return slices.DeleteFunc(now, func(p string) bool { return slices.Contains(policies, p) })
	})
}

// associate attaches or detaches by the routes of alpha.87 and later. Before,
// the whole list is read, edited and set; nothing locks it in between.
func (c *Client) associate(ctx context.Context, route, op string, h Holder, policies []string, edit func([]string) []string) error {
	if len(policies) == 0 {
		return nil
	}
	body := struct {
		Policies []string `json:"policies"`
		User     string   `json:"user,omitempty"`
		Group    string   `json:"group,omitempty"`
	}{Policies: policies}
	if h.Group {
		body.Group = h.Name
	} else {
		body.User = h.Name
	}
	err := c.put(ctx, op, http.MethodPost, "idp/builtin/policy/"+route, nil, body)
	if !IsMissingRoute(err) {
		return err
	}
	now, err := c.editable(ctx, op, h)
	if err != nil {
		return err
	}
	return c.setPolicies(ctx, op, h, edit(now))
}

// DisabledGroupError is the answer to a change that would lose policies.
type DisabledGroupError struct{ Op, Group string }

func (e *DisabledGroupError) Error() string {
	return fmt.Sprintf("%s: group %s is disabled, and servers of this version then hide what is attached to it", e.Op, e.Group)
}

// Hint says what to do about it.
func (e *DisabledGroupError) Hint() string {
	return "enable it first: kubectl rustfs group enable " + e.Group
}

// editable reads the list that is going to be replaced. Up to alpha.84 a
// disabled group reports an empty one, whatever it has.
func (c *Client) editable(ctx context.Context, op string, h Holder) ([]string, error) {
	if !h.Group {
		return c.PoliciesOf(ctx, h)
	}
	g, err := c.Group(ctx, h.Name)
	if err == nil && !g.Enabled {
		return nil, &DisabledGroupError{Op: op, Group: h.Name}
	}
	return g.Policies, err
}

// setPolicies asks PUT set-user-or-group-policy,
// admin:AttachUserOrGroupPolicy, which replaces the list.
func (c *Client) setPolicies(ctx context.Context, op string, h Holder, policies []string) error {
	query := url.Values{"policyName": {strings.Join(policies, ",")}, "userOrGroup": {h.Name}, "isGroup": {fmt.Sprint(h.Group)}}
	return c.put(ctx, op, http.MethodPut, "set-user-or-group-policy", query, nil)
}

// Use is who has a policy, directly.
type Use struct{ Users, Groups []string }

// Empty reports that nobody has the policy.
func (u Use) Empty() bool { return len(u.Users)+len(u.Groups) == 0 }

// PolicyUse asks GET idp/builtin/policy-entities (any of admin:ListGroups,
// ListUsers, ListUserPolicies), and each user and group where that is missing.
// Policies that nobody has are not in the answer.
func (c *Client) PolicyUse(ctx context.Context) (map[string]Use, error) {
	var a struct {
		Policies []struct {
			Policy string   `json:"policy"`
			Users  []string `json:"users"`
			Groups []string `json:"groups"`
		} `json:"policyMappings"`
	}
	err := c.get(ctx, "who has which policy", "idp/builtin/policy-entities", nil, &a)
	if IsMissingRoute(err) {
		return c.collectUse(ctx)
	}
	if err != nil {
		return nil, err
	}
	out := map[string]Use{}
	for _, p := range a.Policies {
		slices.Sort(p.Users)
		slices.Sort(p.Groups)
		if u := (Use{p.Users, p.Groups}); !u.Empty() {
			out[p.Policy] = u
		}
	}
	return out, nil
}

// collectUse is PolicyUse below alpha.87.
func (c *Client) collectUse(ctx context.Context) (map[string]Use, error) {
	out := map[string]Use{}
	users, err := c.Users(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		for _, p := range u.Policies {
			use := out[p]
			use.Users = append(use.Users, u.Name)
			out[p] = use
		}
	}
	names, err := c.Groups(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		g, err := c.Group(ctx, n)
		if IsNotFound(err) {
			continue // only a leftover of it is there
		}
		if err != nil {
			return nil, err
		}
		for _, p := range g.Policies {
			use := out[p]
			use.Groups = append(use.Groups, n)
			out[p] = use
		}
	}
	return out, nil
}
