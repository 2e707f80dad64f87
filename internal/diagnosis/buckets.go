package diagnosis

import (
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
		{Rule: finding.Rule{Name: "cors-any-origin", Asks: "may pages of every origin use a bucket"}, server: corsAny},
		{Rule: finding.Rule{Name: "lifecycle-idle", Asks: "are there lifecycle rules that do nothing"}, server: lifecycleIdle},
		{Rule: finding.Rule{Name: "lifecycle-stuck", Asks: "does expiring objects fail"}, server: lifecycleStuck},
	}
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
