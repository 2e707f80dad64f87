package bucket

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// IsXML reports whether a document is S3's XML and not JSON.
func IsXML(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n"), []byte("<"))
}

// ParseLifecycle reads lifecycle rules from any form they come in: a list of
// LifecycleRule, an object that has one as "lifecycle" or "rules" (such as a
// bucket that was printed), S3's XML, and the JSON of the aws and mc programs.
// What it does not know is an error, not left out.
func ParseLifecycle(text []byte) ([]LifecycleRule, error) {
	if IsXML(text) {
		var c xmlLifecycle
		if err := strictXML(text, "LifecycleConfiguration", &c); err != nil {
			return nil, err
		}
		return awsRules(c.Rules)
	}
	list, err := members(text, "lifecycle", "rules", "Rules", "LifecycleConfiguration")
	if err != nil {
		return nil, err
	}
	out := make([]LifecycleRule, len(list))
	for i, raw := range list {
		if out[i], err = lifecycleRule(raw); err != nil {
			return nil, fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	return out, nil
}

// lifecycleRule reads one rule of our form or of aws'.
func lifecycleRule(raw json.RawMessage) (LifecycleRule, error) {
	var names map[string]json.RawMessage
	if err := json.Unmarshal(raw, &names); err != nil {
		return LifecycleRule{}, errors.New("it is no object")
	}
	if _, ok := names["Status"]; ok {
		var r xmlRule
		if err := strictJSON(raw, &r); err != nil {
			return LifecycleRule{}, err
		}
		return r.rule()
	}
	type plain LifecycleRule
	var r struct {
		plain
		ExpireDate     string `json:"expireDate"`
		TransitionDate string `json:"transitionDate"`
	}
	if err := strictJSON(raw, &r); err != nil {
		return LifecycleRule{}, err
	}
	var errs [2]error
	out := LifecycleRule(r.plain)
	out.ExpireDate, errs[0] = ParseDate(r.ExpireDate)
	out.TransitionDate, errs[1] = ParseDate(r.TransitionDate)
	return out, errors.Join(errs[:]...)
}

// ParseDate reads a day, "2030-01-31", or a time as in RFC 3339; nothing is
// nil.
func ParseDate(text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			if y := t.UTC().Year(); y < 1970 || y > 9999 {
				break
			}
			t = t.UTC()
			return &t, nil
		}
	}
	return nil, fmt.Errorf("the date %q is not of the form 2030-01-31", text)
}

// members finds the list of rules in a document of JSON.
func members(text []byte, keys ...string) ([]json.RawMessage, error) {
	text = bytes.TrimSpace(text)
	var list []json.RawMessage
	if bytes.HasPrefix(text, []byte("[")) {
		return list, oneJSON(text, &list)
	}
	var object map[string]json.RawMessage
	if err := oneJSON(text, &object); err != nil {
		return nil, err
	}
	var found []string
	for k := range object {
		if slices.Contains(keys, k) {
			found = append(found, k)
		}
	}
	switch {
	case len(found) > 1:
		slices.Sort(found)
		return nil, fmt.Errorf("%s may not come together", strings.Join(found, " and "))
	case len(found) == 0:
		return nil, fmt.Errorf("it has none of the members %s, and is no list", strings.Join(keys, ", "))
	}
	raw := bytes.TrimSpace(object[found[0]])
	if bytes.HasPrefix(raw, []byte("{")) {
		return members(raw, keys...)
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%s is no list", found[0])
	}
	return list, nil
}

// oneJSON reads one value with nothing behind it.
func oneJSON(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("there is nothing in it")
		}
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return errors.New("it is neither an object nor a list")
		}
		return fmt.Errorf("no JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("no JSON: something follows the end of the document")
	}
	return nil
}

// strictJSON refuses members that are not known, with their names.
func strictJSON(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("%s cannot be a %s", strings.TrimPrefix(kind.Field, "plain."), kind.Value)
	}
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// foreign are elements that a structure does not know.
type foreign struct {
	Elements []struct{ XMLName xml.Name } `xml:",any"`
}

func (f foreign) names() []string {
	var out []string
	for _, e := range f.Elements {
		out = append(out, e.XMLName.Local)
	}
	return out
}

