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

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// User is an identity of its own, which access keys are not. Root is none.
type User struct {
	Name     string
	Enabled  bool
	Policies []string // attached to the user itself
	Groups   []string
	Updated  time.Time // zero: unknown
}

// userAnswer is a user in list-users and user-info.
type userAnswer struct {
	Policies string   `json:"policyName"`
	Status   string   `json:"status"`
	Groups   []string `json:"memberOf"`
	Updated  lenient  `json:"updatedAt"`
}

func (a userAnswer) user(name string) User {
	groups := slices.Clone(a.Groups)
	slices.Sort(groups)
	return User{Name: name, Enabled: a.Status == statusEnabled, Policies: splitNames(a.Policies), Groups: groups, Updated: a.Updated.Time}
}

// The states of users and groups.
const (
	statusEnabled  = "enabled"
	statusDisabled = "disabled"
)

func statusOf(enabled bool) string {
	if enabled {
		return statusEnabled
	}
	return statusDisabled
}

// Users asks GET list-users, admin:ListUsers; sorted by name.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	var a map[string]userAnswer
	if err := c.get(ctx, "users", "list-users", nil, &a); err != nil {
		return nil, err
	}
	out := make([]User, 0, len(a))
	for name, u := range a {
		out = append(out, u.user(name))
	}
	slices.SortFunc(out, func(a, b User) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// User asks GET user-info, admin:GetUser. Root counts as missing.
func (c *Client) User(ctx context.Context, name string) (User, error) {
	var a userAnswer
	err := c.get(ctx, "user "+name, "user-info", url.Values{"accessKey": {name}}, &a)
	return a.user(name), err
}

// AddUser asks PUT add-user, admin:CreateUser. The server overwrites a user
// that exists: ask User first.
func (c *Client) AddUser(ctx context.Context, name string, s secret.Value) error {
	return c.putUser(ctx, "create user "+name, name, s, true)
}

// AddDisabledUser is AddUser for a user whom the server does not let in yet.
func (c *Client) AddDisabledUser(ctx context.Context, name string, s secret.Value) error {
	return c.putUser(ctx, "create user "+name, name, s, false)
}

// SetUserSecret asks PUT add-user, admin:CreateUser, which gives a user that
// exists another secret; policies and groups stay. The status is written with
// it, so it has to be told. A user who does not exist is made.
func (c *Client) SetUserSecret(ctx context.Context, name string, s secret.Value, enabled bool) error {
	return c.putUser(ctx, "set secret of user "+name, name, s, enabled)
}

func (c *Client) putUser(ctx context.Context, op, name string, s secret.Value, enabled bool) error {
	body := struct {
		Secret string `json:"secretKey"`
		Status string `json:"status"`
	}{s.Reveal(), statusOf(enabled)}
	return c.put(ctx, op, http.MethodPut, "add-user", url.Values{"accessKey": {name}}, body)
}

// RemoveUser asks DELETE remove-user, admin:DeleteUser. The user's access keys
// and memberships go too.
func (c *Client) RemoveUser(ctx context.Context, name string) error {
	return c.put(ctx, "delete user "+name, http.MethodDelete, "remove-user", url.Values{"accessKey": {name}}, nil)
}

// SetUserStatus asks PUT set-user-status, admin:EnableUser.
func (c *Client) SetUserStatus(ctx context.Context, name string, enabled bool) error {
	status := statusOf(enabled)
	return c.put(ctx, "make user "+name+" "+status, http.MethodPut, "set-user-status", url.Values{"accessKey": {name}, "status": {status}}, nil)
}

// put sends a change; body may be nil. What comes back is of no interest.
func (c *Client) put(ctx context.Context, op, method, route string, query url.Values, body any) error {
	var b []byte
	if body != nil {
		var err error
		if b, err = json.Marshal(body); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
	}
	_, err := c.do(ctx, op, method, prefix+route, query, b)
	return err
}

// splitNames splits a list of names at its commas.
func splitNames(list string) []string {
	var out []string
	for _, n := range strings.Split(list, ",") {
		if n != "" {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// lenient is a time in one of the forms that RustFS has written them in. What
// cannot be read is zero, and no error.
type lenient struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (l *lenient) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return nil //nolint:nilerr // a time that is no text is unknown
	}
	for _, form := range []string{
		time.RFC3339Nano,
		"2006-01-02 15:04:05.999999999 -07:00:00", // of the time crate
		"2006-01-02 3:04:05.999999999 -07:00:00",  // which does not pad the hour
		"2006-01-02 15:04:05.999999999 -07:00",
	} {
		if t, err := time.Parse(form, s); err == nil {
			l.Time = t.UTC()
			return nil
		}
	}
	return nil
}
