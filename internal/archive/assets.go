package archive

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// folder is where RustFS and MinIO put the files of an IAM export.
const folder = "iam-assets/"

// Assets are the users, groups, policies and keys of a server, with their
// secrets: what GET export-iam answers.
type Assets struct {
	Policies      map[string]json.RawMessage
	Users         map[string]User
	Groups        map[string]Group
	Keys          map[string]Key
	UserPolicies  map[string]Mapping
	GroupPolicies map[string]Mapping
	STSPolicies   map[string]Mapping // of people from LDAP and OpenID
}

// User is a user with its secret.
type User struct {
	Secret  secret.Value
	Enabled bool
}

// Group is a group.
type Group struct {
	Enabled bool
	Members []string
	Updated time.Time
}

// Key is an access key with its secret.
type Key struct {
	Parent      string
	Secret      secret.Value
	Groups      []string
	Claims      json.RawMessage
	Policy      json.RawMessage // nil: the parent's rights
	Enabled     bool
	Name        string
	Description string
	Expires     time.Time // zero: never
}

// Mapping is what is attached to somebody.
type Mapping struct {
	Policies []string
	Updated  time.Time
}

// The shapes of the files.
type (
	userFile struct {
		Secret string `json:"secretKey"`
		Status string `json:"status"`
	}
	groupFile struct {
		Version int       `json:"version"`
		Status  string    `json:"status"`
		Members []string  `json:"members"`
		Updated time.Time `json:"updatedAt"`
	}
	keyFile struct {
		Parent      string          `json:"parent"`
		AccessKey   string          `json:"accessKey"`
		Secret      string          `json:"secretKey"`
		Groups      []string        `json:"groups"`
		Claims      json.RawMessage `json:"claims"`
		Policy      json.RawMessage `json:"sessionPolicy"`
		Status      string          `json:"status"`
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Expires     *time.Time      `json:"expiration,omitempty"`
	}
	mappingFile struct {
		Version int       `json:"version"`
		Policy  string    `json:"policy"`
		Updated time.Time `json:"updatedAt"`
	}
)

// IsIAM reports whether files are an IAM export.
func IsIAM(files map[string][]byte) bool {
	for name := range files {
		if strings.HasPrefix(name, folder) {
			return true
		}
	}
	return false
}

// ParseAssets reads the files of an IAM export of RustFS or MinIO. A missing
// file is an empty one. Errors quote nothing of what is inside.
func ParseAssets(files map[string][]byte) (Assets, error) {
	var (
		a                        Assets
		users                    map[string]userFile
		groups                   map[string]groupFile
		keys                     map[string]keyFile
		ofUsers, ofGroups, ofSTS map[string]mappingFile
	)
	for name, into := range map[string]any{
		"policies": &a.Policies, "users": &users, "groups": &groups, "svcaccts": &keys,
		"user_mappings": &ofUsers, "group_mappings": &ofGroups, "stsuser_mappings": &ofSTS,
	} {
		b, ok := files[folder+name+".json"]
		if !ok || len(b) == 0 {
			continue
		}
		if json.Unmarshal(b, into) != nil {
			return a, bad("%s%s.json is not what servers export", folder, name)
		}
	}
	a.Users, a.Groups, a.Keys = map[string]User{}, map[string]Group{}, map[string]Key{}
	for n, u := range users {
		a.Users[n] = User{secret.New(u.Secret), on(u.Status)}
	}
	for n, g := range groups {
		a.Groups[n] = Group{on(g.Status), clean(g.Members), g.Updated}
	}
	for n, k := range keys {
		if k.AccessKey != "" && k.AccessKey != n {
			return a, bad("access key %q is called %q inside", n, k.AccessKey)
		}
		a.Keys[n] = k.key()
	}
	a.UserPolicies, a.GroupPolicies, a.STSPolicies = mappings(ofUsers), mappings(ofGroups), mappings(ofSTS)
	return a, nil
}

// on reads the words for a state: those of users, and those of keys.
func on(status string) bool {
	return !strings.EqualFold(status, "off") && !strings.EqualFold(status, "disabled")
}

