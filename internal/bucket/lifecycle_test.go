package bucket_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

func day(t *testing.T, text string) *time.Time {
	t.Helper()
	d, err := bucket.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestValidateLifecycle(t *testing.T) {
	noon := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	for why, r := range map[string]bucket.LifecycleRule{
		"does nothing":                 {},
		"may not come together":        {ExpireDays: 1, ExpireDate: day(t, "2030-01-01")},
		"midnight":                     {ExpireDate: &noon},
		"a rule of its own":            {ExpireDays: 1, ExpireDeleteMarkers: true},
		"delete markers have no tags":  {ExpireDeleteMarkers: true, Tags: map[string]string{"a": "b"}},
		"days until expiry":            {ExpireDays: -1},
		"old versions expire":          {NoncurrentDays: -1},
		"keep may not be negative":     {NoncurrentKeep: -1, ExpireDays: 1},
		"uploads are aborted":          {AbortUploadDays: -1},
		"needs the tier":               {TransitionDays: 1},
		"needs days or a date":         {TransitionTo: "COLD"},
		"no object is larger":          {LargerThan: 5, SmallerThan: 5, ExpireDays: 1},
		"sizes may not be negative":    {LargerThan: -5, ExpireDays: 1},
		"a tag needs a key":            {Tags: map[string]string{"": "x"}, ExpireDays: 1},
		`tag "a" needs a value`:        {Tags: map[string]string{"a": ""}, ExpireDays: 1},
		"may only have letters":        {Tags: map[string]string{"<": "x"}, ExpireDays: 1},
		"more than 255":                {ID: strings.Repeat("x", 256), ExpireDays: 1},
		"for a transition may not":     {TransitionTo: "X", TransitionDays: 1, TransitionDate: day(t, "2030-01-01")},
		"the key of a tag has 129":     {Tags: map[string]string{strings.Repeat("ü", 129): ""}, ExpireDays: 1},
		`"a" has 257 characters, more`: {Tags: map[string]string{"a": strings.Repeat("ü", 257)}, ExpireDays: 1},
	} {
		err := bucket.ValidateLifecycle([]bucket.LifecycleRule{r})
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%+v: got %v, want a word about %q", r, err, why)
		}
	}
	one := bucket.LifecycleRule{ID: "a", ExpireDays: 1}
	if err := bucket.ValidateLifecycle([]bucket.LifecycleRule{one, one}); err == nil || !strings.Contains(err.Error(), `rule "a": another one has the same id`) {
		t.Error(err)
	}
	if err := bucket.ValidateLifecycle(nil); err == nil {
		t.Error("no rules pass")
	}
	if err := bucket.ValidateLifecycle(make([]bucket.LifecycleRule, 1001)); err == nil || !strings.Contains(err.Error(), "1000 at most") {
		t.Error(err)
	}
	if err := bucket.ValidateLifecycle([]bucket.LifecycleRule{one, {NoncurrentKeep: 2}}); err != nil {
		t.Error(err)
	}
}

func TestAddRule(t *testing.T) {
	a := bucket.LifecycleRule{ID: "a", Prefix: "x/", ExpireDays: 1}
	same, err := bucket.AddRule([]bucket.LifecycleRule{a}, bucket.LifecycleRule{Prefix: "x/", ExpireDays: 1, Tags: map[string]string{}}, false)
	if err != nil || len(same) != 1 {
		t.Errorf("%v, %v", same, err)
	}
	more, err := bucket.AddRule(same, bucket.LifecycleRule{Prefix: "x/ü y/", ExpireDays: 1}, false)
	if err != nil || len(more) != 2 || more[1].ID != "x---y-expire-1d" {
		t.Errorf("%v, %v", more, err)
	}
	more, err = bucket.AddRule(more, bucket.LifecycleRule{Prefix: "x/ü y/", ExpireDays: 1, Disabled: true}, false)
	if err != nil || more[2].ID != "x---y-expire-1d-1" {
		t.Errorf("%v, %v", more, err)
	}
	other := bucket.LifecycleRule{ID: "a", ExpireDays: 9}
	var exists *bucket.RuleExistsError
	if _, err = bucket.AddRule(more, other, false); !errors.As(err, &exists) || exists.Old.ID != "a" {
		t.Errorf("got %v", err)
	}
	if more, err = bucket.AddRule(more, other, true); err != nil || more[0].ExpireDays != 9 || len(more) != 3 {
		t.Errorf("%v, %v", more, err)
	}
	if ids := bucket.WithRuleIDs([]bucket.LifecycleRule{{}, {ID: "rule-0"}, {}}); ids[0].ID != "rule-0-1" || ids[2].ID != "rule-2" {
		t.Errorf("%v", ids)
	}
}

