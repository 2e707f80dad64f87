package cli

import (
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"k8s.io/apimachinery/pkg/util/duration"
)

// Unknown and None fill gaps in tables, as kubectl fills them.
const (
	Unknown = "<unknown>"
	None    = "<none>"
)

// Size is n bytes for people, in powers of 1024, without a blank in it.
func Size(n int64) string {
	if n < 0 {
		return Unknown
	}
	return strings.ReplaceAll(humanize.IBytes(uint64(n)), " ", "")
}

// Age is how long before now t was, as kubectl shows ages.
func Age(t, now time.Time) string {
	if t.IsZero() {
		return Unknown
	}
	return duration.HumanDuration(now.Sub(t))
}

// Plural is "1 object" or "3 objects".
func Plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(n) + " " + one + "s"
}
