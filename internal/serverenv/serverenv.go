// Package serverenv knows the variables of RustFS' environment: which there
// are, which are replaced by others, what holds where nothing is set, and
// which hold secrets. (crates rustfs-config, rustfs-utils and rustfs of 1.0.1)
package serverenv

import (
	"net/url"
	"slices"
	"strings"
)

// Prefix is how RustFS' variables begin.
const Prefix = "RUSTFS_"

// legacyPrefix is that of MinIO's, some of which are still read.
const legacyPrefix = "MINIO_"

// Ours reports whether a variable is one that RustFS may read.
func Ours(name string) bool {
	return strings.HasPrefix(name, Prefix) || strings.HasPrefix(name, legacyPrefix) || strings.HasPrefix(name, "_"+Prefix)
}

// Note is what is to be said of a variable.
type Note struct {
	Deprecated bool
	Unknown    bool
	Instead    string // the name to use; empty: none
	Why        string // one sentence without a full stop
}

// NoteOn says what is to be said of a variable; ok is false when nothing is.
func NoteOn(name string) (n Note, ok bool) {
	if why := deprecated(name); why.Why != "" {
		return why, true
	}
	if suffix, legacy := strings.CutPrefix(name, legacyPrefix); legacy {
		if slices.Contains(strings.Fields(legacyNames), suffix) {
			return Note{Deprecated: true, Instead: Prefix + suffix, Why: "MinIO's name is only read for the time being"}, true
		}
		return Note{Unknown: true, Why: "RustFS does not read this name of MinIO's"}, true
	}
	suffix, ours := strings.CutPrefix(name, Prefix)
	if !ours || isKnown(suffix) {
		return Note{}, false
	}
	n = Note{Unknown: true, Instead: nearest(suffix), Why: "RustFS 1.0.1 does not read it"}
	return n, true
}

// deprecated are the names that were replaced. The program itself warns of
// them, but for the external address, which it no longer reads.
func deprecated(name string) Note {
	switch name {
	case "RUSTFS_EXTERNAL_ADDRESS":
		return Note{Deprecated: true, Why: "it is no longer read, and proxies are confused by it"}
	case "RUSTFS_ROOT_USER", "MINIO_ROOT_USER", "MINIO_ACCESS_KEY":
		return Note{Deprecated: true, Instead: "RUSTFS_ACCESS_KEY", Why: "the name is only read for the time being"}
	case "RUSTFS_ROOT_PASSWORD", "MINIO_ROOT_PASSWORD", "MINIO_SECRET_KEY":
		return Note{Deprecated: true, Instead: "RUSTFS_SECRET_KEY", Why: "the name is only read for the time being"}
	case "RUSTFS_ENABLE_SCANNER":
		return Note{Deprecated: true, Instead: "RUSTFS_SCANNER_ENABLED", Why: "the name was changed"}
	case "RUSTFS_ENABLE_HEAL":
		return Note{Deprecated: true, Instead: "RUSTFS_HEAL_ENABLED", Why: "the name was changed"}
	case "RUSTFS_ENABLE_LOCKS":
		return Note{Deprecated: true, Instead: "RUSTFS_LOCK_ENABLED", Why: "the name was changed"}
	case "RUSTFS_DATA_SCANNER_START_DELAY_SECS":
		return Note{Deprecated: true, Instead: "RUSTFS_SCANNER_START_DELAY_SECS", Why: "the name was changed"}
	case "_RUSTFS_ILM_PROCESS_TIME":
		return Note{Deprecated: true, Instead: "RUSTFS_ILM_PROCESS_TIME", Why: "the name was changed"}
	}
	return Note{}
}

func known() []string { return strings.Fields(knownNames) }

// isKnown also takes NAME_TARGET for the families that may have several
// targets: notify, audit and identity providers.
func isKnown(suffix string) bool {
	all := known()
	if slices.Contains(all, suffix) {
		return true
	}
	several := strings.HasPrefix(suffix, "NOTIFY_") || strings.HasPrefix(suffix, "AUDIT_") || strings.HasPrefix(suffix, "IDENTITY_")
	return several && slices.ContainsFunc(all, func(n string) bool { return strings.HasPrefix(suffix, n+"_") })
}

// maxTypos is how many letters a name may be off to be taken for another.
const maxTypos = 3

// nearest is the known name that was probably meant; empty: none is near.
func nearest(suffix string) string {
	best, distance := "", maxTypos+1
	for _, n := range known() {
		if d := edits(suffix, n, distance); d < distance {
			best, distance = n, d
		}
	}
	if best == "" {
		return ""
	}
	return Prefix + best
}

// edits is how many letters must be changed, added or removed to make a b; it
// stops counting at limit.
func edits(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		last, smallest := row[0], i
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := last
			if a[i-1] != b[j-1] {
				cost++
			}
			last, row[j] = row[j], min(row[j]+1, row[j-1]+1, cost)
			smallest = min(smallest, row[j])
		}
		if smallest >= limit {
			return limit
		}
	}
	return row[len(b)]
}

// Secret reports whether the value of a variable or key of this name is not
// to be shown.
func Secret(name string) bool {
	upper := strings.ToUpper(name)
	for _, word := range []string{"SECRET", "PASSWORD", "PASSWD", "TOKEN", "KEY", "CREDENTIAL", "LICENSE", "HEADERS", "DSN", "AUTH"} {
		if strings.Contains(upper, word) {
			return true
		}
	}
	return false
}

// hidden stands for a part that is not shown.
const hidden = "xxxxx"

// Shown is a value without what must not be seen: the password in a URL.
func Shown(value string) string {
	words := strings.Fields(value)
	changed := false
	for i, w := range words {
		if !strings.Contains(w, "://") || !strings.Contains(w, "@") {
			continue
		}
		u, err := url.Parse(w)
		switch {
		case err != nil:
			words[i], changed = hidden, true
		case u.User != nil:
			u.User = url.User(hidden)
			words[i], changed = u.String(), true
		}
	}
	if !changed {
		return value
	}
	return strings.Join(words, " ")
}

// Default is what holds when a variable is not set.
type Default struct{ Name, Value string }

// Defaults are those that people ask for (rustfs-config, constants/app.rs and
// console.rs of 1.0.1).
func Defaults() []Default {
	return []Default{
		{"RUSTFS_ADDRESS", ":9000"},
		{"RUSTFS_BUFFER_PROFILE", "GeneralPurpose"},
		{"RUSTFS_CONSOLE_ADDRESS", ":9001"},
		{"RUSTFS_CONSOLE_CORS_ALLOWED_ORIGINS", ""},
		{"RUSTFS_CONSOLE_ENABLE", "true"},
		{"RUSTFS_CORS_ALLOWED_ORIGINS", ""},
		{"RUSTFS_HEAL_ENABLED", "true"},
		{"RUSTFS_KMS_ENABLE", "false"},
		{"RUSTFS_OBS_ENDPOINT", ""},
		{"RUSTFS_REGION", "us-east-1"},
		{"RUSTFS_SCANNER_ENABLED", "true"},
		{"RUSTFS_SERVER_DOMAINS", ""},
		{"RUSTFS_TLS_PATH", ""},
	}
}
