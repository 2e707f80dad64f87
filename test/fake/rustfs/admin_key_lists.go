package rustfs

import "slices"

// keyEntry is a key in a list; the bulk list blanks the first three members.
type keyEntry struct {
	ParentUser    string  `json:"parentUser"`
	AccountStatus string  `json:"accountStatus"`
	ImpliedPolicy bool    `json:"impliedPolicy"`
	AccessKey     string  `json:"accessKey"`
	Name          string  `json:"name,omitempty"`
	Description   string  `json:"description,omitempty"`
	Expiration    *string `json:"expiration"`
}

// keysOf lists the keys of a user, service accounts or STS keys, by name.
func (st *iamState) keysOf(user string, sts bool) []keyEntry {
	list := []keyEntry{}
	for name, k := range st.Keys {
		if k.Parent != user || (k.Token != "") != sts {
			continue
		}
		list = append(list, keyEntry{
			ParentUser: k.Parent, AccountStatus: k.Status, ImpliedPolicy: k.Policy == nil,
			AccessKey: name, Name: k.Name, Description: k.Description, Expiration: keyTime(k.Expiration),
		})
	}
	slices.SortFunc(list, func(a, b keyEntry) int {
		if a.AccessKey < b.AccessKey {
			return -1
		}
		return 1
	})
	return list
}

// listKeys is GET list-service-accounts[?user=]; own keys are free, those of
// others need admin:ListServiceAccounts. Unknown users have an empty list.
func (c *call) listKeys(string) *apiError {
	user := c.query.Get("user")
	if user == "" {
		user = c.who.account
	}
	if user != c.who.account && !c.adminAllowed("admin:ListServiceAccounts") {
		return keyDenied()
	}
	var list []keyEntry
	_ = c.s.iam.view(func(st *iamState) *apiError {
		list = st.keysOf(user, false)
		return nil
	})
	return c.ok(struct {
		Accounts []keyEntry `json:"accounts"`
	}{list})
}

// bulkEntry is one user of list-access-keys-bulk.
type bulkEntry struct {
	ServiceAccounts []keyEntry `json:"serviceAccounts"`
	STSKeys         []keyEntry `json:"stsKeys"`
}

// listKeysBulk is GET list-access-keys-bulk[?all=true|users=…&listType=…].
// Without a selection it lists the caller's keys.
func (c *call) listKeysBulk(string) *apiError {
	users := c.query["users"]
	all := c.query.Get("all") == "true"
	listType := c.query.Get("listType")
	switch {
	case all && len(users) > 0:
		return fail("InvalidRequest", "either specify users or all, not both")
	case !slices.Contains([]string{"", "all", "users-only", "sts-only", "svcacc-only"}, listType):
		return fail("InvalidRequest", "invalid list type")
	case all && (!c.adminAllowed("admin:ListServiceAccounts") || !c.adminAllowed("admin:ListUsers")):
		return keyDenied()
	}
	if len(users) == 0 && !all {
		users = []string{c.who.account}
	}
	for _, u := range users {
		if u != c.who.account && !c.adminAllowed("admin:ListServiceAccounts") {
			return keyDenied()
		}
	}
	out := map[string]bulkEntry{}
	_ = c.s.iam.view(func(st *iamState) *apiError {
		if all {
			users = []string{c.s.iam.root}
			for n := range st.Users {
				users = append(users, n)
			}
		}
		for _, u := range users {
			e := bulkEntry{ServiceAccounts: []keyEntry{}, STSKeys: []keyEntry{}}
			if listType != "users-only" && listType != "sts-only" {
				e.ServiceAccounts = blank(st.keysOf(u, false))
			}
			if listType != "users-only" && listType != "svcacc-only" {
				e.STSKeys = blank(st.keysOf(u, true))
			}
			empty := len(e.ServiceAccounts)+len(e.STSKeys) == 0
			if empty && (listType == "sts-only" || listType == "svcacc-only") {
				continue
			}
			out[u] = e
		}
		return nil
	})
	return c.ok(out)
}

func blank(list []keyEntry) []keyEntry {
	for i := range list {
		list[i].ParentUser, list[i].AccountStatus, list[i].ImpliedPolicy = "", "", false
	}
	return list
}

// revokeTokens is POST revoke-tokens/builtin?user=&tokenRevokeType=&fullRevoke=.
// A type matches no key, because keys do not keep it; without one, or with
// fullRevoke, all STS keys of the user go. (admin/handlers/idp_compat.rs)
func (c *call) revokeTokens(string) *apiError {
	if err := c.need("admin:RemoveServiceAccount"); err != nil {
		return err
	}
	user := c.query.Get("user")
	if user == "" {
		user = c.who.account
	}
	if user != c.who.account {
		if err := c.need("admin:ListUsers"); err != nil {
			return err
		}
	}
	revoked := 0
	if full := c.query.Get("fullRevoke"); full == "true" || full == "1" || c.query.Get("tokenRevokeType") == "" {
		err := c.s.iam.change(func(st *iamState) *apiError {
			for name, k := range st.Keys {
				if k.Parent == user && k.Token != "" {
					delete(st.Keys, name)
					revoked++
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return c.ok(struct {
		Revoked      int    `json:"revoked"`
		UserProvider string `json:"userProvider"`
		User         string `json:"user"`
	}{revoked, "builtin", user})
}
