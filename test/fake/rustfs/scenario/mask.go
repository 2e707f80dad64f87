package scenario

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// masks replace what differs from run to run.
var masks = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?\+00:00(:00)?(\[[A-Za-z/]+\])?|Z)?`), "<time>"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "<uuid>"},
	{regexp.MustCompile(` at line \d+ column \d+`), " at <position>"},
	{regexp.MustCompile(`line: \d+, column: \d+`), "<position>"},
	{regexp.MustCompile(`\[rustfs_cache:[^\]]*\]`), ""}, // behind the key in a marker
	{regexp.MustCompile(`<NextContinuationToken>[^<]*`), "<NextContinuationToken><token>"},
}

// keptTime is the one time that is a value of a scenario, not of a run.
const (
	keptTime       = "9999-01-01T00:00:00Z"
	keptTimeMasked = "<never>"
)

// Mask replaces times, ids and positions in a text.
func Mask(s string) string {
	s = strings.ReplaceAll(s, keptTime, keptTimeMasked)
	for _, m := range masks {
		s = m.pattern.ReplaceAllString(s, m.with)
	}
	return s
}

// Canonical makes an answer body comparable: masked, and for JSON with sorted
// members and elements, also inside strings that hold JSON documents.
func Canonical(body string) string {
	var value any
	if json.Unmarshal([]byte(body), &value) != nil {
		return Mask(body)
	}
	return encode(canonical(value))
}

func canonical(value any) any {
	switch v := value.(type) {
	case string:
		var inner map[string]any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil {
			return canonical(inner)
		}
		return Mask(v)
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			out = append(out, canonical(e))
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(encode(a), encode(b)) })
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = canonical(e)
		}
		return out
	}
	return value
}

func encode(value any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(b.String(), "\n")
}
