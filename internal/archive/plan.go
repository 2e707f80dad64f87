package archive

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// Conflict says what becomes of things that exist already and are different.
type Conflict string

// The ways out of a conflict.
const (
	Fail      Conflict = "fail"
	Skip      Conflict = "skip"
	Overwrite Conflict = "overwrite"
)

// Item is one thing of an archive and what becomes of it.
type Item struct {
	Kind   iam.Kind
	Name   string
	Action string // "create", "unchanged", "skip", "overwrite", "leave out", "conflict"
	Why    string
}

// What becomes of an item.
const (
	ActionCreate    = "create"
	ActionUnchanged = "unchanged"
	ActionSkip      = "skip"
	ActionOverwrite = "overwrite"
	ActionLeaveOut  = "leave out"
	ActionConflict  = "conflict"
)

// ID is the item as commands call it: "user/alice", "key/ABC".
func (i Item) ID() string {
	if i.Kind == iam.Key {
		return "key/" + i.Name
	}
	return string(i.Kind) + "/" + i.Name
}

// Target is what is known of the server that an archive goes to.
type Target struct {
	Have       Assets
	Root       string // its root key's name
	SourceRoot string // that of the server the archive is of; empty: unknown
	LeaveOut   []string
	Now        time.Time
}

// Plan is what importing an archive does.
type Plan struct {
	Items    []Item
	Import   Assets   // what is sent
	Notes    []string // what is not taken over as it is
	Problems []string // for which nothing may be sent
}

// NewPlan holds an archive against a server. What the server would refuse is
// made right where it can be, and a problem where not.
func NewPlan(archive Assets, t Target, mode Conflict) Plan {
	p := &planner{want: archive.clone(), t: t, mode: mode}
	p.leaveOut()
	p.policies()
	p.ties()
	p.keys()
	p.compare()
	slices.SortFunc(p.plan.Items, func(a, b Item) int {
		return strings.Compare(string(a.Kind)+"/"+a.Name, string(b.Kind)+"/"+b.Name)
	})
	slices.Sort(p.plan.Notes)
	slices.Sort(p.plan.Problems)
	return p.plan
}

type planner struct {
	want Assets
	t    Target
	mode Conflict
	plan Plan
}

func (p *planner) note(format string, args ...any) {
	p.plan.Notes = append(p.plan.Notes, fmt.Sprintf(format, args...))
}

func (p *planner) problem(format string, args ...any) {
	p.plan.Problems = append(p.plan.Problems, fmt.Sprintf(format, args...))
}

func (p *planner) omit(kind iam.Kind, name, why string) {
	p.plan.Items = append(p.plan.Items, Item{kind, name, ActionLeaveOut, why})
}

// leaveOut takes away what is not wanted, what comes with every server, and
// root.
func (p *planner) leaveOut() {
	asked := func(kind iam.Kind, name string) bool {
		return slices.Contains(p.t.LeaveOut, Item{Kind: kind, Name: name}.ID())
	}
	for _, n := range sortedNames(p.want.Policies) {
		if iam.IsBuiltIn(n) {
			delete(p.want.Policies, n)
		} else if asked(iam.Policy, n) {
			delete(p.want.Policies, n)
			p.omit(iam.Policy, n, "asked for")
		}
	}
	for _, n := range sortedNames(p.want.Users) {
		why := ""
		switch {
		case asked(iam.User, n):
			why = "asked for"
		case n == p.t.Root:
			why = "it is this server's root key"
		default:
			p.userName(n)
			continue
		}
		delete(p.want.Users, n)
		delete(p.want.UserPolicies, n)
		p.omit(iam.User, n, why)
	}
	for _, n := range sortedNames(p.want.Groups) {
		if asked(iam.Group, n) {
			delete(p.want.Groups, n)
			delete(p.want.GroupPolicies, n)
			p.omit(iam.Group, n, "asked for")
		} else if err := iam.ValidateExisting(iam.Group, n); err != nil {
			p.problem("group/%s: %v", n, err)
		}
	}
	for _, n := range sortedNames(p.want.Keys) {
		if asked(iam.Key, n) {
			delete(p.want.Keys, n)
			p.omit(iam.Key, n, "asked for")
		}
	}
}

func (p *planner) userName(n string) {
	if err := iam.ValidateExisting(iam.User, n); err != nil {
		p.problem("user/%s: %v", n, err)
	}
	if s := p.want.Users[n].Secret.Reveal(); len(s) < 8 || len(s) > 40 {
		p.problem("user/%s: its secret has %d characters, and RustFS takes 8 to 40", n, len(s))
	}
	if _, isKey := p.t.Have.Keys[n]; isKey {
		p.problem("user/%s: an access key of the server has this name", n)
	}
}

