package admin

import (
	"context"
	"encoding/json"
	"net/url"
)

// Identity is who a request comes from, as the server sees it.
type Identity struct {
	AccessKey string
	Account   string // the user whose rights count; the key itself, or its parent
	Type      string // "root", "iam", "service-account", "sts"; empty: the version does not say
	Admin     bool
	Groups    []string
	Policies  []string
	Policy    json.RawMessage // all of the account's policies in one document
}

// IsAdmin asks GET is-admin, which any valid key may: whether the key in use is
// an administrator's.
func (c *Client) IsAdmin(ctx context.Context) (bool, error) {
	var is struct {
		Admin bool `json:"is_admin"`
	}
	err := c.get(ctx, "own identity", "is-admin", nil, &is)
	return is.Admin, err
}

// WhoAmI asks GET is-admin and accountinfo, which any valid key may, and GET
// account/info where the version has it.
func (c *Client) WhoAmI(ctx context.Context) (Identity, error) {
	var is struct {
		Admin     bool   `json:"is_admin"`
		AccessKey string `json:"access_key"`
	}
	if err := c.get(ctx, "own identity", "is-admin", nil, &is); err != nil {
		return Identity{}, err
	}
	i := Identity{AccessKey: is.AccessKey, Admin: is.Admin}
	if i.AccessKey == "" {
		i.AccessKey = c.o.AccessKey
	}
	var account struct {
		Name   string          `json:"account_name"`
		Policy json.RawMessage `json:"policy"`
	}
	err := c.get(ctx, "own account", "accountinfo", nil, &account)
	if err != nil && !IsMissingRoute(err) && !IsDenied(err) {
		return Identity{}, err
	}
	i.Account, i.Policy = account.Name, unquote(account.Policy)
	err = c.ownAccount(ctx, &i)
	return i, err
}

// ownAccount adds what GET account/info knows, or what older versions tell of
// a user.
func (c *Client) ownAccount(ctx context.Context, i *Identity) error {
	var own struct {
		Type     string   `json:"identity_type"`
		Account  string   `json:"access_key"`
		Groups   []string `json:"member_of"`
		Policies []string `json:"policies"`
	}
	err := c.get(ctx, "own account", "account/info", nil, &own)
	if err == nil {
		i.Type, i.Groups, i.Policies = own.Type, own.Groups, own.Policies
		if own.Account != "" {
			i.Account = own.Account
		}
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	var u userAnswer
	name := i.Account
	if name == "" {
		name = i.AccessKey
	}
	if err := c.get(ctx, "own account", "user-info", url.Values{"accessKey": {name}}, &u); err == nil {
		i.Groups, i.Policies = u.Groups, splitNames(u.Policies)
	}
	return ctx.Err()
}
