package rustfs

import (
	"net/http"
	"slices"
)

// mfaBlocked is why the stand-in, like a server without
// RUSTFS_IAM_MASTER_KEY, has no second factor.
const mfaBlocked = "two-factor authentication requires RUSTFS_IAM_MASTER_KEY to be configured so the shared secret can be encrypted at rest"

// isAdmin is GET is-admin: any valid credential, never 403.
func (c *call) isAdmin(string) *apiError {
	out := struct {
		IsAdmin   bool   `json:"is_admin"`
		AccessKey string `json:"access_key"`
		Message   string `json:"message"`
	}{c.adminAllowed("admin:*"), c.who.key, "User is not an administrator"}
	if out.IsAdmin {
		out.Message = "User is an administrator"
	}
	return c.ok(out)
}

// backendInfo is the PascalCase description of the erasure layout.
type backendInfo struct {
	BackendType        string         `json:"BackendType"`
	OnlineDisks        map[string]int `json:"OnlineDisks"`
	OfflineDisks       map[string]int `json:"OfflineDisks"`
	StandardSCData     []int          `json:"StandardSCData"`
	StandardSCParities []int          `json:"StandardSCParities"`
	StandardSCParity   int            `json:"StandardSCParity"`
	RRSCData           []int          `json:"RRSCData"`
	RRSCParities       []int          `json:"RRSCParities"`
	RRSCParity         int            `json:"RRSCParity"`
	TotalSets          []int          `json:"TotalSets"`
	DrivesPerSet       []int          `json:"DrivesPerSet"`
}

func singleDisk() backendInfo {
	return backendInfo{
		BackendType: "Erasure", OnlineDisks: map[string]int{}, OfflineDisks: map[string]int{},
		StandardSCData: []int{1}, StandardSCParities: []int{0}, RRSCData: []int{1}, RRSCParities: []int{0},
		TotalSets: []int{1}, DrivesPerSet: []int{1},
	}
}

type bucketDetails struct {
	Versioning          bool    `json:"versioning"`
	VersioningSuspended bool    `json:"versioning_suspended"`
	Locking             bool    `json:"locking"`
	Replication         bool    `json:"replication"`
	Quota               *uint64 `json:"quota"`
}

type bucketAccess struct {
	Read  bool `json:"read"`
	Write bool `json:"write"`
}

// accountBucket is a bucket of accountinfo; expiration is the creation time.
type accountBucket struct {
	Name       string            `json:"name"`
	Size       int64             `json:"size"`
	Objects    int64             `json:"objects"`
	Sizes      map[string]uint64 `json:"object_sizes_histogram"`
	Versions   map[string]uint64 `json:"object_versions_histogram"`
	Details    bucketDetails     `json:"details"`
	Prefixes   map[string]uint64 `json:"prefix_usage"`
	Expiration string            `json:"expiration"`
	Access     bucketAccess      `json:"access"`
}

// accountInfo is GET accountinfo: any valid credential, snake_case.
func (c *call) accountInfo(string) *apiError {
	docs := []policyDoc{c.s.iam.builtins["consoleAdmin"]}
	if c.who.account != c.s.iam.root {
		_ = c.s.iam.view(func(st *iamState) *apiError {
			docs = c.s.iam.policiesOf(st, c.who.account)
			return nil
		})
	}
	policy, merr := marshal(merge(docs))
	if merr != nil {
		return fail("InternalError", merr.Error())
	}
	out := struct {
		Account   string          `json:"account_name"`
		Server    backendInfo     `json:"server"`
		Policy    string          `json:"policy"`
		Buckets   []accountBucket `json:"buckets"`
		Converged bool            `json:"usage_snapshot_converged"`
	}{Account: c.who.account, Server: singleDisk(), Policy: string(policy), Buckets: []accountBucket{}, Converged: true}
	for _, info := range c.s.store.Buckets() {
		access := bucketAccess{
			Read:  c.permitted(question{action: "s3:ListBucket", bucket: info.Name}) || c.permitted(question{action: "s3:GetObject", bucket: info.Name, object: "x"}),
			Write: c.permitted(question{action: "s3:PutObject", bucket: info.Name, object: "x"}),
		}
		if !access.Read && !access.Write {
			continue
		}
		u, _ := c.s.store.Usage(info.Name, "")
		out.Buckets = append(out.Buckets, accountBucket{
			Name: info.Name, Size: u.Size, Objects: u.Objects, Sizes: map[string]uint64{}, Versions: map[string]uint64{},
			Details: bucketDetails{
				Versioning: info.Versioning == "Enabled", VersioningSuspended: info.Versioning == "Suspended",
				Locking: info.Lock, Quota: info.Quota,
			},
			Prefixes: map[string]uint64{}, Expiration: rfc3339(info.Created), Access: access,
		})
	}
	return c.ok(out)
}