// policies writes out wildcards and refuses by name what the server would.
func (p *planner) policies() {
	for _, n := range sortedNames(p.want.Policies) {
		text, notes, err := Expand(p.want.Policies[n])
		if err == nil {
			err = acceptable(text)
		}
		if err == nil {
			err = iam.ValidateExisting(iam.Policy, n)
		}
		if err != nil {
			p.problem("policy/%s: RustFS would refuse it: %v", n, err)
			continue
		}
		for _, note := range notes {
			p.note("policy/%s: %s", n, note)
		}
		p.want.Policies[n] = text
	}
}

func acceptable(text []byte) error {
	d, err := iam.Parse(text)
	if err != nil {
		return err
	}
	if fatal := iam.Fatal(iam.Lint(d)); len(fatal) > 0 {
		return fmt.Errorf("%s", fatal[0])
	}
	return nil
}

// ties takes out members and attachments that lead nowhere.
func (p *planner) ties() {
	for n := range p.want.STSPolicies {
		p.note("policies of %q are left out: people of LDAP and OpenID are not taken over", n)
		delete(p.want.STSPolicies, n)
	}
	for _, n := range sortedNames(p.want.Groups) {
		g := p.want.Groups[n]
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(m string) bool {
			gone := !p.user(m)
			if gone {
				p.note("group/%s: member %q is left out: there is no such user", n, m)
			}
			return gone
		})
		p.want.Groups[n] = g
	}
	for _, n := range sortedNames(p.want.UserPolicies) {
		if !p.user(n) {
			p.note("policies of %q are left out: it is no user of the archive or the server", n)
			delete(p.want.UserPolicies, n)
			continue
		}
		p.attached("user/"+n, p.want.UserPolicies, n)
	}
	for _, n := range sortedNames(p.want.GroupPolicies) {
		_, there := p.want.Groups[n]
		if _, has := p.t.Have.Groups[n]; !there && !has {
			p.note("policies of group %q are left out: it is no group of the archive or the server", n)
			delete(p.want.GroupPolicies, n)
			continue
		}
		p.attached("group/"+n, p.want.GroupPolicies, n)
	}
}

// user reports whether there will be a user.
func (p *planner) user(name string) bool {
	_, comes := p.want.Users[name]
	_, is := p.t.Have.Users[name]
	return comes || is
}

func (p *planner) attached(id string, all map[string]Mapping, name string) {
	m := all[name]
	m.Policies = slices.DeleteFunc(slices.Clone(m.Policies), func(policy string) bool {
		_, comes := p.want.Policies[policy]
		_, is := p.t.Have.Policies[policy]
		gone := !comes && !is && !iam.IsBuiltIn(policy)
		if gone {
			p.note("%s: policy %q is left out: there is no such policy", id, policy)
		}
		return gone
	})
	if m.Updated.IsZero() {
		m.Updated = p.t.Now
	}
	all[name] = m
	if len(m.Policies) == 0 {
		delete(all, name)
	}
}

func (p *planner) keys() {
	for _, n := range sortedNames(p.want.Keys) {
		k := p.want.Keys[n]
		ofRoot := k.Parent != "" && (k.Parent == p.t.SourceRoot || k.Parent == p.t.Root)
		if ofRoot {
			k.Parent = p.t.Root
		}
		why := ""
		switch {
		case ofRoot && p.t.Root == "":
			why = "it is of root, and the key in use does not know this server's"
		case n == "siteReplicatorSvcAcc" || n == "site-replicator-0":
			why = "it is for replication between sites"
		case !k.Expires.IsZero() && !k.Expires.After(p.t.Now):
			why = "it has expired"
		case !ofRoot && !p.user(k.Parent):
			why = fmt.Sprintf("its user %q is not in the archive, nor on the server", k.Parent)
		}
		if why != "" {
			delete(p.want.Keys, n)
			p.omit(iam.Key, n, why)
			continue
		}
		p.keyPolicy(n, &k)
		p.want.Keys[n] = k
		if _, isUser := p.t.Have.Users[n]; isUser {
			p.problem("key/%s: a user of the server has this name", n)
		}
		if err := iam.ValidateExisting(iam.Key, n); err != nil {
			p.problem("key/%s: %v", n, err)
		}
	}
}

func (p *planner) keyPolicy(name string, k *Key) {
	if k.Policy == nil {
		return
	}
	text, notes, err := Expand(k.Policy)
	if err == nil {
		err = acceptable(text)
	}
	if err != nil {
		p.problem("key/%s: RustFS would refuse its policy: %v", name, err)
		return
	}
	for _, note := range notes {
		p.note("key/%s: %s", name, note)
	}
	k.Policy = text
}

