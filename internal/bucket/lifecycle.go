package bucket

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RuleError says what is wrong with one rule of a list.
type RuleError struct {
	What string // "lifecycle", "CORS"
	Rule string // its ID, or its number from 1
	Why  string
}

func (e *RuleError) Error() string { return fmt.Sprintf("%s rule %s: %s", e.What, e.Rule, e.Why) }

// Limits of RustFS, which are S3's.
const (
	maxRules    = 1000
	maxRuleID   = 255 // bytes
	maxTagKey   = 128 // characters
	maxTagValue = 256
)

// ValidateLifecycle checks rules by what servers enforce, and names the first
// one that breaks a rule. (crates/lifecycle/src/core.rs at 1.0.1)
func ValidateLifecycle(rules []LifecycleRule) error {
	switch {
	case len(rules) == 0:
		return &RuleError{"lifecycle", "1", "there is none"}
	case len(rules) > maxRules:
		return &RuleError{"lifecycle", strconv.Itoa(maxRules + 1), fmt.Sprintf("servers take %d at most", maxRules)}
	}
	seen := map[string]bool{}
	for i, r := range rules {
		why := r.wrong()
		if r.ID != "" && seen[r.ID] {
			why = "another one has the same id"
		}
		if why != "" {
			return &RuleError{"lifecycle", ruleName(r.ID, i), why}
		}
		seen[r.ID] = true
	}
	return nil
}

func ruleName(id string, i int) string {
	if id == "" {
		return strconv.Itoa(i + 1)
	}
	return strconv.Quote(id)
}

// wrong says which rule a rule breaks; empty: none.
func (r LifecycleRule) wrong() string {
	for _, check := range []func() string{r.wrongFilter, r.wrongExpiry, r.wrongVersions, r.wrongTransition} {
		if why := check(); why != "" {
			return why
		}
	}
	if !r.acts() {
		return "it does nothing: give days or a date for something"
	}
	return ""
}

func (r LifecycleRule) acts() bool {
	return r.expires() || r.NoncurrentDays > 0 || r.NoncurrentKeep > 0 || r.AbortUploadDays > 0 || r.TransitionTo != "" || r.NoncurrentTransitionTo != ""
}

func (r LifecycleRule) expires() bool {
	return r.ExpireDays > 0 || r.ExpireDate != nil || r.ExpireDeleteMarkers
}

func (r LifecycleRule) wrongFilter() string {
	switch {
	case len(r.ID) > maxRuleID:
		return fmt.Sprintf("its id has %d bytes, more than %d", len(r.ID), maxRuleID)
	case r.LargerThan < 0 || r.SmallerThan < 0:
		return "sizes may not be negative"
	case r.SmallerThan > 0 && r.LargerThan >= r.SmallerThan:
		return fmt.Sprintf("no object is larger than %d and smaller than %d bytes", r.LargerThan, r.SmallerThan)
	}
	if why := wrongTags(r.Tags); why != "" {
		return why
	}
	for _, k := range slices.Sorted(maps.Keys(r.Tags)) {
		if r.Tags[k] == "" { // S3's XML as it is sent leaves an empty one out, and the server refuses that
			return fmt.Sprintf("tag %q needs a value", k)
		}
	}
	return ""
}

func (r LifecycleRule) wrongExpiry() string {
	switch {
	case r.ExpireDays < 0:
		return "days until expiry must be 1 or more"
	case r.ExpireDays > 0 && r.ExpireDate != nil:
		return "days and a date for expiry may not come together"
	case notMidnight(r.ExpireDate) || notMidnight(r.TransitionDate):
		return "a date must be at midnight UTC"
	case r.ExpireDeleteMarkers && (r.ExpireDays > 0 || r.ExpireDate != nil):
		return "expiry of delete markers may not come with days or a date: make a rule of its own"
	case r.ExpireDeleteMarkers && len(r.Tags) > 0:
		return "delete markers have no tags: a rule for them cannot have any"
	}
	return ""
}

func (r LifecycleRule) wrongVersions() string {
	switch {
	case r.NoncurrentDays < 0:
		return "days until old versions expire must be 1 or more"
	case r.NoncurrentKeep < 0:
		return "the number of old versions to keep may not be negative"
	case r.AbortUploadDays < 0:
		return "days until uploads are aborted must be 1 or more"
	}
	return ""
}

