package object

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Entry is a file or an object of one side of a sync.
type Entry struct {
	Rel      string // below the folder
	Size     int64
	Modified time.Time
	ETag     string // of an object
	Path     string // of a file, as the system takes it
}

// Compare is how two sides of a sync are compared.
type Compare string

// The ways to compare. A file is read to be compared by its checksum, and only
// when it has the same size.
const (
	ByChecksum Compare = "checksum" // and by time where there is no checksum to compare
	ByTime     Compare = "time"     // newer ones are copied
	BySize     Compare = "size"
)

// ParseCompare reads a way to compare.
func ParseCompare(s string) (Compare, error) {
	switch c := Compare(s); c {
	case ByChecksum, ByTime, BySize:
		return c, nil
	}
	return "", fmt.Errorf("%q is no way to compare: checksum, time and size are", s)
}

// Reason says why a step is taken.
type Reason string

// The reasons.
const (
	New      Reason = "new"
	Resized  Reason = "other size"
	Changed  Reason = "other content"
	Newer    Reason = "newer"
	Extra    Reason = "not in the source"
	Same     Reason = "same"
	Unknown  Reason = "to be compared" // by reading it
	Excluded Reason = "excluded"
)

// Step is one thing to do.
type Step struct {
	Entry         // of the source; of the target when it is deleted
	Delete bool   // else copy
	Why    Reason // Unknown: Decide has to say
	Old    string // the path of the file that is replaced, when there is one
}

// Plan is what makes the target like the source.
type Plan struct {
	Copies, Deletes []Step
	Same            int64 // that need nothing
	Bytes           int64 // to copy
	Target          int64 // files or objects in the target
}

// errTwice says that a name is there twice; it is wrapped with the name.
var errTwice = errors.New("the name is there twice")

// NewPlan compares two sides. Only the target's names are held in memory
// beside the plan. Entries that keep leaves out are neither copied nor
// deleted. decide is asked about those of the same size that only their
// content tells apart.
func NewPlan(source, target iter.Seq2[Entry, error], by Compare, keep func(Entry) bool, decide func(from, to Entry) (Reason, error)) (Plan, error) {
	var p Plan
	there := map[string]Entry{}
	for e, err := range target {
		if err != nil {
			return p, err
		}
		if !keep(e) {
			continue
		}
		if _, twice := there[e.Rel]; twice {
			return p, fmt.Errorf("%q: %w in the target", e.Rel, errTwice)
		}
		there[e.Rel] = e
		p.Target++
	}
	for e, err := range source {
		if err != nil {
			return p, err
		}
		if !keep(e) {
			continue
		}
		old, ok := there[e.Rel]
		delete(there, e.Rel)
		why := New
		if ok {
			why = Difference(e, old, by)
		}
		if why == Unknown {
			var err error
			if why, err = decide(e, old); err != nil {
				return p, err
			}
		}
		if why == Same {
			p.Same++
			continue
		}
		p.Copies = append(p.Copies, Step{Entry: e, Why: why, Old: old.Path})
		p.Bytes += e.Size
	}
	for _, e := range there {
		p.Deletes = append(p.Deletes, Step{Entry: e, Delete: true, Why: Extra})
	}
	slices.SortFunc(p.Deletes, func(a, b Step) int { return strings.Compare(a.Rel, b.Rel) })
	return p, nil
}

// Difference compares two entries of the same name.
func Difference(from, to Entry, by Compare) Reason {
	switch {
	case from.Size != to.Size:
		return Resized
	case by == BySize:
		return Same
	case by == ByTime:
		if from.Modified.After(to.Modified) {
			return Newer
		}
		return Same
	case from.ETag != "" && from.ETag == to.ETag:
		return Same
	case plainMD5(from.ETag) && plainMD5(to.ETag):
		return Changed
	}
	return Unknown
}

func plainMD5(etag string) bool { return md5Pattern.MatchString(etag) }

// TooMuch says why so much is not deleted unasked; empty when it is. percent
// is how much of the target may go.
func (p Plan) TooMuch(percent int) string {
	n := int64(len(p.Deletes))
	if n == 0 || n*100 <= p.Target*int64(percent) {
		return ""
	}
	return fmt.Sprintf("%d of the %d in the target would be deleted, more than %d %%", n, p.Target, percent)
}

// Version is one version of an object, or a delete marker.
type Version struct {
	ID       string
	Modified time.Time
	Marker   bool
	Latest   bool
	Size     int64
}

// Revival is what brings an object back.
type Revival struct {
	Key     string
	Markers []string // versions that are delete markers, to be removed
	Copy    string   // the version to put on top; empty: none
	Size    int64    // of what is there afterwards
	From    time.Time
	Why     string // why nothing is to be done
	// Hopeless says that there is nothing that could be brought back.
	Hopeless bool
}

// Nothing reports whether the object stays as it is.
func (r Revival) Nothing() bool { return len(r.Markers) == 0 && r.Copy == "" }

// Undelete plans how a key comes back; versions are the newest first. Without
// a time, the delete markers on top go. With one, the version of then is put
// on top again.
func Undelete(key string, versions []Version, at time.Time) Revival {
	r := Revival{Key: key}
	if at.IsZero() {
		return r.uncover(versions)
	}
	for i, v := range versions {
		if v.Modified.After(at) {
			continue
		}
		switch {
		case v.Marker:
			r.Why = "was deleted at that time"
		case i == 0:
			r.Why = "is as it was"
		default:
			r.Copy, r.Size, r.From = v.ID, v.Size, v.Modified
		}
		return r
	}
	r.Why, r.Hopeless = "did not exist at that time", true
	return r
}

func (r Revival) uncover(versions []Version) Revival {
	for _, v := range versions {
		if v.Marker {
			r.Markers = append(r.Markers, v.ID)
			continue
		}
		if len(r.Markers) == 0 {
			r.Why = "is not deleted"
		}
		r.Size, r.From = v.Size, v.Modified
		return r
	}
	r.Markers, r.Why, r.Hopeless = nil, "has no version left", true
	return r
}

// DecideObjects compares two objects of the same size by their checksums, and
// by their times where they have none in common.
func DecideObjects(from, to Info) Reason {
	for name, sum := range from.Checksums {
		if other := to.Checksums[name]; other != "" && !strings.Contains(sum+other, "-") {
			if sum == other {
				return Same
			}
			return Changed
		}
	}
	if from.ETag != "" && from.ETag == to.ETag {
		return Same
	}
	if m := from.Metadata[MetaModified]; m != "" && m == to.Metadata[MetaModified] {
		return Same
	}
	if from.Modified.After(to.Modified) {
		return Newer
	}
	return Same
}

// DecideTimes compares a file with an object of the same size by the time that
// the object's metadata tell of its file, else by their own; up: the file is
// the source.
func DecideTimes(file time.Time, o Info, up bool) Reason {
	if noted := ModifiedOf(o.Metadata); !noted.IsZero() {
		if noted.Truncate(time.Microsecond).Equal(file.Truncate(time.Microsecond)) {
			return Same
		}
		return Changed
	}
	if up && file.After(o.Modified) || !up && o.Modified.After(file) {
		return Newer
	}
	return Same
}
