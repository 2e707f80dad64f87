package object

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Glob is a pattern for names.
type Glob struct {
	expr *regexp.Regexp
	path bool // looks at the whole path and not only at the last name
}

// ParseGlob reads a pattern: * stands for anything but a slash, ** for
// anything, ? for one character, [a-z] for one of several. One without a slash
// looks at the last name only.
func ParseGlob(s string) (Glob, error) {
	var b strings.Builder
	b.WriteString(`(?s)^`)
	for i := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], "**/"):
			b.WriteString(`(?:.*/)?`)
			i += 3
		case strings.HasPrefix(s[i:], "**"):
			b.WriteString(`.*`)
			i += 2
		case s[i] == '*':
			b.WriteString(`[^/]*`)
			i++
		case s[i] == '?':
			b.WriteString(`[^/]`)
			i++
		case s[i] == '[' && strings.Contains(s[i+1:], "]"):
			n := strings.Index(s[i+1:], "]") + 1
			set := strings.ReplaceAll(s[i+1:i+n], `\`, `\\`)
			if rest, not := strings.CutPrefix(set, "!"); not {
				set = "^" + rest
			}
			b.WriteString("[" + set + "]")
			i += n + 1
		default:
			n := strings.IndexAny(s[i+1:], "*?[") + 1
			if n == 0 {
				n = len(s) - i
			}
			b.WriteString(regexp.QuoteMeta(s[i : i+n]))
			i += n
		}
	}
	expr, err := regexp.Compile(b.String() + `$`)
	if s == "" || err != nil {
		return Glob{}, fmt.Errorf("%q is no pattern: write for example *.jpg or logs/**", s)
	}
	return Glob{expr: expr, path: strings.Contains(s, "/")}, nil
}

// Match reports whether the pattern fits a path with slashes.
func (g Glob) Match(rel string) bool {
	if !g.path {
		rel = base(rel)
	}
	return g.expr.MatchString(rel)
}

// Selector says which objects are meant. The zero value means all.
type Selector struct {
	Include, Exclude []Glob
	Regex            *regexp.Regexp // on the path
	Newer, Older     time.Time      // modified after, before
	Larger, Smaller  *int64         // bytes, exclusive
	MaxDepth         int            // names in the path; 0: any number
}

// Match reports whether an object is meant; rel is its path below what was
// asked for.
func (s Selector) Match(rel string, size int64, modified time.Time) bool {
	switch {
	case len(s.Include) > 0 && !anyMatch(s.Include, rel), anyMatch(s.Exclude, rel):
		return false
	case s.Regex != nil && !s.Regex.MatchString(rel):
		return false
	case !s.Newer.IsZero() && !modified.After(s.Newer), !s.Older.IsZero() && !modified.Before(s.Older):
		return false
	case s.Larger != nil && size <= *s.Larger, s.Smaller != nil && size >= *s.Smaller:
		return false
	}
	return s.MaxDepth == 0 || strings.Count(strings.TrimSuffix(rel, "/"), "/") < s.MaxDepth
}

func anyMatch(globs []Glob, rel string) bool {
	for _, g := range globs {
		if g.Match(rel) {
			return true
		}
	}
	return false
}
