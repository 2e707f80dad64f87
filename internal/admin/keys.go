package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// Key is an access key beside a user's own name and secret: a service account.
type Key struct {
	AccessKey   string
	Parent      string // the user whose rights it has at most
	Enabled     bool
	Own         bool            // it has a policy of its own, which narrows the parent's rights
	Policy      json.RawMessage // in force; only in Client.Key
	Name        string
	Description string
	Expires     time.Time // zero: never
}

type keyAnswer struct {
	AccessKey   string          `json:"accessKey"`
	Parent      string          `json:"parentUser"`
	Status      string          `json:"accountStatus"`
	Implied     bool            `json:"impliedPolicy"`
	Policy      json.RawMessage `json:"policy"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Expiration  lenient         `json:"expiration"`
}

func (a keyAnswer) key() Key {
	k := Key{
		AccessKey: a.AccessKey, Parent: a.Parent, Enabled: a.Status == "on" || a.Status == statusEnabled, Own: !a.Implied,
		Policy: unquote(a.Policy), Name: a.Name, Description: a.Description, Expires: a.Expiration.Time,
	}
	if k.Expires.Unix() == 0 || k.Expires.Year() >= never().Year() {
		k.Expires = time.Time{}
	}
	return k
}

// never is how RustFS' console writes an expiration that does not come; up to
// alpha.86 there must be one.
func never() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

// KeysOf asks GET list-service-accounts, admin:ListServiceAccounts for others'
// keys; parent "" is whoever asks. An unknown parent has no keys.
func (c *Client) KeysOf(ctx context.Context, parent string) ([]Key, error) {
	var query url.Values
	op := "access keys"
	if parent != "" {
		query, op = url.Values{"user": {parent}}, "access keys of "+parent
	}
	var a struct {
		Accounts []keyAnswer `json:"accounts"`
	}
	if err := c.get(ctx, op, "list-service-accounts", query, &a); err != nil {
		return nil, err
	}
	out := make([]Key, 0, len(a.Accounts))
	for _, k := range a.Accounts {
		out = append(out, k.key())
	}
	slices.SortFunc(out, func(a, b Key) int { return cmp.Compare(a.AccessKey, b.AccessKey) })
	return out, nil
}

// Keys are those of all parents, root's too, sorted by parent and name. The
// bulk route leaves out half of what is known of a key, so it only says which
// parents have keys, and each is asked; where it is missing, all users are.
func (c *Client) Keys(ctx context.Context) ([]Key, error) {
	parents, err := c.keyParents(ctx)
	if IsMissingRoute(err) {
		var users []User
		users, err = c.Users(ctx)
		parents = []string{""}
		for _, u := range users {
			parents = append(parents, u.Name)
		}
	}
	if err != nil {
		return nil, err
	}
	var out []Key
	for _, p := range parents {
		keys, err := c.KeysOf(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			if !slices.ContainsFunc(out, func(o Key) bool { return o.AccessKey == k.AccessKey }) {
				out = append(out, k)
			}
		}
	}
	slices.SortFunc(out, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.AccessKey, b.AccessKey))
	})
	return out, nil
}

// keyParents asks GET list-access-keys-bulk, admin:ListServiceAccounts and
// admin:ListUsers, who has keys.
func (c *Client) keyParents(ctx context.Context) ([]string, error) {
	var a map[string]struct {
		Keys []json.RawMessage `json:"serviceAccounts"`
	}
	query := url.Values{"all": {"true"}, "listType": {"svcacc-only"}}
	if err := c.get(ctx, "access keys of all users", "list-access-keys-bulk", query, &a); err != nil {
		return nil, err
	}
	var out []string
	for parent, e := range a {
		if len(e.Keys) > 0 {
			out = append(out, parent)
		}
	}
	slices.Sort(out)
	return out, nil
}

// Key asks GET info-service-account, admin:ListServiceAccounts or ownership.
// The name of a user is not found.
func (c *Client) Key(ctx context.Context, accessKey string) (Key, error) {
	var a keyAnswer
	if err := c.get(ctx, "access key "+accessKey, "info-service-account", url.Values{"accessKey": {accessKey}}, &a); err != nil {
		return Key{}, err
	}
	a.AccessKey = accessKey
	return a.key(), nil
}

// NewKey is an access key to be created.
type NewKey struct {
	AccessKey   string
	SecretKey   secret.Value
	Parent      string
	Policy      []byte // nil: the parent's rights
	Name        string
	Description string
	Expires     time.Time // zero: never
}

// keyRequest is the body of add-service-accounts, in the form that every
// version reads: the policy is text.
type keyRequest struct {
	AccessKey   string  `json:"accessKey"`
	SecretKey   string  `json:"secretKey"`
	Parent      string  `json:"targetUser"`
	Policy      *string `json:"policy,omitempty"`
	Name        string  `json:"name,omitempty"`
	Description string  `json:"description,omitempty"`
	Expiration  string  `json:"expiration,omitempty"`
}

const expirationForm = "2006-01-02T15:04:05.000Z"

// AddKey asks PUT add-service-accounts, admin:CreateServiceAccount. Up to
// alpha.86 a key needs a name and an expiration; it gets them there.
func (c *Client) AddKey(ctx context.Context, k NewKey) error {
	body := keyRequest{AccessKey: k.AccessKey, SecretKey: k.SecretKey.Reveal(), Parent: k.Parent, Name: k.Name, Description: k.Description}
	if k.Policy != nil {
		text := string(k.Policy)
		body.Policy = &text
	}
	if !k.Expires.IsZero() {
		body.Expiration = k.Expires.UTC().Format(expirationForm)
	}
	op := "create access key for " + k.Parent
	err := c.put(ctx, op, http.MethodPut, "add-service-accounts", nil, body)
	if !says(err, "missing field", "invalid expiration") {
		return err
	}
	body.Name = cmp.Or(body.Name, nameFor(k.AccessKey))
	body.Expiration = cmp.Or(body.Expiration, never().Format(expirationForm))
	return c.put(ctx, op, http.MethodPut, "add-service-accounts", nil, body)
}

// maxKeyName is how long the name of an access key may be, in bytes.
const maxKeyName = 32

// nameFor is a name for a key that must have one: letters, digits, - and _,
// with a letter in front, as servers want it that have a rule for it.
// (crates/madmin/src/user.rs, validate_service_account_name)
func nameFor(accessKey string) string {
	letter := func(c rune) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
	name := strings.Map(func(c rune) rune {
		if letter(c) || '0' <= c && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return -1
	}, accessKey)
	if name == "" || !letter(rune(name[0])) {
		name = "key-" + name
	}
	return name[:min(len(name), maxKeyName)]
}

// SetKeyStatus asks POST update-service-account, admin:UpdateServiceAccount;
// from alpha.99 to rc.1 only the parent itself may.
func (c *Client) SetKeyStatus(ctx context.Context, accessKey string, enabled bool) error {
	body := struct {
		Status     string  `json:"newStatus"`
		Expiration *string `json:"newExpiration"` // must be there up to alpha.86; null leaves it
	}{Status: "off"}
	if enabled {
		body.Status = "on"
	}
	op := fmt.Sprintf("switch access key %s %s", accessKey, body.Status)
	err := c.put(ctx, op, http.MethodPost, "update-service-account", url.Values{"accessKey": {accessKey}}, body)
	var e *Error
	if IsDenied(err) && errors.As(err, &e) {
		e.hint = "the key in use has no right to it; from alpha.99 to rc.1 only the user whose key it is may do it, not even root: " +
			"use that user's key with --access-key, or delete the key and make another"
	}
	return err
}

// KeyChange is what becomes different of an access key; nil stays as it is.
type KeyChange struct {
	SecretKey   *secret.Value
	Enabled     *bool
	Name        *string
	Description *string
	Expires     *time.Time // zero: never
	Policy      []byte     // a document; "{}" gives the key its user's rights
}

// InheritPolicy is the KeyChange.Policy that takes a key's own policy away; up
// to alpha.86 the server ignores it.
func InheritPolicy() []byte { return []byte("{}") }

// UpdateKey asks POST update-service-account, admin:UpdateServiceAccount; from
// alpha.99 to rc.1 only the parent itself may. Up to alpha.86 a later
// expiration is stored, and the key ends all the same when it was to end. A
// key whose time has passed cannot be changed any more.
func (c *Client) UpdateKey(ctx context.Context, accessKey string, k KeyChange) error {
	body := struct {
		Secret      *string `json:"newSecretKey,omitempty"`
		Status      *string `json:"newStatus,omitempty"`
		Name        *string `json:"newName,omitempty"`
		Description *string `json:"newDescription,omitempty"`
		Policy      *string `json:"newPolicy,omitempty"` // as text, which all versions read
		Expiration  *string `json:"newExpiration"`       // must be there up to alpha.86; null leaves it
	}{Name: k.Name, Description: k.Description}
	text := func(s string) *string { return &s }
	if k.SecretKey != nil {
		body.Secret = text(k.SecretKey.Reveal())
	}
	if k.Enabled != nil {
		body.Status = text("off")
		if *k.Enabled {
			body.Status = text("on")
		}
	}
	if k.Policy != nil {
		body.Policy = text(string(k.Policy))
	}
	if k.Expires != nil {
		at := *k.Expires
		if at.IsZero() {
			at = never()
		}
		body.Expiration = text(at.UTC().Format(expirationForm))
	}
	return c.put(ctx, "change access key "+accessKey, http.MethodPost, "update-service-account", url.Values{"accessKey": {accessKey}}, body)
}

// RemoveKey asks DELETE delete-service-accounts, admin:RemoveServiceAccount or
// ownership. The server answers 200 for the name of a user and does nothing.
func (c *Client) RemoveKey(ctx context.Context, accessKey string) error {
	return c.put(ctx, "delete access key "+accessKey, http.MethodDelete, "delete-service-accounts", url.Values{"accessKey": {accessKey}}, nil)
}