func (r LifecycleRule) wrongTransition() string {
	switch {
	case r.TransitionDays < 0 || r.NoncurrentTransitionDays < 0:
		return "days until a transition must be 1 or more"
	case r.TransitionDays > 0 && r.TransitionDate != nil:
		return "days and a date for a transition may not come together"
	case r.TransitionTo == "" && (r.TransitionDays > 0 || r.TransitionDate != nil),
		r.NoncurrentTransitionTo == "" && r.NoncurrentTransitionDays > 0:
		return "a transition needs the tier to move to"
	case r.TransitionTo != "" && r.TransitionDays == 0 && r.TransitionDate == nil,
		r.NoncurrentTransitionTo != "" && r.NoncurrentTransitionDays == 0:
		return "a transition needs days or a date"
	}
	return ""
}

func notMidnight(t *time.Time) bool {
	return t != nil && !t.UTC().Equal(t.UTC().Truncate(24*time.Hour))
}

// SameRule compares what two rules do; their IDs do not count.
func SameRule(a, b LifecycleRule) bool {
	return reflect.DeepEqual(a.plain(), b.plain())
}

// plain is a rule without its ID, in one form.
func (r LifecycleRule) plain() LifecycleRule {
	r.ID = ""
	if len(r.Tags) == 0 {
		r.Tags = nil
	}
	for _, t := range []**time.Time{&r.ExpireDate, &r.TransitionDate} {
		if *t != nil {
			u := (*t).UTC().Round(0)
			*t = &u
		}
	}
	return r
}

// WithRuleIDs gives rules without an ID the one that RustFS would give them:
// rule-N, counted from 0. (rustfs/src/app/bucket_usecase.rs at 1.0.1)
func WithRuleIDs(rules []LifecycleRule) []LifecycleRule {
	out := slices.Clone(rules)
	taken := map[string]bool{}
	for _, r := range out {
		taken[r.ID] = true
	}
	for i := range out {
		if out[i].ID == "" {
			out[i].ID = free("rule-"+strconv.Itoa(i), taken)
		}
	}
	return out
}

// free is an ID that is not taken yet; from now on it is.
func free(id string, taken map[string]bool) string {
	name := id
	for n := 1; taken[name]; n++ {
		name = id + "-" + strconv.Itoa(n)
	}
	taken[name] = true
	return name
}

// RuleExistsError is returned by AddRule for an ID that another rule has.
type RuleExistsError struct{ Old LifecycleRule }

func (e *RuleExistsError) Error() string {
	return fmt.Sprintf("lifecycle rule %q exists already and does something else: %s", e.Old.ID, e.Old.Words())
}

// AddRule adds a rule to others, unless one does the same. A rule without ID
// gets one that says what it does. One whose ID is taken replaces the rule
// that has it only with overwrite.
func AddRule(rules []LifecycleRule, r LifecycleRule, overwrite bool) ([]LifecycleRule, error) {
	taken := map[string]bool{}
	for i, old := range rules {
		taken[old.ID] = true
		switch {
		case SameRule(old, r) && (r.ID == "" || r.ID == old.ID):
			return rules, nil
		case r.ID != "" && r.ID == old.ID && overwrite:
			out := slices.Clone(rules)
			out[i] = r
			return out, nil
		case r.ID != "" && r.ID == old.ID:
			return nil, &RuleExistsError{old}
		}
	}
	if r.ID == "" {
		r.ID = free(r.newID(), taken)
	}
	return append(slices.Clone(rules), r), nil
}

// maxIDPrefix is how much of a prefix goes into a new rule's ID.
const maxIDPrefix = 40

