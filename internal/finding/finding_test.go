package finding

import "testing"

func TestSortAndBad(t *testing.T) {
	t.Parallel()
	all := []Finding{{Rule: "b", Severity: Info}, {Rule: "z", Severity: Warning}, {Rule: "a", Severity: Warning, Subject: "2"}, {Rule: "a", Severity: Warning, Subject: "1"}, {Rule: "y", Severity: Critical}}
	Sort(all)
	got := ""
	for _, f := range all {
		got += f.Rule + f.Subject + " "
	}
	if got != "y a1 a2 z b " {
		t.Errorf("sorted: %s", got)
	}
	if !Bad(all) || Bad(all[4:]) || Bad(nil) {
		t.Error("a finding that is no mere information is bad, others are not")
	}
}
