package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// PolicyVersion is the one version of the policy language.
const PolicyVersion = "2012-10-17"

// Document is a policy as RustFS keeps it: lists where the language allows
// single values.
type Document struct {
	ID         string      `json:"ID,omitempty"`
	Version    string      `json:"Version"`
	Statements []Statement `json:"Statement"`

	foreign []string // members that no document has
}

// Statement is one rule of a document.
type Statement struct {
	Sid         string          `json:"Sid,omitempty"`
	Effect      string          `json:"Effect"`
	Action      []string        `json:"Action,omitempty"`
	NotAction   []string        `json:"NotAction,omitempty"`
	Resource    []string        `json:"Resource,omitempty"`
	NotResource []string        `json:"NotResource,omitempty"`
	Condition   json.RawMessage `json:"Condition,omitempty"`

	foreign []string
}

// Parse reads a document. Members that do not belong in one are kept for
// Lint; what is no document at all is an error.
func Parse(text []byte) (Document, error) {
	var d Document
	members, err := object(text)
	if err != nil {
		return d, fmt.Errorf("policy: %w", err)
	}
	for name, raw := range members {
		switch name {
		case "ID":
			err = into(raw, &d.ID)
		case "Version":
			err = into(raw, &d.Version)
		case "Statement":
			d.Statements, err = statements(raw)
		default:
			d.foreign = append(d.foreign, name)
		}
		if err != nil {
			return d, fmt.Errorf("policy: %s: %w", name, err)
		}
	}
	slices.Sort(d.foreign)
	return d, nil
}

func statements(raw json.RawMessage) ([]Statement, error) {
	var items []json.RawMessage
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		items = []json.RawMessage{raw} // one statement without the list around it
	} else if err := into(raw, &items); err != nil {
		return nil, err
	}
	out := make([]Statement, 0, len(items))
	for i, item := range items {
		s, err := statement(item)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", i+1, err)
		}
		out = append(out, s)
	}
	return out, nil
}

func statement(raw json.RawMessage) (Statement, error) {
	var s Statement
	members, err := object(raw)
	if err != nil {
		return s, err
	}
	for name, value := range members {
		switch name {
		case "Sid":
			err = into(value, &s.Sid)
		case "Effect":
			err = into(value, &s.Effect)
		case "Action":
			s.Action, err = list(value)
		case "NotAction":
			s.NotAction, err = list(value)
		case "Resource":
			s.Resource, err = list(value)
		case "NotResource":
			s.NotResource, err = list(value)
		case "Condition":
			s.Condition, err = condition(value)
		default:
			s.foreign = append(s.foreign, name)
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		}
	}
	slices.Sort(s.foreign)
	return s, nil
}

var errShape = errors.New("not of the form that a policy has")

// object reads one JSON object with nothing behind it.
func object(text []byte) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&members); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return nil, errShape
		}
		if errors.Is(err, io.EOF) {
			return nil, errors.New("there is nothing in it")
		}
		return nil, fmt.Errorf("no JSON: %w", err)
	}
	if members == nil {
		return nil, errShape
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("no JSON: something follows the end of the document")
	}
	return members, nil
}

func into(raw json.RawMessage, to any) error {
	if json.Unmarshal(raw, to) != nil {
		return errShape
	}
	return nil
}

// list reads a string or a list of strings; what is in it twice counts once.
func list(raw json.RawMessage) ([]string, error) {
	var one string
	if json.Unmarshal(raw, &one) == nil && string(raw) != "null" {
		return []string{one}, nil
	}
	var many []string
	if err := into(raw, &many); err != nil {
		return nil, err
	}
	var out []string
	for _, s := range many {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, nil
}

// condition keeps a condition as it was written, without its blanks; an empty
// one is none.
func condition(raw json.RawMessage) (json.RawMessage, error) {
	var blocks map[string]map[string]any
	if err := into(raw, &blocks); err != nil {
		return nil, err
	}
	if len(blocks) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	err := json.Compact(&b, raw)
	return b.Bytes(), err
}

// JSON is the document in the form that every version of RustFS reads.
func (d Document) JSON() []byte {
	if d.Statements == nil {
		d.Statements = []Statement{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(d); err != nil {
		panic(err) // strings, and a Condition that was JSON
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// Equal compares what two documents mean: the order of statements and of the
// members of lists, names of statements and repetitions do not count. The
// server does not keep them.
func Equal(a, b Document) bool {
	return a.Version == b.Version && slices.Equal(a.meaning(), b.meaning())
}

// meaning is one text for each different statement, sorted.
func (d Document) meaning() []string {
	var out []string
	for _, s := range d.Statements {
		out = append(out, s.meaning())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s Statement) meaning() string {
	text, err := json.Marshal([]any{
		s.Effect, actions(s.Action), actions(s.NotAction), set(s.Resource), set(s.NotResource), conditionOf(s.Condition),
	})
	if err != nil {
		panic(err) // strings, and maps of strings
	}
	return string(text)
}

// actions are a set in which "*" is what RustFS takes it for: all of S3.
func actions(list []string) []string {
	out := slices.Clone(list)
	for i, a := range out {
		if a == "*" {
			out[i] = "s3:*"
		}
	}
	return set(out)
}

func set(list []string) []string {
	out := append([]string{}, list...)
	slices.Sort(out)
	return slices.Compact(out)
}

// conditionOf turns the values of a condition into sorted lists of text.
func conditionOf(raw json.RawMessage) map[string]map[string][]string {
	var blocks map[string]map[string]any
	if len(raw) == 0 || json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	out := map[string]map[string][]string{}
	for operator, keys := range blocks {
		out[operator] = map[string][]string{}
		for key, value := range keys {
			out[operator][key] = values(value)
		}
	}
	return out
}

func values(v any) []string {
	many, ok := v.([]any)
	if !ok {
		return []string{fmt.Sprint(v)}
	}
	var out []string
	for _, one := range many {
		out = append(out, fmt.Sprint(one))
	}
	return set(out)
}

// families are those of a statement's actions: "s3", "admin", …
func (s Statement) families() []string {
	seen := map[string]bool{}
	for _, a := range slices.Concat(s.Action, s.NotAction) {
		family, _, _ := strings.Cut(a, ":")
		if a == "*" {
			family = "s3"
		}
		seen[family] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