func strictXML(text []byte, root string, into interface{ unknown() []string }) error {
	var name struct{ XMLName xml.Name }
	d := xml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&name); err != nil {
		return fmt.Errorf("no XML: %w", err)
	}
	if name.XMLName.Local != root {
		return fmt.Errorf("the XML is a %s, not a %s", name.XMLName.Local, root)
	}
	if err := xml.Unmarshal(text, into); err != nil {
		return fmt.Errorf("no XML of the form that S3 has: %w", err)
	}
	if names := into.unknown(); len(names) > 0 {
		return fmt.Errorf("the element %s is not known", names[0])
	}
	return nil
}

// oneOrMany reads a list, or a single value for a list of one.
type oneOrMany[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *oneOrMany[T]) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte("[")) {
		var list []json.RawMessage
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		for _, raw := range list {
			var one T
			if err := strictJSON(raw, &one); err != nil {
				return err
			}
			*l = append(*l, one)
		}
		return nil
	}
	var one T
	if err := strictJSON(b, &one); err != nil {
		return err
	}
	*l = oneOrMany[T]{one}
	return nil
}

// xmlLifecycle and what is below it are S3's form of rules, in XML and in the
// JSON of the aws and mc programs.
type xmlLifecycle struct {
	XMLName xml.Name  `xml:"LifecycleConfiguration"`
	Rules   []xmlRule `xml:"Rule"`
	foreign
}

type xmlRule struct {
	ID                             string                   `xml:"ID"`
	Status                         string                   `xml:"Status"`
	Prefix                         string                   `xml:"Prefix"`
	Filter                         xmlFilter                `xml:"Filter"`
	Expiration                     xmlExpiration            `xml:"Expiration"`
	Transition                     oneOrMany[xmlTransition] `xml:"Transition"`
	Transitions                    oneOrMany[xmlTransition] `xml:"-"`
	NoncurrentVersionExpiration    xmlNoncurrent            `xml:"NoncurrentVersionExpiration"`
	NoncurrentVersionTransition    oneOrMany[xmlNoncurrent] `xml:"NoncurrentVersionTransition"`
	NoncurrentVersionTransitions   oneOrMany[xmlNoncurrent] `xml:"-"`
	AbortIncompleteMultipartUpload xmlAbort                 `xml:"AbortIncompleteMultipartUpload"`
	foreign                        `json:"-"`
}

type xmlFilter struct {
	Prefix                string  `xml:"Prefix"`
	Tag                   *xmlTag `xml:"Tag"`
	ObjectSizeGreaterThan int64   `xml:"ObjectSizeGreaterThan"`
	ObjectSizeLessThan    int64   `xml:"ObjectSizeLessThan"`
	And                   *xmlAnd `xml:"And"`
	foreign               `json:"-"`
}

type xmlAnd struct {
	Prefix                string   `xml:"Prefix"`
	Tag                   []xmlTag `xml:"Tag" json:"Tags"`
	ObjectSizeGreaterThan int64    `xml:"ObjectSizeGreaterThan"`
	ObjectSizeLessThan    int64    `xml:"ObjectSizeLessThan"`
	foreign               `json:"-"`
}

type xmlTag struct{ Key, Value string }

type xmlExpiration struct {
	Days                      *int   `xml:"Days"`
	Date                      string `xml:"Date"`
	ExpiredObjectDeleteMarker bool   `xml:"ExpiredObjectDeleteMarker"`
	foreign                   `json:"-"`
}

type xmlTransition struct {
	Days         *int   `xml:"Days"`
	Date         string `xml:"Date"`
	StorageClass string `xml:"StorageClass"`
	foreign      `json:"-"`
}

type xmlNoncurrent struct {
	NoncurrentDays          *int   `xml:"NoncurrentDays"`
	NewerNoncurrentVersions int    `xml:"NewerNoncurrentVersions"`
	StorageClass            string `xml:"StorageClass"`
	foreign                 `json:"-"`
}

type xmlAbort struct {
	DaysAfterInitiation *int `xml:"DaysAfterInitiation"`
	foreign             `json:"-"`
}

func (c *xmlLifecycle) unknown() []string {
	out := c.names()
	for _, r := range c.Rules {
		out = slices.Concat(out, r.names(), r.Filter.names(), r.Expiration.names(), r.NoncurrentVersionExpiration.names(), r.AbortIncompleteMultipartUpload.names())
		if r.Filter.And != nil {
			out = append(out, r.Filter.And.names()...)
		}
		for _, t := range r.Transition {
			out = append(out, t.names()...)
		}
		for _, t := range r.NoncurrentVersionTransition {
			out = append(out, t.names()...)
		}
	}
	return out
}