// compare decides of each thing, and keeps what is to be sent.
func (p *planner) compare() {
	have, want := p.t.Have, p.want
	out := Assets{
		Policies: map[string]json.RawMessage{}, Users: map[string]User{}, Groups: map[string]Group{}, Keys: map[string]Key{},
		UserPolicies: map[string]Mapping{}, GroupPolicies: map[string]Mapping{}, STSPolicies: map[string]Mapping{},
	}
	for n, w := range want.Policies {
		h, exists := have.Policies[n]
		if p.decide(iam.Policy, n, exists, policyDiffers(h, w, exists)) {
			out.Policies[n] = w
		}
	}
	for n, w := range want.Users {
		h, exists := have.Users[n]
		if p.decide(iam.User, n, exists, userDiffers(h, w, have.UserPolicies[n], want.UserPolicies[n])) {
			out.Users[n] = w
			carry(out.UserPolicies, want.UserPolicies, n)
		}
	}
	for n, w := range want.Groups {
		h, exists := have.Groups[n]
		if p.decide(iam.Group, n, exists, groupDiffers(h, w, have.GroupPolicies[n], want.GroupPolicies[n])) {
			out.Groups[n] = w
			carry(out.GroupPolicies, want.GroupPolicies, n)
		}
	}
	for n, w := range want.Keys {
		h, exists := have.Keys[n]
		if p.decide(iam.Key, n, exists, keyDiffers(h, w)) {
			out.Keys[n] = w
		}
	}
	p.plan.Import = out
}

func carry(to, from map[string]Mapping, name string) {
	if m, ok := from[name]; ok {
		to[name] = m
	}
}

// decide notes what becomes of a thing and reports whether it is sent.
func (p *planner) decide(kind iam.Kind, name string, exists bool, differs []string) bool {
	i := Item{Kind: kind, Name: name, Action: ActionCreate, Why: "it is not there"}
	if exists {
		i.Why = "different: " + strings.Join(differs, ", ")
		switch {
		case len(differs) == 0:
			i.Action, i.Why = ActionUnchanged, "it is there as it was"
		case p.mode == Skip:
			i.Action = ActionSkip
		case p.mode == Overwrite:
			i.Action = ActionOverwrite
		default:
			i.Action = ActionConflict
		}
	}
	p.plan.Items = append(p.plan.Items, i)
	return i.Action == ActionCreate || i.Action == ActionOverwrite
}

// Conflicts are the things that stand in the way.
func (p Plan) Conflicts() []Item {
	return slices.DeleteFunc(slices.Clone(p.Items), func(i Item) bool { return i.Action != ActionConflict })
}

// Count is how many items have an action.
func (p Plan) Count(action string) int {
	n := 0
	for _, i := range p.Items {
		if i.Action == action {
			n++
		}
	}
	return n
}

func when(different bool, what string) []string {
	if different {
		return []string{what}
	}
	return nil
}

func policyDiffers(have, want json.RawMessage, exists bool) []string {
	if !exists {
		return nil
	}
	h, err1 := iam.Parse(have)
	w, err2 := iam.Parse(want)
	return when(err1 != nil || err2 != nil || !iam.Equal(h, w), "document")
}

func userDiffers(have, want User, hasPolicies, wantPolicies Mapping) []string {
	return slices.Concat(
		when(have.Secret != want.Secret, "secret"), when(have.Enabled != want.Enabled, "status"),
		when(!slices.Equal(clean(hasPolicies.Policies), clean(wantPolicies.Policies)), "policies"),
	)
}

// groupDiffers lets a group have more members: an import adds to them.
func groupDiffers(have, want Group, hasPolicies, wantPolicies Mapping) []string {
	missing := slices.ContainsFunc(want.Members, func(m string) bool { return !slices.Contains(have.Members, m) })
	return slices.Concat(
		when(missing, "members"), when(have.Enabled != want.Enabled, "status"),
		when(!slices.Equal(clean(hasPolicies.Policies), clean(wantPolicies.Policies)), "policies"),
	)
}

func keyDiffers(have, want Key) []string {
	policy := (have.Policy == nil) != (want.Policy == nil) || want.Policy != nil && len(policyDiffers(have.Policy, want.Policy, true)) > 0
	return slices.Concat(
		when(have.Parent != want.Parent, "user"), when(have.Secret != want.Secret, "secret"), when(have.Enabled != want.Enabled, "status"),
		when(policy, "policy"), when(have.Name != want.Name, "name"), when(have.Description != want.Description, "description"),
		when(!have.Expires.Truncate(time.Second).Equal(want.Expires.Truncate(time.Second)), "expiry"),
	)
}

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
