package object

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	durationPattern = regexp.MustCompile(`^(\d+[smhdw])+$`)
	durationPart    = regexp.MustCompile(`(\d+)([smhdw])`)
	sizePattern     = regexp.MustCompile(`^(\d+(?:\.\d+)?) ?([kKMGTPE]?)(i?)[bB]?$`)
)

// ParseDuration reads 90s, 12h, 30d, 1w2d. A day has 24 hours.
func ParseDuration(s string) (time.Duration, error) {
	if !durationPattern.MatchString(s) {
		return 0, fmt.Errorf("%q is no duration: write for example 90s, 12h, 30d or 1w2d", s)
	}
	var d time.Duration
	for _, m := range durationPart.FindAllStringSubmatch(s, -1) {
		n, err := strconv.ParseInt(m[1], 10, 64)
		unit := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
		if err != nil || n > int64(math.MaxInt64-d)/int64(unit) {
			return 0, fmt.Errorf("%q is too long a duration", s)
		}
		d += time.Duration(n) * unit
	}
	return d, nil
}

// ParseTime reads a point in time: how long ago (30d), a date (2026-01-31, in
// UTC) or RFC 3339.
func ParseTime(s string, now time.Time) (time.Time, error) {
	if d, err := ParseDuration(s); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: write for example 30d (ago), 2026-01-31 or 2026-01-31T12:00:00Z", s)
}

// ParseSize reads a number of bytes: 100, 10k, 5M, 1.5Gi; k is 1000, Ki is
// 1024.
func ParseSize(s string) (int64, error) {
	m := sizePattern.FindStringSubmatch(s)
	if m == nil || m[2] == "" && m[3] != "" {
		return 0, fmt.Errorf("%q is no size: write for example 100, 10k, 5M or 1.5Gi", s)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	step := 1000.0
	if m[3] != "" {
		step = 1024
	}
	power := 0
	if m[2] != "" {
		power = strings.Index("KMGTPE", strings.ToUpper(m[2])) + 1
	}
	n *= math.Pow(step, float64(power))
	if err != nil || n >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is too large", s)
	}
	return int64(n), nil
}

// ParsePairs reads NAME=VALUE words.
func ParsePairs(words []string) (map[string]string, error) {
	if len(words) == 0 {
		return nil, nil
	}
	out := map[string]string{}
	for _, w := range words {
		k, v, ok := strings.Cut(w, "=")
		if !ok || k == "" {
			return nil, fmt.Errorf("%q is not NAME=VALUE", w)
		}
		if _, twice := out[k]; twice {
			return nil, fmt.Errorf("%q is given twice", k)
		}
		out[k] = v
	}
	return out, nil
}

// ModifiedOf is the time of the file that an object was made from; zero when
// its metadata do not tell.
func ModifiedOf(metadata map[string]string) time.Time {
	whole, frac, _ := strings.Cut(metadata[MetaModified], ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}
	}
	nanos, err := strconv.ParseInt((frac + "000000000")[:9], 10, 64)
	if err != nil {
		nanos = 0
	}
	return time.Unix(seconds, nanos)
}

// ModifiedText is a time as it is kept in metadata.
func ModifiedText(t time.Time) string {
	return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
}