func clean(names []string) []string {
	out := slices.Clone(names)
	slices.Sort(out)
	return slices.Compact(out)
}

func (k keyFile) key() Key {
	out := Key{
		Parent: k.Parent, Secret: secret.New(k.Secret), Groups: k.Groups, Claims: k.Claims, Enabled: on(k.Status),
		Name: k.Name, Description: k.Description,
	}
	if p := strings.TrimSpace(string(k.Policy)); p != "" && p != "null" && p != "{}" {
		out.Policy = k.Policy
	}
	if k.Expires != nil && k.Expires.Unix() > 0 { // MinIO writes the epoch for never
		out.Expires = k.Expires.UTC()
	}
	return out
}

func mappings(files map[string]mappingFile) map[string]Mapping {
	out := map[string]Mapping{}
	for n, m := range files {
		var names []string
		for _, p := range strings.Split(m.Policy, ",") {
			if p = strings.TrimSpace(p); p != "" {
				names = append(names, p)
			}
		}
		if len(names) > 0 {
			out[n] = Mapping{clean(names), m.Updated}
		}
	}
	return out
}

// Empty reports that there is nothing in it.
func (a Assets) Empty() bool {
	return len(a.Policies)+len(a.Users)+len(a.Groups)+len(a.Keys)+len(a.UserPolicies)+len(a.GroupPolicies)+len(a.STSPolicies) == 0
}

// Zip is the archive that PUT import-iam takes. It holds secrets.
func (a Assets) Zip() ([]byte, error) {
	users, groups, keys := map[string]userFile{}, map[string]groupFile{}, map[string]keyFile{}
	for n, u := range a.Users {
		users[n] = userFile{u.Secret.Reveal(), word(u.Enabled, "enabled", "disabled")}
	}
	for n, g := range a.Groups {
		groups[n] = groupFile{1, word(g.Enabled, "enabled", "disabled"), append([]string{}, g.Members...), g.Updated}
	}
	for n, k := range a.Keys {
		keys[n] = k.file(n)
	}
	policies := a.Policies
	if policies == nil {
		policies = map[string]json.RawMessage{}
	}
	files := map[string][]byte{}
	for name, v := range map[string]any{
		"policies": policies, "users": users, "groups": groups, "svcaccts": keys, "user_mappings": mappingFiles(a.UserPolicies),
		"group_mappings": mappingFiles(a.GroupPolicies), "stsuser_mappings": mappingFiles(a.STSPolicies),
	} {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("%s%s.json: %w", folder, name, err)
		}
		files[folder+name+".json"] = b
	}
	return writeZip(files)
}

func word(v bool, yes, no string) string {
	if v {
		return yes
	}
	return no
}

func (k Key) file(name string) keyFile {
	f := keyFile{
		Parent: k.Parent, AccessKey: name, Secret: k.Secret.Reveal(), Groups: append([]string{}, k.Groups...), Claims: k.Claims,
		Policy: k.Policy, Status: word(k.Enabled, "on", "off"), Name: k.Name, Description: k.Description,
	}
	if len(f.Claims) == 0 || string(f.Claims) == "null" {
		f.Claims = json.RawMessage("{}")
	}
	if f.Policy == nil {
		f.Policy = json.RawMessage("null")
	}
	if !k.Expires.IsZero() {
		at := k.Expires
		f.Expires = &at
	}
	return f
}

func mappingFiles(all map[string]Mapping) map[string]mappingFile {
	out := map[string]mappingFile{}
	for n, m := range all {
		out[n] = mappingFile{1, strings.Join(m.Policies, ","), m.Updated}
	}
	return out
}

// Clone copies the lists of names, so that they can be changed.
func (a Assets) clone() Assets {
	return Assets{
		Policies: maps.Clone(a.Policies), Users: maps.Clone(a.Users), Groups: maps.Clone(a.Groups), Keys: maps.Clone(a.Keys),
		UserPolicies: maps.Clone(a.UserPolicies), GroupPolicies: maps.Clone(a.GroupPolicies), STSPolicies: maps.Clone(a.STSPolicies),
	}
}
