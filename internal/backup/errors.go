package backup

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// NoSnapshots says that a catalog holds no backup at all.
type NoSnapshots struct {
	// Foreign is how many objects were seen that talos-backup did not write.
	Foreign int
}

func (e *NoSnapshots) Error() string {
	if e.Foreign > 0 {
		return fmt.Sprintf("no backups: %d objects are there, none named as talos-backup does", e.Foreign)
	}
	return "no backups: the store holds none under this prefix"
}

// Hint says what to check.
func (e *NoSnapshots) Hint() string {
	return "check bucket and prefix, or take a backup first"
}

// NotFound says that no backup has the wanted name.
type NotFound struct {
	// Name is what was asked for.
	Name string
	// Reason is empty or says why there is none.
	Reason string
	// Nearest are up to three object keys that may have been meant.
	Nearest []string
}

func (e *NotFound) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("backup %q: %s", e.Name, e.Reason)
	}
	return fmt.Sprintf("backup %q: there is none", e.Name)
}

// Hint names the nearest backups.
func (e *NotFound) Hint() string {
	if len(e.Nearest) == 0 {
		return ""
	}
	return "nearest: " + strings.Join(e.Nearest, ", ")
}

// Ambiguous says that a name fits more than one backup. Either Clusters or
// Objects is set.
type Ambiguous struct {
	// Name is what was asked for.
	Name string
	// Clusters are the clusters it could mean.
	Clusters []string
	// Objects are the object keys it could mean, all of one cluster.
	Objects []string
}

func (e *Ambiguous) Error() string {
	if len(e.Clusters) > 0 {
		return fmt.Sprintf("backup %q: there are several clusters: %s", e.Name, strings.Join(e.Clusters, ", "))
	}
	return fmt.Sprintf("backup %q: fits %d objects: %s", e.Name, len(e.Objects), strings.Join(e.Objects, ", "))
}

// Hint says how to be exact.
func (e *Ambiguous) Hint() string {
	if len(e.Clusters) > 0 {
		return "choose one with --cluster-name NAME"
	}
	return "give the full object key"
}

// nearest are the three backups closest in time, the closest first.
func (c Catalog) nearest(t time.Time) []string {
	sorted := slices.Clone(c.Snapshots)
	slices.SortStableFunc(sorted, func(a, b Snapshot) int {
		da, db := a.Key.Time.Sub(t).Abs(), b.Key.Time.Sub(t).Abs()
		switch {
		case da < db:
			return -1
		case da > db:
			return 1
		}
		return 0
	})
	return objects(sorted[:min(3, len(sorted))])
}

func objects(snapshots []Snapshot) []string {
	names := make([]string, len(snapshots))
	for i, s := range snapshots {
		names[i] = s.Object
	}
	return names
}
