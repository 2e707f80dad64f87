package bucket

import (
	"fmt"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

// Scanner is what a server says of the process that expires objects.
type Scanner struct {
	Enabled  bool
	Reason   string // why it is not enabled
	State    string // "fresh", "stale" or "unknown"
	Round    time.Time
	MaxAge   time.Duration // a round that ended longer ago is stale
	Paused   bool
	Failed   int64 // deletions that failed since the server started
	Missed   int64 // that did not get into the queue
	Measured bool  // whether Failed and Missed are known
}

// Overdue are the entries of a bucket that a rule should have acted on.
type Overdue struct {
	Entries int64 // due by now
	Late    int64 // due for longer than a server may take
	Bytes   int64
	Oldest  Deadline
	Key     string // the oldest one's
	Partial bool   // the bucket was not listed to its end
}

// LifecycleFacts is all that is known of a bucket's lifecycle.
type LifecycleFacts struct {
	Bucket     string
	Rules      []LifecycleRule
	Versioning string   // "Off", "Enabled", "Suspended"; empty: unknown
	Scanner    *Scanner // nil: the server does not tell
	Overdue    Overdue
	Grace      time.Duration // how long after its deadline an entry may be there
}

// JudgeLifecycle decides whether a bucket's rules do what they say.
func JudgeLifecycle(f LifecycleFacts) []finding.Finding {
	subject := "bucket/" + f.Bucket
	var out []finding.Finding
	add := func(s finding.Severity, rule, what, proof, fix string) {
		out = append(out, finding.Finding{Rule: rule, Severity: s, Subject: subject, What: what, Proof: proof, Fix: fix})
	}
	if len(f.Rules) == 0 {
		add(finding.Warning, "lifecycle-none", "the bucket has no lifecycle rules: nothing in it ever expires", "",
			"kubectl rustfs bucket lifecycle add "+f.Bucket+" --expire-days 30")
		return out
	}
	idle := 0
	for _, r := range f.Rules {
		if why := r.Idle(f.Versioning); why != "" {
			idle++
			add(finding.Warning, "lifecycle-idle-rule", fmt.Sprintf("rule %q does nothing: %s", r.ID, why), r.Words(), "")
		}
	}
	if idle == len(f.Rules) {
		add(finding.Critical, "lifecycle-does-nothing", "no rule of the bucket does anything", "", "kubectl rustfs bucket lifecycle get "+f.Bucket)
	}
	if o := f.Overdue; o.Late > 0 {
		add(finding.Critical, "lifecycle-overdue",
			fmt.Sprintf("%d entries are still there more than %s after a rule should have acted on them", o.Late, f.Grace),
			fmt.Sprintf("%q: %s by rule %q was due %s", o.Key, o.Oldest.Action, o.Oldest.Rule, o.Oldest.At.UTC().Format(time.RFC3339)),
			"kubectl rustfs bucket lifecycle check "+f.Bucket+" --trace 2m")
	}
	for _, s := range judgeScanner(f.Scanner) {
		add(s.Severity, s.Rule, s.What, s.Proof, s.Fix)
	}
	finding.Sort(out)
	return out
}

// judgeScanner says what is wrong with the process that expires objects.
func judgeScanner(s *Scanner) []finding.Finding {
	var out []finding.Finding
	add := func(severity finding.Severity, rule, what, proof, fix string) {
		out = append(out, finding.Finding{Rule: rule, Severity: severity, What: what, Proof: proof, Fix: fix})
	}
	if s == nil {
		add(finding.Info, "scanner-silent", "the server does not tell whether it expires objects: its version has no route for it, or the key may not ask", "", "")
		return out
	}
	round := "no round has ended yet"
	if !s.Round.IsZero() {
		round = "the last round ended " + s.Round.UTC().Format(time.RFC3339)
	}
	switch {
	case !s.Enabled:
		add(finding.Critical, "scanner-off", "the server's scanner is switched off, and nothing expires without it", s.Reason, "remove RUSTFS_SCANNER_ENABLED=false from the server's environment")
	case s.State == "stale":
		add(finding.Critical, "scanner-stale", "the server's scanner has not ended a round for longer than it should take", fmt.Sprintf("%s; %s is what it may take", round, s.MaxAge), "kubectl rustfs status")
	case s.State != "fresh":
		add(finding.Info, "scanner-young", "the server's scanner has not ended a round yet", round, "")
	}
	if s.Paused {
		add(finding.Warning, "scanner-paused", "the server does not expire anything while data is moved between its pools", "", "kubectl rustfs status")
	}
	if s.Failed > 0 {
		add(finding.Warning, "expiry-failed", fmt.Sprintf("%d deletions by lifecycle rules have failed on this server since it started", s.Failed), "", "kubectl rustfs logs")
	}
	if s.Missed > 0 {
		add(finding.Warning, "expiry-missed", fmt.Sprintf("%d deletions by lifecycle rules did not fit into the server's queue; the next round tries again", s.Missed), "", "")
	}
	return out
}
