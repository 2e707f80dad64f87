package declared

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// Error is a mistake in a document.
type Error struct {
	At   string // file and line
	Path string // users[0].name; empty: the document
	Rule string
}

func (e *Error) Error() string {
	if e.Path == "" {
		return e.At + ": " + e.Rule
	}
	return e.At + ": " + e.Path + ": " + e.Rule
}

// Limits of a document: aliases may not make it grow without end.
const (
	maxNodes = 1 << 20
	maxDepth = 64
)

// Parse reads the documents in a file of YAML or JSON. file is how errors call
// it. Unknown members are errors. Each document is held against the rules that
// need no server.
func Parse(file string, text []byte) ([]Document, error) {
	out, err := Decode(file, text)
	for i := range out {
		if err == nil {
			err = out[i].validate()
		}
	}
	return out, err
}

// Decode is Parse for what a server has said itself: servers take more than
// the rules allow.
func Decode(file string, text []byte) ([]Document, error) {
	var out []Document
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var root yaml.Node
		err := d.Decode(&root)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, syntax(file, err)
		}
		if root.Kind != yaml.DocumentNode || len(root.Content) == 0 || root.Content[0].Tag == "!!null" {
			continue // between two lines of dashes
		}
		one, err := parseOne(file, root.Content[0])
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
}

// syntax turns the parser's error, "yaml: line 3: …", into the document's.
func syntax(file string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := ""
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if n, why, ok := strings.Cut(rest, ": "); ok {
			line, text = ":"+n, why
		}
	}
	return &Error{At: file + line, Rule: "no YAML: " + text}
}

func parseOne(file string, n *yaml.Node) (Document, error) {
	r := &reader{file: file}
	var d Document
	if err := r.head(n); err != nil {
		return d, err
	}
	err := r.value(n, reflect.ValueOf(&d).Elem(), "", 0)
	return d, err
}

// reader fills values from nodes. The library's own decoder neither says where
// an unknown member stands, nor which members were written.
type reader struct {
	file  string
	nodes int
}

func (r *reader) at(n *yaml.Node) string { return r.file + ":" + strconv.Itoa(n.Line) }

func (r *reader) fail(n *yaml.Node, path, format string, args ...any) error {
	return &Error{At: r.at(n), Path: path, Rule: fmt.Sprintf(format, args...)}
}

// head looks at apiVersion and kind first, so that a foreign object is called
// one.
func (r *reader) head(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return r.fail(n, "", "must be an object with apiVersion and kind")
	}
	got := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		got[n.Content[i].Value] = n.Content[i+1].Value
	}
	switch {
	case got["apiVersion"] != APIVersion:
		return r.fail(n, "", "apiVersion must be %s, not %q", APIVersion, got["apiVersion"])
	case got["kind"] != DocumentKind:
		return r.fail(n, "", "kind must be %s, not %q", DocumentKind, got["kind"])
	}
	return nil
}

// placed is a part of a document that remembers what was written.
type placed interface {
	place(at string)
	give(member string)
}

func (r *reader) value(n *yaml.Node, v reflect.Value, path string, depth int) error {
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		return r.fail(n, path, "too large or too deep")
	}
	if n.Kind == yaml.AliasNode {
		return r.value(n.Alias, v, path, depth+1)
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil // as if it were empty; that it is written counts
	}
	switch to := v.Addr().Interface().(type) {
	case *iam.Document:
		return r.policy(n, to, path)
	case *json.RawMessage:
		return r.raw(n, to, path)
	case *time.Time:
		return r.time(n, to, path)
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return r.value(n, v.Elem(), path, depth+1)
	case reflect.Struct:
		return r.object(n, v, path, depth)
	case reflect.Slice:
		return r.list(n, v, path, depth)
	case reflect.Map:
		return r.words(n, v, path)
	default:
		return r.scalar(n, v, path)
	}
}

