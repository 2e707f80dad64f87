package rustfs

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// iamAssets is the directory inside the IAM archive.
const iamAssets = "iam-assets/"

// The shapes of the files of the archive. It holds secrets in plain text.
type (
	zipUser struct {
		SecretKey string `json:"secretKey"`
		Status    string `json:"status"`
	}
	zipGroup struct {
		Version   int       `json:"version"`
		Status    string    `json:"status"`
		Members   []string  `json:"members"`
		UpdatedAt time.Time `json:"updatedAt"`
	}
	zipMapping struct {
		Version   int       `json:"version"`
		Policy    string    `json:"policy"`
		UpdatedAt time.Time `json:"updatedAt"`
	}
	zipKey struct {
		Parent        string         `json:"parent"`
		AccessKey     string         `json:"accessKey"`
		SecretKey     string         `json:"secretKey"`
		Groups        []string       `json:"groups"`
		Claims        map[string]any `json:"claims"`
		SessionPolicy *policyDoc     `json:"sessionPolicy"`
		Status        string         `json:"status"`
		Name          string         `json:"name"`
		Description   string         `json:"description"`
		Expiration    *time.Time     `json:"expiration,omitempty"`
	}
)

// exportIAM is GET export-iam; admin:ExportIAM.
func (c *call) exportIAM(string) *apiError {
	if err := c.need("admin:ExportIAM"); err != nil {
		return err
	}
	files := map[string]any{}
	_ = c.s.iam.view(func(st *iamState) *apiError {
		files = c.s.iam.assets(st)
		return nil
	})
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, name := range []string{"policies", "users", "groups", "svcaccts", "user_mappings", "group_mappings", "stsuser_mappings"} {
		data, err := marshal(files[name])
		if err != nil {
			return fail("InternalError", err.Error())
		}
		w, err := z.Create(iamAssets + name + ".json")
		if err != nil {
			return fail("InternalError", err.Error())
		}
		if _, err := w.Write(data); err != nil {
			return fail("InternalError", err.Error())
		}
	}
	if err := z.Close(); err != nil {
		return fail("InternalError", err.Error())
	}
	c.w.Header().Set("Content-Type", "application/zip")
	c.w.Header().Set("Content-Disposition", "attachment; filename=iam-assets.zip")
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(buf.Bytes())
	return nil
}

// assets collects the files of the archive; the lock must be held.
func (i *iam) assets(st *iamState) map[string]any {
	policies, users, groups := map[string]policyDoc{}, map[string]zipUser{}, map[string]zipGroup{}
	keys, userMaps, groupMaps := map[string]zipKey{}, map[string]zipMapping{}, map[string]zipMapping{}
	for _, n := range i.policyNames(st) {
		policies[n], _ = i.policy(st, n)
	}
	for n, u := range st.Users {
		users[n] = zipUser{u.Secret, u.Status}
	}
	for n, g := range st.Groups {
		groups[n] = zipGroup{1, g.Status, append([]string{}, g.Members...), g.Updated.UTC()}
	}
	for n, k := range st.Keys {
		if k.Token != "" {
			continue
		}
		source := "inherited-policy"
		if k.Policy != nil {
			source = "embedded-policy"
		}
		keys[n] = zipKey{
			Parent: k.Parent, AccessKey: n, SecretKey: k.Secret, Groups: []string{},
			Claims: map[string]any{"parent": k.Parent, "sa-policy": source}, SessionPolicy: k.Policy,
			Status: k.Status, Name: k.Name, Description: k.Description, Expiration: k.Expiration,
		}
	}
	for n, m := range st.UserMaps {
		userMaps[n] = zipMapping{1, strings.Join(m.Policies, ","), m.Updated.UTC()}
	}
	for n, m := range st.GroupMaps {
		groupMaps[n] = zipMapping{1, strings.Join(m.Policies, ","), m.Updated.UTC()}
	}
	return map[string]any{
		"policies": policies, "users": users, "groups": groups, "svcaccts": keys,
		"user_mappings": userMaps, "group_mappings": groupMaps, "stsuser_mappings": map[string]zipMapping{},
	}
}

// importResult is one section of the import answer.
type importResult struct {
	Policies        []string              `json:"policies"`
	Users           []string              `json:"users"`
	Groups          []string              `json:"groups"`
	ServiceAccounts []string              `json:"serviceAccounts"`
	UserPolicies    []map[string][]string `json:"userPolicies"`
	GroupPolicies   []map[string][]string `json:"groupPolicies"`
	STSPolicies     []map[string][]string `json:"stsPolicies"`
}

// importFailure is one entry that was not taken; the import goes on.
type importFailure struct {
	Name  string `json:"name"`
	Error string `json:"error"`
}

// importFailures is the section of the import answer for them.
type importFailures struct {
	Policies        []importFailure       `json:"policies"`
	Users           []importFailure       `json:"users"`
	Groups          []importFailure       `json:"groups"`
	ServiceAccounts []importFailure       `json:"serviceAccounts"`
	UserPolicies    []importFailure       `json:"userPolicies"`
	GroupPolicies   []importFailure       `json:"groupPolicies"`
	STSPolicies     []map[string][]string `json:"stsPolicies"`
}

func newImportFailures() importFailures {
	none := []importFailure{}
	return importFailures{none, none, none, none, none, none, []map[string][]string{}}
}

func newImportResult() importResult {
	return importResult{
		[]string{},
		[]string{},
		[]string{},
		[]string{},
		[]map[string][]string{},
		[]map[string][]string{},
		[]map[string][]string{},
	}
}