func TestWords(t *testing.T) {
	r := bucket.LifecycleRule{
		Prefix: "a\n", Tags: map[string]string{"k": "v"}, LargerThan: 5, SmallerThan: 9, ExpireDate: day(t, "2030-01-31"), NoncurrentKeep: 2, AbortUploadDays: 1,
		TransitionTo: "COLD", TransitionDays: 3, NoncurrentTransitionTo: "ICE", NoncurrentTransitionDays: 4, Disabled: true,
	}
	want := `objects below "a\n" with tag k=v larger than 5 bytes smaller than 9 bytes: deleted from 2030-01-31 on; old versions deleted, but the newest 2 kept; ` +
		`unfinished uploads aborted after 1 day; moved to COLD after 3 days; old versions moved to ICE 4 days after they were replaced (disabled)`
	if diff := cmp.Diff(want, r.Words()); diff != "" {
		t.Error(diff)
	}
}

func TestDue(t *testing.T) {
	at := func(text string) time.Time {
		d, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	now, old := at("2030-01-11T00:00:00Z"), at("2030-01-01T10:00:00Z")
	latest := bucket.Entry{Key: "a/x", Size: 10, Modified: old, Latest: true}
	version := bucket.Entry{Key: "a/x", Size: 10, Modified: old, Replaced: old, Newer: 2}
	marker := bucket.Entry{Key: "a/x", Modified: old, Latest: true, DeleteMarker: true, Alone: true}
	hiding := marker
	hiding.Alone = false
	upload := bucket.Entry{Key: "a/x", Modified: old, Upload: true}
	tagged := latest
	tagged.Tags = map[string]string{"k": "v", "more": "x"}
	for name, c := range map[string]struct {
		rule bucket.LifecycleRule
		e    bucket.Entry
		want string // the action and its time; empty: none
	}{
		"the end of a day":            {bucket.LifecycleRule{ExpireDays: 9}, latest, "delete 2030-01-11T00:00:00Z"},
		"one day less":                {bucket.LifecycleRule{ExpireDays: 8}, latest, "delete 2030-01-10T00:00:00Z"},
		"not yet":                     {bucket.LifecycleRule{ExpireDays: 10}, latest, ""},
		"disabled":                    {bucket.LifecycleRule{ExpireDays: 1, Disabled: true}, latest, ""},
		"another prefix":              {bucket.LifecycleRule{ExpireDays: 1, Prefix: "b/"}, latest, ""},
		"too small":                   {bucket.LifecycleRule{ExpireDays: 1, LargerThan: 10}, latest, ""},
		"small enough":                {bucket.LifecycleRule{ExpireDays: 1, SmallerThan: 11}, latest, "delete 2030-01-03T00:00:00Z"},
		"too large":                   {bucket.LifecycleRule{ExpireDays: 1, SmallerThan: 10}, latest, ""},
		"without the tag":             {bucket.LifecycleRule{ExpireDays: 1, Tags: map[string]string{"k": "v"}}, latest, ""},
		"with the tag":                {bucket.LifecycleRule{ExpireDays: 1, Tags: map[string]string{"k": "v"}}, tagged, "delete 2030-01-03T00:00:00Z"},
		"a date":                      {bucket.LifecycleRule{ExpireDate: day(t, "2030-01-11")}, latest, "delete 2030-01-11T00:00:00Z"},
		"a later date":                {bucket.LifecycleRule{ExpireDate: day(t, "2030-01-12")}, latest, ""},
		"an old version":              {bucket.LifecycleRule{NoncurrentDays: 1}, version, "delete version 2030-01-03T00:00:00Z"},
		"a kept version":              {bucket.LifecycleRule{NoncurrentDays: 1, NoncurrentKeep: 3}, version, ""},
		"a version too many":          {bucket.LifecycleRule{NoncurrentKeep: 2}, version, "delete version 2030-01-01T10:00:00Z"},
		"expiry is not for versions":  {bucket.LifecycleRule{ExpireDays: 1}, version, ""},
		"an unknown successor":        {bucket.LifecycleRule{NoncurrentDays: 1}, bucket.Entry{Key: "a"}, ""},
		"a lonely marker":             {bucket.LifecycleRule{ExpireDeleteMarkers: true, LargerThan: 1}, marker, "remove delete marker 2030-01-01T10:00:00Z"},
		"days are for it too":         {bucket.LifecycleRule{ExpireDays: 1}, marker, "remove delete marker 2030-01-03T00:00:00Z"},
		"a marker that hides":         {bucket.LifecycleRule{ExpireDeleteMarkers: true, ExpireDays: 1}, hiding, ""},
		"an upload":                   {bucket.LifecycleRule{AbortUploadDays: 1}, upload, "abort upload 2030-01-03T00:00:00Z"},
		"expiry is not for uploads":   {bucket.LifecycleRule{ExpireDays: 1}, upload, ""},
		"a latest one is not aborted": {bucket.LifecycleRule{AbortUploadDays: 1}, latest, ""},
	} {
		got := ""
		if d, ok := bucket.Due([]bucket.LifecycleRule{c.rule}, c.e, now); ok {
			got = d.Action + " " + d.At.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	two := []bucket.LifecycleRule{{ID: "late", ExpireDays: 5}, {ID: "early", ExpireDays: 2}, {ID: "tag", ExpireDays: 1, Tags: map[string]string{"k": "v"}}}
	if d, ok := bucket.Due(two, latest, now); !ok || d.Rule != "early" {
		t.Errorf("%+v", d)
	}
	if bucket.NeedsTags(two, latest, now) || !bucket.NeedsTags(two[2:], latest, now) || bucket.NeedsTags(two[:2], latest, now) {
		t.Error("tags are asked for in vain, or not at all")
	}
}

func TestJudgeLifecycle(t *testing.T) {
	works := bucket.LifecycleFacts{Bucket: "b", Rules: []bucket.LifecycleRule{{ID: "x", ExpireDays: 1}}, Versioning: "Off", Scanner: &bucket.Scanner{Enabled: true, State: "fresh"}}
	with := func(change func(*bucket.LifecycleFacts)) bucket.LifecycleFacts {
		f := works
		s := *works.Scanner
		f.Scanner = &s
		change(&f)
		return f
	}
	for name, c := range map[string]struct {
		facts bucket.LifecycleFacts
		want  string // the rules of the findings, worst first
		bad   bool
	}{
		"well":         {works, "", false},
		"no rules":     {bucket.LifecycleFacts{Bucket: "b"}, "lifecycle-none", true},
		"switched off": {with(func(f *bucket.LifecycleFacts) { f.Scanner.Enabled = false }), "scanner-off", true},
		"stale":        {with(func(f *bucket.LifecycleFacts) { f.Scanner.State = "stale" }), "scanner-stale", true},
		"young":        {with(func(f *bucket.LifecycleFacts) { f.Scanner.State = "unknown" }), "scanner-young", false},
		"paused":       {with(func(f *bucket.LifecycleFacts) { f.Scanner.Paused = true }), "scanner-paused", true},
		"failed":       {with(func(f *bucket.LifecycleFacts) { f.Scanner.Failed, f.Scanner.Missed = 1, 1 }), "expiry-failed expiry-missed", true},
		"silent":       {with(func(f *bucket.LifecycleFacts) { f.Scanner = nil }), "scanner-silent", false},
		"overdue":      {with(func(f *bucket.LifecycleFacts) { f.Overdue = bucket.Overdue{Entries: 2, Late: 1} }), "lifecycle-overdue", true},
		"due":          {with(func(f *bucket.LifecycleFacts) { f.Overdue = bucket.Overdue{Entries: 2} }), "", false},
		"idle": {with(func(f *bucket.LifecycleFacts) {
			f.Rules = []bucket.LifecycleRule{{ID: "x", NoncurrentDays: 1}, {ID: "y", ExpireDays: 1, Disabled: true}}
		}), "lifecycle-does-nothing lifecycle-idle-rule lifecycle-idle-rule", true},
		"one idle": {with(func(f *bucket.LifecycleFacts) {
			f.Rules = append(f.Rules, bucket.LifecycleRule{ID: "x", ExpireDeleteMarkers: true})
		}), "lifecycle-idle-rule", true},
		"versions": {with(func(f *bucket.LifecycleFacts) {
			f.Rules, f.Versioning = []bucket.LifecycleRule{{ID: "x", NoncurrentDays: 1}}, "Suspended"
		}), "", false},
	} {
		found := bucket.JudgeLifecycle(c.facts)
		var rules []string
		for _, f := range found {
			rules = append(rules, f.Rule)
			if f.What == "" || f.Subject != "bucket/b" {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if got := strings.Join(rules, " "); got != c.want || finding.Bad(found) != c.bad {
			t.Errorf("%s: %q, bad %t; want %q, %t", name, got, finding.Bad(found), c.want, c.bad)
		}
	}
}
