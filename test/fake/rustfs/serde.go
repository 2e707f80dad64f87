package rustfs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// serdeError is a JSON error in the two spellings RustFS lets through:
// Display ("… at line 1 column 2") and Debug (`Error("…", line: 1, column: 2)`).
// Positions are exact for whole-document errors and best effort elsewhere.
type serdeError struct {
	msg    string
	column int
}

// Error is the Display spelling.
func (e *serdeError) Error() string { return fmt.Sprintf("%s at line 1 column %d", e.msg, e.column) }

// debug is the Debug spelling.
func (e *serdeError) debug() string {
	return fmt.Sprintf("Error(%q, line: 1, column: %d)", e.msg, e.column)
}

// object is a decoded JSON object that remembers its text for positions.
type object struct {
	body   []byte
	fields map[string]json.RawMessage
}

// decodeObject reads a JSON object with serde's error texts.
func decodeObject(body []byte) (object, *serdeError) {
	o := object{body: body}
	if err := syntaxError(body); err != nil {
		return o, err
	}
	trimmed := bytes.TrimSpace(body)
	if trimmed[0] != '{' {
		return o, &serdeError{"invalid type: expected a map", len(body)}
	}
	if err := json.Unmarshal(body, &o.fields); err != nil {
		return o, &serdeError{err.Error(), len(body)}
	}
	return o, nil
}

// syntaxError finds what makes a text not JSON, or nil.
func syntaxError(body []byte) *serdeError {
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 {
		return &serdeError{"EOF while parsing a value", 0}
	}
	var raw json.RawMessage
	err := json.Unmarshal(body, &raw)
	if err == nil {
		return nil
	}
	var syntax *json.SyntaxError
	column := len(body)
	if errors.As(err, &syntax) {
		column = int(syntax.Offset)
	}
	if trimmed[0] == '{' && len(trimmed) > 1 {
		if rest := bytes.TrimSpace(trimmed[1:]); len(rest) > 0 && rest[0] != '"' && rest[0] != '}' {
			return &serdeError{"key must be a string", column}
		}
	}
	if strings.Contains(err.Error(), "unexpected end") {
		return &serdeError{"EOF while parsing an object", column}
	}
	return &serdeError{"expected value", column}
}

// at is the column behind a fragment of the body.
func (o object) at(fragment []byte) int {
	if i := bytes.Index(o.body, fragment); i >= 0 {
		return i + len(fragment)
	}
	return len(o.body)
}

// missing is the error for an absent mandatory field.
func (o object) missing(name string) *serdeError {
	return &serdeError{"missing field `" + name + "`", len(bytes.TrimRight(o.body, " \n"))}
}

// str reads a mandatory string.
func (o object) str(name string) (string, *serdeError) {
	raw, ok := o.fields[name]
	if !ok {
		return "", o.missing(name)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "", o.wrongType(raw, "a string")
	}
	return s, nil
}

// optional reads a string that may be absent or null.
func (o object) optional(name string) (string, *serdeError) {
	raw, ok := o.fields[name]
	if !ok || string(raw) == "null" {
		return "", nil
	}
	return o.str(name)
}

// variant reads a mandatory string out of a set.
func (o object) variant(name string, allowed []string, expected string) (string, *serdeError) {
	s, err := o.str(name)
	if err != nil {
		return "", err
	}
	for _, a := range allowed {
		if s == a {
			return s, nil
		}
	}
	return "", &serdeError{"unknown variant `" + s + "`, expected " + expected, o.at(o.fields[name])}
}

// strings reads an array of strings.
func (o object) strings(name string, mandatory bool) ([]string, *serdeError) {
	raw, ok := o.fields[name]
	if !ok {
		if mandatory {
			return nil, o.missing(name)
		}
		return nil, nil
	}
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return nil, o.wrongType(raw, "a sequence")
	}
	return list, nil
}

// boolean reads a mandatory boolean.
func (o object) boolean(name string) (bool, *serdeError) {
	raw, ok := o.fields[name]
	if !ok {
		return false, o.missing(name)
	}
	var b bool
	if json.Unmarshal(raw, &b) != nil {
		return false, o.wrongType(raw, "a boolean")
	}
	return b, nil
}

func (o object) wrongType(raw json.RawMessage, expected string) *serdeError {
	kind := "map"
	switch text := string(raw); {
	case strings.HasPrefix(text, `"`):
		kind = "string " + text
	case strings.HasPrefix(text, "["):
		kind = "sequence"
	case text == "null":
		kind = "null"
	case text == "true" || text == "false":
		kind = "boolean `" + text + "`"
	case strings.HasPrefix(text, "{"):
	default:
		kind = "integer `" + text + "`"
	}
	return &serdeError{"invalid type: " + kind + ", expected " + expected, o.at(raw)}
}

// marshal encodes without HTML escaping and without a newline.
func marshal(value any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}
