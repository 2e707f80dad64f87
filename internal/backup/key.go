package backup

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// ErrForeign says that an object name does not follow the naming of
// talos-backup, so the object is not ours to read or to delete.
var ErrForeign = errors.New("not a talos-backup object name")

// baseName is the grammar of the last element of an object key, read from the
// right because the cluster name may hold dashes. Source: talos-backup
// pkg/talos (name), pkg/compression (.zst), pkg/encryption (.age); ".gz" is
// written by the fork oscarsiles/talos-backup.
var baseName = regexp.MustCompile(`^(?s)(.+)-(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))\.snap(\.zst|\.gz)?(\.age)?$`)

// Key is the parsed name of a backup object:
//
//	<prefix>/<cluster>-<RFC3339 time>.snap[.zst|.gz][.age]
//
// A parsed Key gives back exactly the bytes it was parsed from.
type Key struct {
	// Prefix is everything before the last slash, verbatim: it may be empty,
	// begin with a slash or end with one ("a/" makes the key "a//name").
	Prefix string
	// Cluster is the name talos-backup gave the cluster (CLUSTER_NAME, or the
	// talosconfig context).
	Cluster string
	// Time is when the backup began, with a resolution of one second and in
	// the zone written in the name.
	Time time.Time
	// Compression is "" (none), "zst" or "gz", as the name says it.
	Compression string
	// Encrypted is true for names ending in ".age".
	Encrypted bool

	stamp  string // the time as written: "+00:00" would otherwise become "Z"
	rooted bool   // a slash was written although Prefix is empty
}

// ParseKey reads an object key. The error wraps [ErrForeign].
func ParseKey(key string) (Key, error) {
	slash := strings.LastIndexByte(key, '/')
	m := baseName.FindStringSubmatch(key[slash+1:])
	if m == nil {
		return Key{}, fmt.Errorf("object %q: %w", key, ErrForeign)
	}
	t, err := parseStamp(m[2])
	if err != nil {
		return Key{}, fmt.Errorf("object %q: %w: %q is not a time", key, ErrForeign, m[2])
	}
	return Key{
		Prefix:      key[:max(slash, 0)],
		Cluster:     m[1],
		Time:        t,
		Compression: strings.TrimPrefix(m[3], "."),
		Encrypted:   m[4] != "",
		stamp:       m[2],
		rooted:      slash == 0,
	}, nil
}

// String is the object key.
func (k Key) String() string {
	if k.Prefix == "" && !k.rooted {
		return k.Base()
	}
	return k.Prefix + "/" + k.Base()
}

// Base is the object key without its prefix.
func (k Key) Base() string {
	name := k.Cluster + "-" + k.timestamp() + ".snap"
	if k.Compression != "" {
		name += "." + k.Compression
	}
	if k.Encrypted {
		name += ".age"
	}
	return name
}

func (k Key) timestamp() string {
	if t, err := parseStamp(k.stamp); err == nil && t.Equal(k.Time) {
		return k.stamp
	}
	return k.Time.Format(time.RFC3339)
}

// parseStamp never consults the zone of this computer.
func parseStamp(s string) (time.Time, error) {
	return time.ParseInLocation(time.RFC3339, s, time.UTC)
}
