package backup

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

var (
	latestName = regexp.MustCompile(`^latest(?:~(\d{1,9}))?$`)
	dayUnits   = regexp.MustCompile(`^-(\d{1,5})([dw])$`)
)

// Resolve finds the backup a person means. name is one of
//
//	latest, latest~N          the newest, or the N-th before it
//	prefix/c-…snap.age        an object key
//	c-2026-01-05T…snap.age    the last element of an object key
//	2026-01-05                the newest of that day in UTC
//	2026-01-05T06:00:00Z      the backup of exactly that second
//	-6h, -90m, -2d, -1w       the newest that is at least that old at now
//
// The catalog must be sorted. Errors are [*NoSnapshots], [*NotFound] and
// [*Ambiguous].
func (c Catalog) Resolve(name string, now time.Time) (Snapshot, error) {
	if len(c.Snapshots) == 0 {
		return Snapshot{}, &NoSnapshots{Foreign: len(c.Foreign)}
	}
	if s, ok := c.object(name); ok {
		return s, nil
	}
	if named := c.where(func(s Snapshot) bool { return s.Key.Base() == name }); len(named) > 0 {
		return one(name, named)
	}
	if m := latestName.FindStringSubmatch(name); m != nil {
		return c.latest(name, m[1])
	}
	if day, err := time.ParseInLocation(time.DateOnly, name, time.UTC); err == nil {
		return c.newest(name, day, func(t time.Time) bool {
			return t.UTC().Format(time.DateOnly) == name
		})
	}
	if at, err := parseStamp(name); err == nil {
		same := c.where(func(s Snapshot) bool { return s.Key.Time.Equal(at) })
		if len(same) == 0 {
			return Snapshot{}, &NotFound{Name: name, Nearest: c.nearest(at)}
		}
		return one(name, same)
	}
	if age, ok := parseAge(name); ok {
		if clusters := c.Clusters(); len(clusters) > 1 {
			return Snapshot{}, &Ambiguous{Name: name, Clusters: clusters}
		}
		limit := now.Add(-age)
		return c.newest(name, limit, func(t time.Time) bool { return !t.After(limit) })
	}
	return Snapshot{}, &NotFound{Name: name, Nearest: objects(c.Snapshots[:min(3, len(c.Snapshots))])}
}

func (c Catalog) object(key string) (Snapshot, bool) {
	for _, s := range c.Snapshots {
		if s.Object == key {
			return s, true
		}
	}
	return Snapshot{}, false
}

func (c Catalog) where(wanted func(Snapshot) bool) []Snapshot {
	var found []Snapshot
	for _, s := range c.Snapshots {
		if wanted(s) {
			found = append(found, s)
		}
	}
	return found
}

func (c Catalog) latest(name, back string) (Snapshot, error) {
	if clusters := c.Clusters(); len(clusters) > 1 {
		return Snapshot{}, &Ambiguous{Name: name, Clusters: clusters}
	}
	n, _ := strconv.Atoi(back) // at most nine digits; "" counts as 0
	if n >= len(c.Snapshots) {
		return Snapshot{}, &NotFound{
			Name:    name,
			Reason:  fmt.Sprintf("there are only %d backups", len(c.Snapshots)),
			Nearest: objects(c.Snapshots[max(0, len(c.Snapshots)-3):]),
		}
	}
	return c.Snapshots[n], nil
}

// newest is the newest backup whose time is wanted; near is the time the
// person had in mind, for the suggestions when there is none.
func (c Catalog) newest(name string, near time.Time, wanted func(time.Time) bool) (Snapshot, error) {
	found := c.where(func(s Snapshot) bool { return wanted(s.Key.Time) })
	if len(found) == 0 {
		return Snapshot{}, &NotFound{Name: name, Nearest: c.nearest(near)}
	}
	if clusters := (Catalog{Snapshots: found}).Clusters(); len(clusters) > 1 {
		return Snapshot{}, &Ambiguous{Name: name, Clusters: clusters}
	}
	return found[0], nil
}

func one(name string, found []Snapshot) (Snapshot, error) {
	if len(found) == 1 {
		return found[0], nil
	}
	if clusters := (Catalog{Snapshots: found}).Clusters(); len(clusters) > 1 {
		return Snapshot{}, &Ambiguous{Name: name, Clusters: clusters}
	}
	return Snapshot{}, &Ambiguous{Name: name, Objects: objects(found)}
}

// parseAge reads "-6h", "-1h30m", "-2d" and "-1w" as positive durations; a
// day is 24 hours.
func parseAge(s string) (time.Duration, bool) {
	if m := dayUnits.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1])
		day := 24 * time.Hour
		if m[2] == "w" {
			day *= 7
		}
		return time.Duration(n) * day, true
	}
	if d, err := time.ParseDuration(s); err == nil && d < 0 {
		return -d, true
	}
	return 0, false
}