func (r *reader) object(n *yaml.Node, v reflect.Value, path string, depth int) error {
	if n.Kind != yaml.MappingNode {
		return r.fail(n, path, "must be an object")
	}
	p, isPlaced := v.Addr().Interface().(placed)
	if isPlaced {
		p.place(r.at(n))
	}
	members := membersOf(v.Type())
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		m, ok := find(members, key.Value)
		switch {
		case key.Kind != yaml.ScalarNode || !ok:
			return r.fail(key, path, "unknown field %q; known are %s", key.Value, strings.Join(names(members), ", "))
		case seen[key.Value]:
			return r.fail(key, path, "%s is there twice", key.Value)
		}
		seen[key.Value] = true
		if isPlaced {
			p.give(key.Value)
		}
		if err := r.value(n.Content[i+1], v.FieldByIndex(m.index), join(path, key.Value), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) list(n *yaml.Node, v reflect.Value, path string, depth int) error {
	if n.Kind != yaml.SequenceNode {
		return r.fail(n, path, "must be a list")
	}
	if len(n.Content) > maxNodes-r.nodes {
		return r.fail(n, path, "too large or too deep")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		if item.Kind == yaml.ScalarNode && item.Tag == "!!null" {
			return r.fail(item, at, "is empty")
		}
		if err := r.value(item, v.Index(i), at, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// words are tags: names and texts.
func (r *reader) words(n *yaml.Node, v reflect.Value, path string) error {
	if n.Kind != yaml.MappingNode {
		return r.fail(n, path, "must be an object")
	}
	out := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if key.Kind != yaml.ScalarNode || value.Kind != yaml.ScalarNode {
			return r.fail(key, path, "must have names and texts only")
		}
		if _, ok := out[key.Value]; ok {
			return r.fail(key, path, "%s is there twice", key.Value)
		}
		out[key.Value] = value.Value
	}
	v.Set(reflect.ValueOf(out))
	return nil
}

func (r *reader) scalar(n *yaml.Node, v reflect.Value, path string) error {
	if n.Kind != yaml.ScalarNode {
		return r.fail(n, path, "must be a single value")
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
		return nil
	case reflect.Bool:
		if n.Tag == "!!bool" {
			v.SetBool(strings.EqualFold(n.Value, "true"))
			return nil
		}
		return r.fail(n, path, "must be true or false, not %q", n.Value)
	case reflect.Uint:
		u, err := strconv.ParseUint(n.Value, 10, 31)
		if err != nil || n.Tag != "!!int" {
			return r.fail(n, path, "must be a whole number, not %q", n.Value)
		}
		v.SetUint(u)
		return nil
	default:
		if n.Tag == "!!str" && strings.HasSuffix(path, ".quota") {
			return r.size(n, v, path)
		}
		i, err := strconv.ParseInt(n.Value, 10, v.Type().Bits())
		if err != nil || n.Tag != "!!int" {
			return r.fail(n, path, "must be a whole number, not %q", n.Value)
		}
		v.SetInt(i)
		return nil
	}
}

// size reads bytes as people write them: 10Gi.
func (r *reader) size(n *yaml.Node, v reflect.Value, path string) error {
	bytes, err := bucket.ParseSize(n.Value)
	if err != nil {
		return r.fail(n, path, "%v", err)
	}
	v.SetInt(bytes)
	return nil
}

func (r *reader) time(n *yaml.Node, to *time.Time, path string) error {
	if n.Kind == yaml.ScalarNode {
		for _, form := range []string{time.RFC3339, time.DateOnly} {
			if t, err := time.Parse(form, n.Value); err == nil {
				*to = t.UTC()
				return nil
			}
		}
	}
	return r.fail(n, path, "must be a time like 2030-01-31T00:00:00Z, not %q", n.Value)
}

// raw keeps a member as JSON. A text is taken for JSON itself.
func (r *reader) raw(n *yaml.Node, to *json.RawMessage, path string) error {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		var object map[string]any
		if err := json.Unmarshal([]byte(n.Value), &object); err != nil || object == nil {
			return r.fail(n, path, "must be an object, or JSON of one")
		}
		*to = json.RawMessage(n.Value)
		return nil
	}
	v, err := r.any(n, path, 0)
	if err != nil {
		return err
	}
	if _, ok := v.(map[string]any); !ok {
		return r.fail(n, path, "must be an object")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return r.fail(n, path, "%v", err)
	}
	*to = b
	return nil
}

// any is what JSON would have in a node's place. Dates are text: the version
// of policies looks like one.
func (r *reader) any(n *yaml.Node, path string, depth int) (any, error) {
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		return nil, r.fail(n, path, "too large or too deep")
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.any(n.Alias, path, depth+1)
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if _, twice := out[key.Value]; twice || key.Kind != yaml.ScalarNode {
				return nil, r.fail(key, path, "%q is there twice, or no name", key.Value)
			}
			v, err := r.any(n.Content[i+1], join(path, key.Value), depth+1)
			if err != nil {
				return nil, err
			}
			out[key.Value] = v
		}
		return out, nil
	case yaml.SequenceNode:
		out := []any{}
		for i, item := range n.Content {
			v, err := r.any(item, fmt.Sprintf("%s[%d]", path, i), depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	default:
		return r.single(n, path)
	}
}

func (r *reader) single(n *yaml.Node, path string) (any, error) {
	switch n.Tag {
	case "!!null":
		return nil, nil
	case "!!bool", "!!int", "!!float":
		var v any
		if err := n.Decode(&v); err != nil {
			return nil, r.fail(n, path, "%q is no value", n.Value)
		}
		if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
			return nil, r.fail(n, path, "%q is no number of JSON", n.Value)
		}
		return v, nil
	}
	return n.Value, nil
}

func (r *reader) policy(n *yaml.Node, to *iam.Document, path string) error {
	var text json.RawMessage
	if err := r.raw(n, &text, path); err != nil {
		return err
	}
	d, err := iam.Parse(text)
	if err != nil {
		return r.fail(n, path, "%v", err)
	}
	if fatal := iam.Fatal(iam.Lint(d)); len(fatal) > 0 {
		return r.fail(n, path, "%s", fatal[0])
	}
	*to = d
	return nil
}

func join(path, member string) string {
	if path == "" {
		return member
	}
	return path + "." + member
}

// member is a field of a struct under its name in the document.
type member struct {
	name  string
	index []int
	typ   reflect.Type
	empty bool // may be left out
}

// membersOf are the fields of a struct, those of embedded ones among them.
func membersOf(t reflect.Type) []member {
	var out []member
	for _, f := range reflect.VisibleFields(t) {
		tag, ok := f.Tag.Lookup("json")
		if !ok || !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		out = append(out, member{name, f.Index, f.Type, options == "omitempty"})
	}
	return out
}

func find(members []member, name string) (member, bool) {
	for _, m := range members {
		if m.name == name {
			return m, true
		}
	}
	return member{}, false
}

func names(members []member) []string {
	var out []string
	for _, m := range members {
		out = append(out, m.name)
	}
	return out
}

// Merge makes one document of many. What two of them name is refused.
func Merge(all ...Document) (Document, error) {
	out := Document{APIVersion: APIVersion, Kind: DocumentKind}
	for _, d := range all {
		for _, k := range Kinds() {
			if d.Contains(k) {
				out.Give(k)
			}
		}
		out.Buckets = append(out.Buckets, d.Buckets...)
		out.Policies = append(out.Policies, d.Policies...)
		out.Groups = append(out.Groups, d.Groups...)
		out.Users = append(out.Users, d.Users...)
		out.Keys = append(out.Keys, d.Keys...)
	}
	return out, out.unique()
}

// unique refuses what is named twice; keys and users share their names.
func (d *Document) unique() error {
	seen := map[string]string{}
	once := func(kind Kind, name, at string) error {
		space := string(kind)
		if kind == KindKey {
			space = string(KindUser)
		}
		if before, ok := seen[space+"/"+name]; ok {
			return &Error{At: at, Rule: fmt.Sprintf("%s %q is named a second time, after %s", kind, name, before)}
		}
		seen[space+"/"+name] = at
		return nil
	}
	var errs []error
	for _, x := range d.Buckets {
		errs = append(errs, once(KindBucket, x.Name, x.at))
	}
	for _, x := range d.Policies {
		errs = append(errs, once(KindPolicy, x.Name, x.at))
	}
	for _, x := range d.Groups {
		errs = append(errs, once(KindGroup, x.Name, x.at))
	}
	for _, x := range d.Users {
		errs = append(errs, once(KindUser, x.Name, x.at))
	}
	for _, x := range d.Keys {
		errs = append(errs, once(KindKey, x.AccessKey, x.at))
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