// ownAccount is GET account/info: the caller's own identity.
func (c *call) ownAccount(string) *apiError {
	type mutable struct {
		Password bool `json:"password"`
		Username bool `json:"username"`
	}
	out := struct {
		AccessKey         string   `json:"access_key"`
		IdentityType      string   `json:"identity_type"`
		SessionAccessKey  string   `json:"session_access_key,omitempty"`
		IsAdmin           bool     `json:"is_admin"`
		Status            string   `json:"status"`
		MemberOf          []string `json:"member_of"`
		Policies          []string `json:"policies"`
		CredentialsSource string   `json:"credentials_source"`
		Mutable           mutable  `json:"mutable"`
		MFA               any      `json:"mfa"`
	}{
		AccessKey: c.who.account, IsAdmin: c.adminAllowed("admin:*"), Status: enabled,
		MemberOf: []string{}, Policies: []string{}, CredentialsSource: "iam",
		MFA: struct {
			Enabled   bool   `json:"enabled"`
			Pending   bool   `json:"pending"`
			Recovery  int    `json:"recovery_codes_remaining"`
			Available bool   `json:"enrollment_available"`
			Blocked   string `json:"enrollment_blocked_reason"`
		}{Blocked: mfaBlocked},
	}
	out.IdentityType = map[kind]string{rootUser: "root", iamUserKey: "iam", serviceAccount: "service-account", temporary: "sts"}[c.who.kind]
	if c.who.kind == temporary || c.who.kind == serviceAccount {
		out.SessionAccessKey = c.who.key
	}
	out.Mutable.Password = c.who.kind == iamUserKey
	if c.who.account == c.s.iam.root {
		out.CredentialsSource = "env"
		return c.ok(out)
	}
	_ = c.s.iam.view(func(st *iamState) *apiError {
		out.MemberOf = append(out.MemberOf, st.groupsOf(c.who.account)...)
		if m, ok := st.UserMaps[c.who.account]; ok {
			out.Policies = slices.Clone(m.Policies)
		}
		return nil
	})
	return c.ok(out)
}

// changePassword is POST account/password: the caller's own secret.
func (c *call) changePassword(string) *apiError {
	o, err := c.jsonBody()
	if err != nil {
		return err
	}
	current, serr := o.str("current_secret_key")
	if serr != nil {
		return invalidJSON(serr)
	}
	next, serr := o.str("new_secret_key")
	if serr != nil {
		return invalidJSON(serr)
	}
	if c.who.account == c.s.iam.root {
		return rootIsFixed()
	}
	err = c.s.iam.change(func(st *iamState) *apiError {
		u, ok := st.Users[c.who.key]
		switch {
		case !ok:
			return noSuchUser(c.who.key)
		case u.Secret != current:
			return fail("InvalidRequest", "the current secret key is incorrect")
		case len(next) < minSecret:
			return fail("InvalidArgument", "the new secret key is too short")
		}
		u.Secret, u.Updated = next, c.now()
		return nil
	})
	if err != nil {
		return err
	}
	return c.ok(map[string]int{"sessions_revoked": 0})
}

// ownMFA is GET account/mfa.
func (c *call) ownMFA(string) *apiError {
	return c.ok(struct {
		Enabled   bool   `json:"enabled"`
		Pending   bool   `json:"pending"`
		Algorithm string `json:"algorithm"`
		Digits    int    `json:"digits"`
		Period    int    `json:"period_seconds"`
		Recovery  int    `json:"recovery_codes_remaining"`
		Available bool   `json:"enrollment_available"`
		Blocked   string `json:"enrollment_blocked_reason"`
	}{Algorithm: "SHA1", Digits: 6, Period: 30, Blocked: mfaBlocked})
}

// challengeMFA is GET mfa/challenge.
func (c *call) challengeMFA(string) *apiError { return c.ok(map[string]bool{"required": false}) }

// userMFA is GET user/mfa?accessKey=; unknown users have none either.
func (c *call) userMFA(string) *apiError {
	name, err := c.keyParam()
	if err != nil {
		return err
	}
	if err := c.need("admin:GetUser"); err != nil {
		return err
	}
	return c.ok(struct {
		AccessKey string `json:"access_key"`
		Enabled   bool   `json:"enabled"`
		Recovery  int    `json:"recovery_codes_remaining"`
	}{AccessKey: name})
}

// resetMFA is DELETE user/mfa?accessKey=.
func (c *call) resetMFA(string) *apiError {
	if err := c.need("admin:CreateUser"); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusOK)
	return nil
}
