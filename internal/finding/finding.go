// Package finding is what looking at something finds: what is wrong, how it
// shows, and what mends it. It knows no system.
package finding

import (
	"cmp"
	"slices"
)

// Severity says how bad a finding is.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical" // data or access is in danger now
	Warning  Severity = "warning"  // it will hurt one day
	Info     Severity = "info"     // worth knowing
)

func (s Severity) rank() int { return slices.Index([]Severity{Critical, Warning, Info}, s) }

// Finding is one thing that a rule found.
type Finding struct {
	Rule     string   `json:"rule"` // its name, "default-credentials"
	Severity Severity `json:"severity"`
	Subject  string   `json:"subject"`         // what it is about: "key/ABC", "server/rustfs/rustfs"
	What     string   `json:"what"`            // what is wrong, in lower case and without a full stop
	Proof    string   `json:"proof,omitempty"` // what was seen
	Fix      string   `json:"fix,omitempty"`   // a command, or a patch to paste
	Link     string   `json:"link,omitempty"`
}

// Rule is one thing that is looked for.
type Rule struct {
	Name string // "default-credentials"
	Asks string // one line: what it looks for
}

// Sort puts the worst first, then orders by rule and subject.
func Sort(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Severity.rank(), b.Severity.rank()), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
	})
}

// Bad reports whether there is something that needs doing.
func Bad(all []Finding) bool {
	return slices.ContainsFunc(all, func(f Finding) bool { return f.Severity != Info })
}
