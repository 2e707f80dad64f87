package rustfs

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// iam is the identity state. It is one JSON file, readable by its owner only,
// replaced as a whole after every change.
type iam struct {
	path       string
	now        func() time.Time
	root       string
	rootSecret string
	builtins   map[string]policyDoc

	mu    sync.RWMutex
	state iamState
	// everMember holds the users that had a membership since the start: they
	// are listed with an empty memberOf instead of none.
	everMember map[string]bool
}

type iamState struct {
	Users     map[string]*iamUser    `json:"users"`
	Groups    map[string]*iamGroup   `json:"groups"`
	Policies  map[string]*iamPolicy  `json:"policies"`
	UserMaps  map[string]*iamMapping `json:"userMappings"`
	GroupMaps map[string]*iamMapping `json:"groupMappings"`
	Keys      map[string]*iamKey     `json:"keys"`
}

// Account states, for users and groups; keys say on and off.
const (
	enabled  = "enabled"
	disabled = "disabled"
	keyOn    = "on"
	keyOff   = "off"
)

type iamUser struct {
	Secret  string    `json:"secret"`
	Status  string    `json:"status"`
	Updated time.Time `json:"updated"`
}

type iamGroup struct {
	Members []string  `json:"members"`
	Status  string    `json:"status"`
	Updated time.Time `json:"updated"`
}

type iamPolicy struct {
	Document policyDoc `json:"document"`
	Created  time.Time `json:"created"`
	Updated  time.Time `json:"updated"`
}

type iamMapping struct {
	Policies []string  `json:"policies"`
	Updated  time.Time `json:"updated"`
}

// iamKey is a service account, or with Token a temporary (STS) credential.
type iamKey struct {
	Secret      string     `json:"secret"`
	Parent      string     `json:"parent"`
	Status      string     `json:"status"`
	Policy      *policyDoc `json:"policy,omitempty"`
	Name        string     `json:"name,omitempty"`
	Description string     `json:"description,omitempty"`
	Expiration  *time.Time `json:"expiration,omitempty"`
	Token       string     `json:"token,omitempty"`
}

func openIAM(path string, o Options) (*iam, error) {
	i := &iam{
		path: path, now: o.Now, root: o.AccessKey, rootSecret: o.SecretKey,
		builtins: map[string]policyDoc{}, everMember: map[string]bool{},
	}
	for name, text := range builtinPolicies {
		var doc policyDoc
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			return nil, err
		}
		i.builtins[name] = doc
	}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if err := json.Unmarshal(data, &i.state); err != nil {
			return nil, err
		}
	}
	i.state.init()
	return i, nil
}

func (st *iamState) init() {
	if st.Users == nil {
		st.Users = map[string]*iamUser{}
	}
	if st.Groups == nil {
		st.Groups = map[string]*iamGroup{}
	}
	if st.Policies == nil {
		st.Policies = map[string]*iamPolicy{}
	}
	if st.UserMaps == nil {
		st.UserMaps = map[string]*iamMapping{}
	}
	if st.GroupMaps == nil {
		st.GroupMaps = map[string]*iamMapping{}
	}
	if st.Keys == nil {
		st.Keys = map[string]*iamKey{}
	}
}

// view runs f with the state locked for reading. f must not call the iam
// methods that lock.
func (i *iam) view(f func(*iamState) *apiError) *apiError {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return f(&i.state)
}

// change runs f with the state locked and saves it if f succeeds.
func (i *iam) change(f func(*iamState) *apiError) *apiError {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := f(&i.state); err != nil {
		return err
	}
	if err := store.WriteJSON(i.path, i.state); err != nil {
		return fail("InternalError", err.Error())
	}
	return nil
}

// policy returns a stored or built-in document; the lock must be held.
func (i *iam) policy(st *iamState, name string) (policyDoc, bool) {
	if p, ok := st.Policies[name]; ok {
		return p.Document, true
	}
	doc, ok := i.builtins[name]
	return doc, ok
}

// policyNames returns the names of all documents, built-ins included.
func (i *iam) policyNames(st *iamState) []string {
	var names []string
	for n := range st.Policies {
		names = append(names, n)
	}
	for n := range i.builtins {
		if _, ok := st.Policies[n]; !ok {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// groupsOf returns the groups a user belongs to, sorted.
func (st *iamState) groupsOf(user string) []string {
	var list []string
	for name, g := range st.Groups {
		if slices.Contains(g.Members, user) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// policiesOf returns the documents that apply to a user: direct ones and
// those of its groups. One disabled group, or the user's own status, empties
// everything.
func (i *iam) policiesOf(st *iamState, user string) []policyDoc {
	u, ok := st.Users[user]
	if !ok || u.Status != enabled {
		return nil
	}
	var names []string
	if m, ok := st.UserMaps[user]; ok {
		names = append(names, m.Policies...)
	}
	for _, g := range st.groupsOf(user) {
		if st.Groups[g].Status != enabled {
			return nil
		}
		if m, ok := st.GroupMaps[g]; ok {
			names = append(names, m.Policies...)
		}
	}
	var docs []policyDoc
	seen := map[string]bool{}
	for _, n := range names {
		if doc, ok := i.policy(st, n); ok && !seen[n] {
			docs = append(docs, doc)
		}
		seen[n] = true
	}
	return docs
}

// splitNames splits a comma list of policy names; blanks belong to names.
func splitNames(s string) []string {
	var out []string
	for _, n := range strings.Split(s, ",") {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
