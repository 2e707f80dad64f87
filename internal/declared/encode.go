package declared

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// YAML is the document as text, in a form that depends on nothing but what it
// means.
func (d Document) YAML() ([]byte, error) { return toYAML(d.Canonical()) }

// JSON is the document as one object of JSON.
func (d Document) JSON() ([]byte, error) {
	b, err := marshal(d.Canonical())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, b, "", "  ")
	return out.Bytes(), err
}

// Canonical orders everything whose order means nothing, and leaves out what
// goes without saying.
func (d Document) Canonical() Document {
	out := Document{APIVersion: APIVersion, Kind: DocumentKind}
	for _, b := range d.Buckets {
		b.Settings = canonicalSettings(b.Settings)
		out.Buckets = append(out.Buckets, b)
	}
	for _, p := range d.Policies {
		p.Document = canonicalDocument(p.Document)
		out.Policies = append(out.Policies, p)
	}
	for _, g := range d.Groups {
		g.Status, g.Policies = quiet(g.Status), sorted(g.Policies)
		out.Groups = append(out.Groups, g)
	}
	for _, u := range d.Users {
		u.Status, u.Policies, u.Groups = quiet(u.Status), sorted(u.Policies), sorted(u.Groups)
		out.Users = append(out.Users, u)
	}
	for _, k := range d.Keys {
		k.Status = quiet(k.Status)
		if k.Policy != nil {
			p := canonicalDocument(*k.Policy)
			k.Policy = &p
		}
		out.Keys = append(out.Keys, k)
	}
	slices.SortFunc(out.Buckets, func(a, b Bucket) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(out.Policies, func(a, b Policy) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(out.Groups, func(a, b Group) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(out.Users, func(a, b User) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(out.Keys, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.AccessKey, b.AccessKey))
	})
	return out
}

// quiet leaves out the state that everything has.
func quiet(s Status) Status {
	if s == Enabled {
		return ""
	}
	return s
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// toYAML writes a value's JSON as YAML, with the members in their order.
func toYAML(v any) ([]byte, error) {
	b, err := marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	n, err := node(d)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	e.CompactSeqIndent()
	if err := e.Encode(n); err != nil {
		return nil, err
	}
	err = e.Close()
	return out.Bytes(), err
}

// text is toYAML for people, where a value cannot fail.
func text(v any) string {
	b, err := toYAML(v)
	if err != nil {
		return err.Error() + "\n"
	}
	return string(b)
}

// node reads the next value of d.
func node(d *json.Decoder) (*yaml.Node, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := t.(type) {
	case json.Delim:
		return composite(d, v)
	case string:
		n := &yaml.Node{}
		if n.SetString(v); ambiguous(v) {
			n.Style = yaml.DoubleQuotedStyle
		}
		return n, nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.String()}, nil
	case bool:
		if v {
			return &yaml.Node{Kind: yaml.ScalarNode, Value: "true"}, nil
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Value: "false"}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: "null"}, nil
}

// ambiguous reports whether older readers of YAML take a text for something
// else: "no" for false, 12:30 for a number.
func ambiguous(s string) bool {
	if slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(s)) {
		return true
	}
	return strings.Trim(s, "0123456789:") == "" && strings.Contains(s, ":")
}

var errToken = errors.New("no JSON")

func composite(d *json.Decoder, open json.Delim) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	if open == '{' {
		n.Kind = yaml.MappingNode
	}
	for d.More() {
		child, err := node(d)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, child)
	}
	if _, err := d.Token(); err != nil && !errors.Is(err, io.EOF) {
		return nil, errToken
	}
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n, nil
}