func awsRules(rules []xmlRule) ([]LifecycleRule, error) {
	out := make([]LifecycleRule, len(rules))
	for i, r := range rules {
		var err error
		if out[i], err = r.rule(); err != nil {
			return nil, fmt.Errorf("rule %s: %w", ruleName(r.ID, i), err)
		}
	}
	return out, nil
}

// rule is a rule in our form.
func (r xmlRule) rule() (LifecycleRule, error) {
	out := LifecycleRule{ID: strings.TrimSpace(r.ID), Disabled: r.Status == "Disabled"}
	if r.Status != "Enabled" && r.Status != "Disabled" {
		return out, fmt.Errorf("its Status must be Enabled or Disabled, not %q", r.Status)
	}
	if err := r.filter(&out); err != nil {
		return out, err
	}
	return out, r.actions(&out)
}

func (r xmlRule) filter(out *LifecycleRule) error {
	f := r.Filter
	prefixes := []string{r.Prefix, f.Prefix}
	tags := []xmlTag{}
	if f.Tag != nil {
		tags = append(tags, *f.Tag)
	}
	out.LargerThan, out.SmallerThan = f.ObjectSizeGreaterThan, f.ObjectSizeLessThan
	if a := f.And; a != nil {
		prefixes, tags = append(prefixes, a.Prefix), append(tags, a.Tag...)
		out.LargerThan, out.SmallerThan = max(out.LargerThan, a.ObjectSizeGreaterThan), max(out.SmallerThan, a.ObjectSizeLessThan)
	}
	for _, p := range prefixes {
		if p == "" {
			continue
		}
		if out.Prefix != "" && out.Prefix != p {
			return fmt.Errorf("it has the two prefixes %q and %q", out.Prefix, p)
		}
		out.Prefix = p
	}
	for _, t := range tags {
		if out.Tags == nil {
			out.Tags = map[string]string{}
		}
		if _, twice := out.Tags[t.Key]; twice {
			return fmt.Errorf("it has the tag %q twice", t.Key)
		}
		out.Tags[t.Key] = t.Value
	}
	return nil
}

func (r xmlRule) actions(out *LifecycleRule) error {
	transitions := slices.Concat(r.Transition, r.Transitions)
	noncurrent := slices.Concat(r.NoncurrentVersionTransition, r.NoncurrentVersionTransitions)
	if len(transitions) > 1 || len(noncurrent) > 1 {
		return errors.New("RustFS takes one transition in a rule")
	}
	var errs []error
	number := func(into *int, n *int, what string) {
		if n == nil {
			return
		}
		if *into = *n; *n < 1 {
			errs = append(errs, fmt.Errorf("%s must be 1 or more", what))
		}
	}
	date := func(into **time.Time, text string) {
		var err error
		*into, err = ParseDate(text)
		errs = append(errs, err)
	}
	number(&out.ExpireDays, r.Expiration.Days, "Days of Expiration")
	date(&out.ExpireDate, r.Expiration.Date)
	out.ExpireDeleteMarkers = r.Expiration.ExpiredObjectDeleteMarker
	number(&out.NoncurrentDays, r.NoncurrentVersionExpiration.NoncurrentDays, "NoncurrentDays")
	out.NoncurrentKeep = r.NoncurrentVersionExpiration.NewerNoncurrentVersions
	number(&out.AbortUploadDays, r.AbortIncompleteMultipartUpload.DaysAfterInitiation, "DaysAfterInitiation")
	for _, t := range transitions {
		number(&out.TransitionDays, t.Days, "Days of Transition")
		date(&out.TransitionDate, t.Date)
		out.TransitionTo = t.StorageClass
	}
	for _, t := range noncurrent {
		number(&out.NoncurrentTransitionDays, t.NoncurrentDays, "NoncurrentDays of the transition")
		out.NoncurrentTransitionTo = t.StorageClass
		if t.NewerNoncurrentVersions > 0 {
			errs = append(errs, errors.New("NewerNoncurrentVersions of a transition is not known here"))
		}
	}
	return errors.Join(errs...)
}