// importIAM is PUT import-iam and import-iam-v2; admin:ImportIAM. Existing
// entries are overwritten; a bad policy refuses the whole archive.
func (c *call) importIAM(string) *apiError {
	if err := c.need("admin:ImportIAM"); err != nil {
		return err
	}
	data, err := c.readBody(importLimit)
	if err != nil {
		return err
	}
	z, zerr := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if zerr != nil {
		return fail("InternalError", "invalid Zip archive: Could not find EOCD")
	}
	added, failed := newImportResult(), newImportFailures()
	err = c.s.iam.change(func(st *iamState) *apiError { return c.importFiles(st, z, &added, &failed) })
	if err != nil {
		return err
	}
	for _, list := range [][]string{added.Policies, added.Users, added.Groups, added.ServiceAccounts} {
		slices.Sort(list)
	}
	return c.ok(struct {
		Skipped importResult   `json:"skipped"`
		Removed importResult   `json:"removed"`
		Added   importResult   `json:"added"`
		Failed  importFailures `json:"failed"`
	}{newImportResult(), newImportResult(), added, failed})
}

// importFile decodes one file of the archive; a missing file is empty.
func importFile(z *zip.Reader, name string, into any) *apiError {
	f, err := z.Open(iamAssets + name + ".json")
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, importLimit))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return fail("InternalError", err.Error())
	}
	return nil
}

func (c *call) importFiles(st *iamState, z *zip.Reader, added *importResult, failed *importFailures) *apiError {
	var policies map[string]json.RawMessage
	var users map[string]zipUser
	var groups map[string]zipGroup
	var keys map[string]zipKey
	var userMaps, groupMaps map[string]zipMapping
	for name, into := range map[string]any{
		"policies": &policies, "users": &users, "groups": &groups, "svcaccts": &keys,
		"user_mappings": &userMaps, "group_mappings": &groupMaps,
	} {
		if err := importFile(z, name, into); err != nil {
			return err
		}
	}
	docs := map[string]policyDoc{}
	for n, raw := range policies {
		doc, serr := parsePolicy(raw)
		if serr != nil {
			return fail("InternalError", serr.Error())
		}
		docs[n] = doc
	}
	now := c.now()
	for n, doc := range docs {
		added.Policies = append(added.Policies, n)
		st.Policies[n] = &iamPolicy{Document: doc, Created: now, Updated: now}
	}
	for n, u := range users {
		_, isKey := st.Keys[n]
		switch {
		case n == c.s.iam.root || isKey:
			return fail("InvalidArgument", "can't create user with system access key")
		case len(n) < minKey:
			failed.Users = append(failed.Users, importFailure{n, "invalid access key length"})
		case len(u.SecretKey) < minSecret:
			failed.Users = append(failed.Users, importFailure{n, "invalid secret key length"})
		default:
			added.Users = append(added.Users, n)
			st.Users[n] = &iamUser{Secret: u.SecretKey, Status: u.Status, Updated: now}
		}
	}
	for n, g := range groups {
		c.importGroup(st, n, g, added, failed)
	}
	for n, k := range keys {
		c.importKey(st, n, k, added, failed)
	}
	for n, m := range userMaps {
		list := splitNames(m.Policy)
		if _, ok := st.Users[n]; !ok {
			failed.UserPolicies = append(failed.UserPolicies, importFailure{n, "user '" + n + "' does not exist"})
			continue
		}
		added.UserPolicies = append(added.UserPolicies, map[string][]string{n: list})
		st.setMapping(n, false, list, now)
	}
	for n, m := range groupMaps {
		list := splitNames(m.Policy)
		if _, ok := st.Groups[n]; !ok {
			failed.GroupPolicies = append(failed.GroupPolicies, importFailure{n, "group '" + n + "' does not exist"})
			continue
		}
		added.GroupPolicies = append(added.GroupPolicies, map[string][]string{n: list})
		st.setMapping(n, true, list, now)
	}
	return nil
}

// importGroup adds members to a group, and switches it off where the archive
// says so; it never switches one on.
func (c *call) importGroup(st *iamState, name string, g zipGroup, added *importResult, failed *importFailures) {
	for _, m := range g.Members {
		if _, ok := st.Users[m]; !ok {
			failed.Groups = append(failed.Groups, importFailure{name, "user '" + m + "' does not exist"})
			return
		}
	}
	if err := st.addMembers(name, g.Members, c); err != nil {
		failed.Groups = append(failed.Groups, importFailure{name, err.Message})
		return
	}
	if strings.EqualFold(g.Status, disabled) {
		st.Groups[name].Status = disabled
	}
	added.Groups = append(added.Groups, name)
}

// importKey replaces a key.
func (c *call) importKey(st *iamState, name string, k zipKey, added *importResult, failed *importFailures) {
	_, hasParent := st.Users[k.Parent]
	_, isUser := st.Users[name]
	switch {
	case k.AccessKey != name:
		failed.ServiceAccounts = append(failed.ServiceAccounts, importFailure{name, "service account access key mismatch"})
		return
	case !hasParent && k.Parent != c.s.iam.root:
		failed.ServiceAccounts = append(failed.ServiceAccounts, importFailure{name, "user '" + k.Parent + "' does not exist"})
		return
	case isUser:
		failed.ServiceAccounts = append(failed.ServiceAccounts, importFailure{name, "access key is already in use"})
		return
	}
	status := keyOn
	if strings.EqualFold(k.Status, keyOff) || strings.EqualFold(k.Status, disabled) {
		status = keyOff
	}
	added.ServiceAccounts = append(added.ServiceAccounts, name)
	st.Keys[name] = &iamKey{
		Secret: k.SecretKey, Parent: k.Parent, Status: status, Policy: k.SessionPolicy,
		Name: k.Name, Description: k.Description, Expiration: k.Expiration,
	}
}
