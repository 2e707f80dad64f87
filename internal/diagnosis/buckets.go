package diagnosis

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

const linkLifecycle = "https://docs.rustfs.com/administration/data/lifecycle-management"

func bucketRules() []Rule {
	return []Rule{
		{Name: "public-bucket", Asks: "may everybody read or write a bucket", server: publicBuckets},
		{Name: "cors-any-origin", Asks: "may pages of every origin use a bucket", server: corsAny},
		{Name: "lifecycle-idle", Asks: "are there lifecycle rules that do nothing", server: lifecycleIdle},
		{Name: "lifecycle-stuck", Asks: "does expiring objects fail", server: lifecycleStuck},
	}
}

func publicBuckets(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, b := range s.Buckets {
		reads, writes, limited := public(b.Policy)
		if !reads && !writes {
			continue
		}
		severity, what := finding.Warning, "everybody may read the bucket, without a key"
		if writes {
			severity, what = finding.Critical, "everybody may change the bucket, without a key"
		}
		if limited {
			severity, what = finding.Info, what+", under conditions"
		}
		out = append(out, one(severity, "bucket/"+b.Name, what, "a statement of its policy allows Principal *", "kubectl rustfs bucket access "+b.Name+" none", "")...)
	}
	return out
}

// public tells what a bucket's policy lets everybody do; limited, when only
// under conditions.
func public(policy json.RawMessage) (reads, writes, limited bool) {
	var doc struct{ Statement json.RawMessage }
	if len(policy) == 0 || json.Unmarshal(policy, &doc) != nil {
		return false, false, false
	}
	type statement struct {
		Effect    string
		Principal json.RawMessage
		Action    json.RawMessage
		Condition map[string]json.RawMessage
	}
	var all []statement
	if json.Unmarshal(doc.Statement, &all) != nil {
		var single statement
		if json.Unmarshal(doc.Statement, &single) != nil {
			return false, false, false
		}
		all = []statement{single}
	}
	unlimited := false
	for _, st := range all {
		if st.Effect != "Allow" || !everybody(st.Principal) {
			continue
		}
		if len(st.Condition) == 0 {
			unlimited = true
		}
		for _, a := range words(st.Action) {
			if changes(a) {
				writes = true
			} else {
				reads = true
			}
		}
	}
	return reads, writes, (reads || writes) && !unlimited
}

// changes reports whether an action can change what is in a bucket.
func changes(action string) bool {
	if action == "*" || action == "s3:*" {
		return true
	}
	verb := strings.TrimPrefix(action, "s3:")
	return slices.ContainsFunc([]string{"Put", "Delete", "Abort", "Restore", "Replicate", "Bypass", "ForceDelete"}, func(v string) bool { return strings.HasPrefix(verb, v) })
}

func everybody(principal json.RawMessage) bool {
	if slices.Contains(words(principal), "*") {
		return true
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(principal, &m) != nil {
		return false
	}
	for _, v := range m {
		if slices.Contains(words(v), "*") {
			return true
		}
	}
	return false
}

// words reads a text or a list of them.
func words(raw json.RawMessage) []string {
	var single string
	if json.Unmarshal(raw, &single) == nil {
		return []string{single}
	}
	var all []string
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	return all
}

func corsAny(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, b := range s.Buckets {
		for _, r := range b.CORS {
			if slices.Contains(r.Origins, "*") {
				severity := finding.Info
				if slices.ContainsFunc(r.Methods, func(m string) bool { return m != "GET" && m != "HEAD" }) {
					severity = finding.Warning
				}
				out = append(out, one(severity, "bucket/"+b.Name, "pages of every origin may use the bucket from a visitor's browser", "origin *, methods "+strings.Join(r.Methods, ", "),
					"name the origins: kubectl rustfs bucket cors set "+b.Name+" --help", "")...)
				break
			}
		}
	}
	return out
}

func lifecycleIdle(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, b := range s.Buckets {
		for i, r := range b.Lifecycle {
			if why := idle(r, b); why != "" {
				out = append(out, one(finding.Warning, "bucket/"+b.Name, "a lifecycle rule does nothing: "+why, ruleName(r, i), "kubectl rustfs bucket lifecycle get "+b.Name, linkLifecycle)...)
			}
		}
		if len(b.Lifecycle) > 0 && s.Scanner != nil && !s.Scanner.Enabled {
			out = append(out, one(finding.Warning, "bucket/"+b.Name, "its lifecycle rules do nothing: the scanner is off", s.Scanner.Reason, s.unset("RUSTFS_SCANNER_ENABLED"), linkLifecycle)...)
		}
	}
	return out
}

func ruleName(r bucket.LifecycleRule, i int) string {
	if r.ID != "" {
		return "rule " + r.ID
	}
	return fmt.Sprintf("rule %d", i+1)
}

// idle says why a rule changes nothing; empty: it does something.
func idle(r bucket.LifecycleRule, b Bucket) string {
	current := r.ExpireDays > 0 || r.ExpireDate != nil || r.TransitionDays > 0 || r.TransitionDate != nil || r.TransitionTo != ""
	old := r.NoncurrentDays > 0 || r.NoncurrentKeep > 0 || r.NoncurrentTransitionDays > 0 || r.ExpireDeleteMarkers
	switch {
	case r.Disabled:
		return "it is disabled"
	case !current && !old && r.AbortUploadDays == 0:
		return "it has no action"
	case !current && r.AbortUploadDays == 0 && !b.Versioning:
		return "it is about old versions, and the bucket keeps none"
	case b.Versioning && r.ExpireDays > 0 && !old && !othersEndVersions(b, r):
		return "the bucket keeps versions, so an expired object stays as an old version; add noncurrent days"
	case r.LargerThan > 0 && r.SmallerThan > 0 && r.LargerThan >= r.SmallerThan:
		return "no object is larger than and smaller than its sizes"
	}
	return ""
}

// othersEndVersions reports whether another rule ends the old versions that a
// rule leaves.
func othersEndVersions(b Bucket, r bucket.LifecycleRule) bool {
	return slices.ContainsFunc(b.Lifecycle, func(o bucket.LifecycleRule) bool {
		return !o.Disabled && (o.NoncurrentDays > 0 || o.NoncurrentKeep > 0) && strings.HasPrefix(r.Prefix, o.Prefix)
	})
}

func lifecycleStuck(s Server, _ time.Time) []finding.Finding {
	e := s.Expiry
	if e == nil || e.Missed+e.Failed == 0 {
		return nil
	}
	return one(finding.Warning, s.subject(), "expiring objects does not keep up", fmt.Sprintf("since the start: %d missed, %d deletions failed", e.Missed, e.Failed),
		"kubectl rustfs logs --server "+s.ID+" --diagnose", linkLifecycle)
}