// newID says what a rule does: "logs-expire-30d".
func (r LifecycleRule) newID() string {
	words := []string{}
	prefix := strings.Trim(strings.Map(idRune, r.Prefix), "-")
	if prefix = prefix[:min(len(prefix), maxIDPrefix)]; prefix != "" {
		words = append(words, prefix)
	}
	add := func(given bool, format string, args ...any) {
		if given {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(r.ExpireDays > 0, "expire-%dd", r.ExpireDays)
	add(r.ExpireDate != nil, "expire-%s", day(r.ExpireDate))
	add(r.ExpireDeleteMarkers, "expire-delete-markers")
	add(r.NoncurrentDays > 0, "noncurrent-%dd", r.NoncurrentDays)
	add(r.NoncurrentKeep > 0, "keep-%d", r.NoncurrentKeep)
	add(r.AbortUploadDays > 0, "abort-%dd", r.AbortUploadDays)
	add(r.TransitionTo != "", "to-%s", strings.Map(idRune, r.TransitionTo))
	add(r.NoncurrentTransitionTo != "", "noncurrent-to-%s", strings.Map(idRune, r.NoncurrentTransitionTo))
	id := strings.Join(words, "-")
	return id[:min(len(id), maxRuleID-8)]
}

func idRune(c rune) rune {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_':
		return c
	}
	return '-'
}

func day(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// Words say what a rule is for and what it does.
func (r LifecycleRule) Words() string {
	s := r.Scope() + ": " + r.Actions()
	if r.Disabled {
		s += " (disabled)"
	}
	return s
}

// Scope says what a rule is for: `objects below "logs/" with tag a=b`.
func (r LifecycleRule) Scope() string {
	s := "all objects"
	if r.Prefix != "" {
		s = fmt.Sprintf("objects below %q", r.Prefix)
	}
	for _, k := range slices.Sorted(maps.Keys(r.Tags)) {
		s += fmt.Sprintf(" with tag %s=%s", k, r.Tags[k])
	}
	if r.LargerThan > 0 {
		s += fmt.Sprintf(" larger than %d bytes", r.LargerThan)
	}
	if r.SmallerThan > 0 {
		s += fmt.Sprintf(" smaller than %d bytes", r.SmallerThan)
	}
	return s
}

// Actions say what a rule does.
func (r LifecycleRule) Actions() string {
	var out []string
	add := func(given bool, format string, args ...any) {
		if given {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	add(r.ExpireDays > 0, "deleted after %s", days(r.ExpireDays))
	add(r.ExpireDate != nil, "deleted from %s on", day(r.ExpireDate))
	add(r.ExpireDeleteMarkers, "delete markers without versions removed")
	keep := ""
	if r.NoncurrentKeep > 0 {
		keep = fmt.Sprintf(", but the newest %d kept", r.NoncurrentKeep)
	}
	add(r.NoncurrentDays > 0, "old versions deleted %s after they were replaced%s", days(r.NoncurrentDays), keep)
	add(r.NoncurrentDays == 0 && r.NoncurrentKeep > 0, "old versions deleted%s", keep)
	add(r.AbortUploadDays > 0, "unfinished uploads aborted after %s", days(r.AbortUploadDays))
	add(r.TransitionTo != "" && r.TransitionDate == nil, "moved to %s after %s", r.TransitionTo, days(r.TransitionDays))
	add(r.TransitionTo != "" && r.TransitionDate != nil, "moved to %s from %s on", r.TransitionTo, day(r.TransitionDate))
	add(r.NoncurrentTransitionTo != "", "old versions moved to %s %s after they were replaced", r.NoncurrentTransitionTo, days(r.NoncurrentTransitionDays))
	if len(out) == 0 {
		return "nothing that this version of the program knows"
	}
	return strings.Join(out, "; ")
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return strconv.Itoa(n) + " days"
}

// Idle says why a rule does nothing in a bucket, or nothing of what it says;
// empty when it works. versioning is "Off", "Enabled", "Suspended" or unknown.
func (r LifecycleRule) Idle(versioning string) string {
	onVersions := r.NoncurrentDays > 0 || r.NoncurrentKeep > 0 || r.NoncurrentTransitionTo != "" || r.ExpireDeleteMarkers
	onObjects := r.ExpireDays > 0 || r.ExpireDate != nil || r.AbortUploadDays > 0 || r.TransitionTo != ""
	switch {
	case r.Disabled:
		return "it is disabled"
	case versioning == "Off" && onVersions && !onObjects:
		return "it is for old versions, and the bucket has never kept any"
	}
	return ""
}
