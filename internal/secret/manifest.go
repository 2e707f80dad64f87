package secret

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Manifest is a Secret of Kubernetes that is written into a file.
type Manifest struct {
	Namespace, Name     string
	Labels, Annotations map[string]string
	Data                map[string]Value
}

// entry is a member of a YAML mapping, in its place.
type entry struct {
	key   string
	value any // string, []entry, block, or [][]entry for a list of mappings
}

// block is text that is written as it is, line below line.
type block string

// Plain is the Secret in the clear, as YAML in an order that is always the
// same.
func (m Manifest) Plain() string { return yaml(m.object(m.Reveal)) }

// Reveal is the value of one key.
func (m Manifest) Reveal(key string) string { return m.Data[key].Reveal() }

// object is the Secret with values as value tells them.
func (m Manifest) object(value func(key string) string) []entry {
	data := []entry{}
	for _, k := range m.keys() {
		data = append(data, entry{k, value(k)})
	}
	return []entry{
		{"apiVersion", "v1"},
		{"kind", "Secret"},
		{"metadata", m.metadata()},
		{"type", "Opaque"},
		{"stringData", data},
	}
}

func (m Manifest) keys() []string { return slices.Sorted(maps.Keys(m.Data)) }

func (m Manifest) metadata() []entry {
	out := []entry{{"name", m.Name}, {"namespace", m.Namespace}}
	for name, set := range map[string]map[string]string{"labels": m.Labels, "annotations": m.Annotations} {
		var all []entry
		for _, k := range slices.Sorted(maps.Keys(set)) {
			all = append(all, entry{k, set[k]})
		}
		if len(all) > 0 {
			out = append(out, entry{name, all})
		}
	}
	slices.SortStableFunc(out[2:], func(a, b entry) int { return -strings.Compare(a.key, b.key) })
	return out
}

// yaml writes entries in their order.
func yaml(entries []entry) string {
	var b strings.Builder
	write(&b, entries, "")
	return b.String()
}

func write(b *strings.Builder, entries []entry, indent string) {
	for _, e := range entries {
		b.WriteString(indent + scalar(e.key) + ":")
		switch v := e.value.(type) {
		case string:
			b.WriteString(" " + scalar(v) + "\n")
		case block:
			b.WriteString(" |\n")
			for line := range strings.Lines(string(v)) {
				b.WriteString(indent + "  " + strings.TrimRight(line, "\n") + "\n")
			}
		case []entry:
			b.WriteString("\n")
			write(b, v, indent+"  ")
		case [][]entry:
			b.WriteString("\n")
			for _, item := range v {
				var one strings.Builder
				write(&one, item, indent+"    ")
				b.WriteString(indent + "  - " + strings.TrimPrefix(one.String(), indent+"    "))
			}
		}
	}
}

var (
	plainScalar  = regexp.MustCompile(`^([A-Za-z/][A-Za-z0-9_./=+-]*|ENC\[[A-Za-z0-9_,:+/=]*\])$`)
	specialWords = regexp.MustCompile(`^(?i:true|false|yes|no|on|off|y|n|null)$`)
)

// scalar is a string as YAML takes it for one.
func scalar(s string) string {
	if plainScalar.MatchString(s) && !specialWords.MatchString(s) {
		return s
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(text)
}
