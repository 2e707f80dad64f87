package diagnosis

import (
	"fmt"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

// IAM are the server's users, groups and access keys.
type IAM struct {
	Root   string // root's access key
	Users  []User
	Groups []Group
	Keys   []Key
}

// User is one user.
type User struct {
	Name     string
	Enabled  bool
	Groups   []string
	Policies []string // of the user itself
}

// Group is one group.
type Group struct {
	Name     string
	Enabled  bool
	Members  []string
	Policies []string
}

// Key is one access key.
type Key struct {
	Name, Parent string
	Enabled, Own bool // Own: it has a policy of its own
	Expires      time.Time
}

// accessRules look at users, groups and access keys.
func accessRules() []Rule {
	rules := []struct {
		name, asks string
		find       func(IAM, time.Time) []finding.Finding
	}{
		{"key-without-expiry", "are there access keys that never expire", keysWithoutExpiry},
		{"key-expired", "are there access keys that have expired", keysExpired},
		{"key-unscoped", "are there access keys with all rights of their user", keysUnscoped},
		{"user-without-group", "are there users in no group", usersWithoutGroup},
		{"user-without-rights", "are there users that may do nothing", usersWithoutRights},
		{"group-disabled", "are there disabled groups, which take all rights from their members", groupsDisabled},
		{"group-without-policy", "are there groups that give no rights", groupsWithoutPolicy},
	}
	out := make([]Rule, 0, len(rules))
	for _, r := range rules {
		out = append(out, Rule{Name: r.name, Asks: r.asks, server: func(s Server, now time.Time) []finding.Finding {
			if s.IAM == nil {
				return nil
			}
			return r.find(*s.IAM, now)
		}})
	}
	return out
}

func keysWithoutExpiry(i IAM, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, k := range i.Keys {
		if k.Enabled && k.Expires.IsZero() {
			out = append(out, one(finding.Info, "key/"+k.Name, "the access key never expires", "of "+parent(i, k),
				"kubectl rustfs key create --for "+k.Parent+" --expires 90d …, then kubectl rustfs key delete "+k.Name, linkIAM)...)
		}
	}
	return out
}

func keysExpired(i IAM, now time.Time) []finding.Finding {
	var out []finding.Finding
	for _, k := range i.Keys {
		if !k.Expires.IsZero() && k.Expires.Before(now) {
			out = append(out, one(finding.Warning, "key/"+k.Name, "the access key has expired; whoever uses it is refused", "of "+parent(i, k)+", since "+stamp(k.Expires), "kubectl rustfs key delete "+k.Name, linkIAM)...)
		}
	}
	return out
}

// parent names whose a key is.
func parent(i IAM, k Key) string {
	if k.Parent == i.Root {
		return "root"
	}
	return "user " + k.Parent
}

func keysUnscoped(i IAM, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, k := range i.Keys {
		switch {
		case k.Own || !k.Enabled:
		case k.Parent == i.Root:
			out = append(out, one(finding.Warning, "key/"+k.Name, "the access key has all rights of root", "of root, without a policy of its own",
				"make a user with the rights it needs, and a key for that user: kubectl rustfs grant --help", linkIAM)...)
		default:
			out = append(out, one(finding.Info, "key/"+k.Name, "the access key has all rights of its user", "of user "+k.Parent+", without a policy of its own",
				"kubectl rustfs key create --for "+k.Parent+" --policy-file FILE …", linkIAM)...)
		}
	}
	return out
}

func usersWithoutGroup(i IAM, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, u := range i.Users {
		if u.Enabled && len(u.Groups) == 0 && len(u.Policies) > 0 {
			out = append(out, one(finding.Info, "user/"+u.Name, "the user is in no group; its rights are kept one by one", "policies: "+strings.Join(u.Policies, ", "), "kubectl rustfs group add GROUP "+u.Name, linkIAM)...)
		}
	}
	return out
}

func usersWithoutRights(i IAM, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, u := range i.Users {
		if !u.Enabled || len(u.Policies) > 0 || groupsGive(i, u) {
			continue
		}
		out = append(out, one(finding.Warning, "user/"+u.Name, "the user may do nothing: no policy, neither of its own nor of a group", "", "kubectl rustfs policy attach POLICY --to user/"+u.Name, linkIAM)...)
	}
	return out
}

func groupsGive(i IAM, u User) bool {
	for _, name := range u.Groups {
		for _, g := range i.Groups {
			if g.Name == name && len(g.Policies) > 0 {
				return true
			}
		}
	}
	return false
}

func groupsDisabled(i IAM, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, g := range i.Groups {
		if g.Enabled {
			continue
		}
		severity := finding.Info
		if len(g.Members) > 0 {
			severity = finding.Critical
		}
		out = append(out, one(severity, "group/"+g.Name, "the group is disabled: its members lose all rights, those of their own and of other groups too",
			fmt.Sprintf("%d members: %s", len(g.Members), strings.Join(g.Members, ", ")), "kubectl rustfs group enable "+g.Name+", or take its members out: kubectl rustfs group remove "+g.Name+" USER", linkIAM)...)
	}
	return out
}

func groupsWithoutPolicy(i IAM, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, g := range i.Groups {
		if g.Enabled && len(g.Policies) == 0 && len(g.Members) > 0 {
			out = append(out, one(finding.Info, "group/"+g.Name, "the group gives its members no rights", "no policy is attached", "kubectl rustfs policy attach POLICY --to group/"+g.Name, linkIAM)...)
		}
	}
	return out
}
