package bucket

import (
	"strings"
	"time"
)

// Entry is what a listing tells of one version of an object, of a delete
// marker or of an unfinished upload.
type Entry struct {
	Key          string
	Size         int64 // bytes
	Tags         map[string]string
	Modified     time.Time // an upload: when it was begun
	Upload       bool
	Latest       bool
	DeleteMarker bool
	Alone        bool      // no other version of the key is left
	Replaced     time.Time // when the next newer version came; zero: unknown
	Newer        int       // versions that are not the latest and newer than this one
}

// Deadline is what a rule does to an entry, and since when it is due.
type Deadline struct {
	Rule   string // ID
	Action string // "delete", "delete version", "remove delete marker", "abort upload"
	At     time.Time
}

// Due decides which rule has to act on an entry by now, as the server decides
// it: days are whole days of 24 hours, and end at the next midnight UTC. Of
// several rules the one that was due first counts. Moves to other tiers are
// not looked at. (crates/lifecycle/src/core.rs at 1.0.1, eval_inner)
func Due(rules []LifecycleRule, e Entry, now time.Time) (Deadline, bool) {
	var first Deadline
	found := false
	for _, r := range rules {
		if r.Disabled || !r.covers(e) {
			continue
		}
		d, ok := r.deadline(e, now)
		if ok && !d.At.After(now) && (!found || d.At.Before(first.At)) {
			first, found = d, true
		}
	}
	return first, found
}

// NeedsTags reports whether an entry's tags decide if it is due.
func NeedsTags(rules []LifecycleRule, e Entry, now time.Time) bool {
	if _, due := Due(rules, e, now); due {
		return false
	}
	for _, r := range rules {
		if len(r.Tags) == 0 {
			continue
		}
		e.Tags = r.Tags
		if _, due := Due([]LifecycleRule{r}, e, now); due {
			return true
		}
	}
	return false
}

// covers reports whether a rule is for an entry. The size of delete markers
// and uploads does not count.
func (r LifecycleRule) covers(e Entry) bool {
	if !strings.HasPrefix(e.Key, r.Prefix) {
		return false
	}
	for k, v := range r.Tags {
		if got, ok := e.Tags[k]; !ok || got != v {
			return false
		}
	}
	if e.DeleteMarker || e.Upload {
		return true
	}
	return (r.LargerThan == 0 || e.Size > r.LargerThan) && (r.SmallerThan == 0 || e.Size < r.SmallerThan)
}

func (r LifecycleRule) deadline(e Entry, now time.Time) (Deadline, bool) {
	switch {
	case e.Upload:
		return Deadline{r.ID, "abort upload", after(e.Modified, r.AbortUploadDays)}, r.AbortUploadDays > 0
	case !e.Latest:
		return r.versionDeadline(e)
	case e.DeleteMarker:
		return r.markerDeadline(e, now)
	case r.ExpireDate != nil:
		return Deadline{r.ID, "delete", r.ExpireDate.UTC()}, true
	}
	return Deadline{r.ID, "delete", after(e.Modified, r.ExpireDays)}, r.ExpireDays > 0
}

func (r LifecycleRule) versionDeadline(e Entry) (Deadline, bool) {
	if (r.NoncurrentDays == 0 && r.NoncurrentKeep == 0) || e.Newer < r.NoncurrentKeep || e.Replaced.IsZero() {
		return Deadline{}, false
	}
	at := e.Replaced
	if r.NoncurrentDays > 0 {
		at = after(e.Replaced, r.NoncurrentDays)
	}
	return Deadline{r.ID, "delete version", at}, true
}

// markerDeadline is for a delete marker that hides nothing any more; days of
// expiry count for it too.
func (r LifecycleRule) markerDeadline(e Entry, now time.Time) (Deadline, bool) {
	const action = "remove delete marker"
	switch {
	case !e.Alone:
		return Deadline{}, false
	case r.ExpireDeleteMarkers:
		return Deadline{r.ID, action, earlier(e.Modified, now)}, true
	case r.ExpireDays > 0:
		return Deadline{r.ID, action, after(e.Modified, r.ExpireDays)}, true
	}
	return Deadline{}, false
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// after is the end of so many days: midnight UTC, unless they end there
// already. (expected_expiry_time)
func after(t time.Time, days int) time.Time {
	const day = 24 * time.Hour
	end := t.UTC().Add(time.Duration(days) * day)
	if midnight := end.Truncate(day); !midnight.Equal(end) {
		return midnight.Add(day)
	}
	return end
}
