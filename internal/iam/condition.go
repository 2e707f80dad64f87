package iam

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// conditions are those of one statement; all must hold.
type conditions []check

// check is one operator with one or more keys.
type check struct {
	name     string // as written, "ForAnyValue:StringLikeIfExists"
	kind     string // "StringLike"
	set      string // "ForAnyValue", "ForAllValues" or empty
	ifExists bool
	tests    []test
}

// test is a key and what it is compared with.
type test struct {
	full, key string // "aws:SourceIp", "SourceIp"
	texts     []string
	number    int64
	flag      bool
	moment    time.Time
	networks  []netip.Prefix
	blobs     []string
}

// Operators are the condition operators, without IfExists, which may follow
// any of them, and ForAnyValue: and ForAllValues:, which mean something before
// those on text. (rustfs-policy src/policy/function/condition.rs)
func Operators() []string {
	return []string{
		"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
		"ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals", "BinaryEquals", "IpAddress", "NotIpAddress", "Null", "Bool",
		"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanIfExists",
		"NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
	}
}

// errCondition is a condition that the server does not take.
var errCondition = errors.New("not a condition that RustFS knows")

// parseConditions reads a Condition as the server does.
func parseConditions(raw json.RawMessage) (conditions, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var blocks map[string]map[string]json.RawMessage
	if err := json.Unmarshal(raw, &blocks); err != nil {
		return nil, fmt.Errorf("%w: it is no object of objects", errCondition)
	}
	var out conditions
	for name, keys := range blocks {
		c, err := parseCheck(name, keys)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b check) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

func parseCheck(name string, keys map[string]json.RawMessage) (check, error) {
	c := check{name: name, kind: name}
	if set, rest, ok := strings.Cut(name, ":"); ok {
		if set != "ForAnyValue" && set != "ForAllValues" {
			return c, fmt.Errorf("%w: %q stands before an operator, and only ForAnyValue and ForAllValues may", errCondition, set)
		}
		c.set, c.kind = set, rest
	}
	for !slices.Contains(Operators(), c.kind) {
		base, ok := strings.CutSuffix(c.kind, "IfExists")
		if !ok {
			return c, fmt.Errorf("%w: there is no operator %q", errCondition, name)
		}
		c.kind, c.ifExists = base, true
	}
	if len(keys) == 0 {
		return c, fmt.Errorf("%w: %s has no key", errCondition, name)
	}
	for full, value := range keys {
		t, err := parseTest(c.kind, full, value)
		if err != nil {
			return c, fmt.Errorf("%w: %s: %w", errCondition, name, err)
		}
		c.tests = append(c.tests, t)
	}
	slices.SortFunc(c.tests, func(a, b test) int { return strings.Compare(a.full, b.full) })
	return c, nil
}

func parseTest(kind, full string, value json.RawMessage) (test, error) {
	t := test{full: full}
	key, ok := ConditionKey(full)
	if !ok {
		return t, fmt.Errorf("there is no condition key %q", full)
	}
	t.key = key
	var err error
	switch {
	case kind == "Null" || kind == "Bool":
		t.flag, err = flagOf(value)
	case strings.HasPrefix(kind, "Numeric"):
		t.number, err = numberOf(value)
	case strings.HasPrefix(kind, "Date"):
		t.moment, err = momentOf(value)
	default:
		t.texts, err = list(value)
		if err == nil && len(t.texts) == 0 && !strings.HasSuffix(kind, "IpAddress") {
			err = errors.New("it has no value")
		}
		if err == nil {
			err = t.special(kind)
		}
	}
	if err != nil {
		return t, fmt.Errorf("%s: %w", full, err)
	}
	return t, nil
}

// special reads texts that are networks or base64.
func (t *test) special(kind string) error {
	for _, text := range t.texts {
		switch kind {
		case "IpAddress", "NotIpAddress":
			n, err := network(text)
			if err != nil {
				return err
			}
			t.networks = append(t.networks, n)
		case "BinaryEquals":
			b, err := base64.StdEncoding.Strict().DecodeString(text)
			if err != nil {
				return errors.New("no base64")
			}
			t.blobs = append(t.blobs, string(b))
		}
	}
	return nil
}

// network reads a CIDR. An address alone has 32 bits, also one of IPv6.
func network(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		text += "/32"
	}
	host, bits, _ := strings.Cut(text, "/")
	a, err := netip.ParseAddr(host)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%q is no network", text)
	}
	n, err := strconv.Atoi(bits)
	if err != nil {
		mask, merr := netip.ParseAddr(bits)
		if merr != nil || !mask.Is4() || !a.Is4() {
			return netip.Prefix{}, fmt.Errorf("%q is no network", text)
		}
		n = ones(mask)
	}
	p := netip.PrefixFrom(a, n)
	if !p.IsValid() {
		return p, fmt.Errorf("%q is no network", text)
	}
	return p.Masked(), nil
}

// ones is the length of a netmask; -1 if it is none.
func ones(mask netip.Addr) int {
	n, ended := 0, false
	for _, b := range mask.As4() {
		for bit := 7; bit >= 0; bit-- {
			one := b>>bit&1 == 1
			if one && ended {
				return -1
			}
			ended = ended || !one
			if one {
				n++
			}
		}
	}
	return n
}

func flagOf(value json.RawMessage) (bool, error) {
	var items []json.RawMessage
	if json.Unmarshal(value, &items) == nil && string(value) != "null" {
		if len(items) != 1 {
			return false, errors.New("it takes one true or false")
		}
		value = items[0]
	}
	switch strings.TrimSpace(string(value)) {
	case "true", `"true"`:
		return true, nil
	case "false", `"false"`:
		return false, nil
	}
	return false, errors.New("it takes true or false")
}

func numberOf(value json.RawMessage) (int64, error) {
	text := strings.TrimSpace(string(value))
	var quoted string
	if json.Unmarshal(value, &quoted) == nil && text != "null" {
		text = quoted
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errors.New("it takes a whole number")
	}
	return n, nil
}

func momentOf(value json.RawMessage) (time.Time, error) {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return time.Time{}, errors.New("it takes a time")
	}
	t, err := parseMoment(text)
	if err != nil {
		return t, errors.New("it takes a time like 2030-01-31T00:00:00Z")
	}
	return t, nil
}

// parseMoment reads RFC 3339; what stands between date and time is of no
// matter.
func parseMoment(text string) (time.Time, error) {
	const date = len("2006-01-02")
	text = strings.ToUpper(text)
	if len(text) > date {
		text = text[:date] + "T" + text[date+1:]
	}
	return time.Parse(time.RFC3339Nano, text)
}

// hold evaluates conditions against the values of a request. id expands
// variables; nil in the policies of buckets.
func (c conditions) hold(values map[string][]string, id *identity) bool {
	for _, one := range c {
		if !one.holds(values, id) {
			return false
		}
	}
	return true
}

// mentions reports whether a key takes part in the conditions.
func (c conditions) mentions(key string) bool {
	return slices.ContainsFunc(c, func(one check) bool {
		return slices.ContainsFunc(one.tests, func(t test) bool { return t.key == key || strings.HasPrefix(t.key, key+"/") })
	})
}

func (c check) holds(values map[string][]string, id *identity) bool {
	if c.ifExists && !slices.ContainsFunc(c.tests, func(t test) bool { _, there := values[t.key]; return there }) {
		return true
	}
	switch c.kind {
	case "NotIpAddress":
		return !c.anyNetwork(values)
	case "IpAddress":
		return c.anyNetwork(values)
	case "NumericGreaterThanIfExists":
		return c.numbersIfExist(values)
	}
	for _, t := range c.tests {
		if !c.one(t, values, id) {
			return false
		}
	}
	return true
}

// numbersIfExist is an operator of its own: a key without a value settles it,
// and equal is enough.
func (c check) numbersIfExist(values map[string][]string) bool {
	for _, t := range c.tests {
		v := values[t.key]
		if len(v) == 0 {
			return true
		}
		if n, err := strconv.ParseInt(v[0], 10, 64); err != nil || n < t.number {
			return false
		}
	}
	return true
}

// anyNetwork is met by one address of one key.
func (c check) anyNetwork(values map[string][]string) bool {
	for _, t := range c.tests {
		for _, v := range values[t.key] {
			a, err := netip.ParseAddr(v)
			if err != nil || a.Zone() != "" {
				return false
			}
			if slices.ContainsFunc(t.networks, func(n netip.Prefix) bool { return n.Contains(a) }) {
				return true
			}
		}
	}
	return false
}

func (c check) one(t test, values map[string][]string, id *identity) bool {
	have := values[t.key]
	switch {
	case c.kind == "Null":
		return t.flag == (len(have) == 0)
	case c.kind == "Bool":
		return len(have) > 0 && have[0] == strconv.FormatBool(t.flag)
	case c.kind == "BinaryEquals":
		return t.binary(have)
	case strings.HasPrefix(c.kind, "Numeric"):
		n, err := strconv.ParseInt(first(have), 10, 64)
		return err == nil && compares(strings.TrimPrefix(c.kind, "Numeric"), compareInts(n, t.number))
	case strings.HasPrefix(c.kind, "Date"):
		m, err := parseMoment(first(have))
		return err == nil && compares(strings.TrimPrefix(c.kind, "Date"), m.Compare(t.moment))
	}
	return c.text(t, values, id)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// compares tells whether an operator is content with the order of two values.
func compares(operator string, order int) bool {
	switch operator {
	case "Equals":
		return order == 0
	case "NotEquals":
		return order != 0
	case "LessThan":
		return order < 0
	case "LessThanEquals":
		return order <= 0
	case "GreaterThan":
		return order > 0
	}
	return order >= 0 // GreaterThanEquals
}

// binary is met by one value; one that is no base64 fails all.
func (t test) binary(have []string) bool {
	met := false
	for _, v := range have {
		b, err := base64.StdEncoding.Strict().DecodeString(v)
		if err != nil {
			return false
		}
		met = met || slices.Contains(t.blobs, string(b))
	}
	return met
}

// text evaluates the operators on text. Without a set in front they look at
// the values as a whole, with one at each.
func (c check) text(t test, values map[string][]string, id *identity) bool {
	negate := strings.Contains(c.kind, "Not")
	like := strings.HasSuffix(c.kind, "Like")
	fold := strings.HasSuffix(c.kind, "IgnoreCase")
	var want []string
	for _, w := range t.texts {
		w = common(id.expand(w), values, true)
		if fold {
			w = strings.ToLower(w)
		}
		want = append(want, w)
	}
	meets := func(v string) bool {
		if fold {
			v = strings.ToLower(v)
		}
		return slices.ContainsFunc(want, func(w string) bool { return w == v || like && Wildcard(w, v) })
	}
	have := values[t.key]
	switch c.set {
	case "ForAnyValue":
		return slices.ContainsFunc(have, func(v string) bool { return meets(v) != negate })
	case "ForAllValues":
		return !slices.ContainsFunc(have, func(v string) bool { return meets(v) == negate })
	}
	return slices.ContainsFunc(have, meets) != negate
}

// String is a condition in words.
func (c check) String() string {
	var out []string
	for _, t := range c.tests {
		out = append(out, c.words(t))
	}
	word := " and "
	if c.kind == "IpAddress" {
		word = " or "
	}
	return strings.Join(out, word)
}

func (c check) words(t test) string {
	is := map[bool]string{true: "is", false: "is not"}[!strings.Contains(c.kind, "Not")]
	key := t.full
	switch c.set {
	case "ForAnyValue":
		key = "one of " + key
	case "ForAllValues":
		key = "each of " + key
	}
	words := ""
	switch {
	case c.kind == "Null":
		words = map[bool]string{true: "is absent", false: "is there"}[t.flag]
	case c.kind == "Bool":
		words = "is " + strconv.FormatBool(t.flag)
	case strings.HasPrefix(c.kind, "Numeric"):
		words = order(strings.TrimPrefix(c.kind, "Numeric")) + " " + strconv.FormatInt(t.number, 10)
	case strings.HasPrefix(c.kind, "Date"):
		words = order(strings.TrimPrefix(c.kind, "Date")) + " " + t.moment.UTC().Format(time.RFC3339)
	case strings.HasSuffix(c.kind, "IpAddress"):
		words = is + " in " + strings.Join(t.texts, " or ")
	case strings.HasSuffix(c.kind, "Like"):
		words = is + " like " + quoted(t.texts)
	default:
		words = is + " " + quoted(t.texts)
		if strings.HasSuffix(c.kind, "IgnoreCase") {
			words += " in whatever capitals"
		}
	}
	if c.ifExists {
		words += " if it is there"
	}
	return key + " " + words
}

func order(operator string) string {
	switch operator {
	case "Equals":
		return "is"
	case "NotEquals":
		return "is not"
	case "LessThan":
		return "is below"
	case "LessThanEquals":
		return "is at most"
	case "GreaterThan":
		return "is above"
	}
	return "is at least"
}

func quoted(list []string) string {
	var out []string
	for _, s := range list {
		out = append(out, strconv.Quote(s))
	}
	return strings.Join(out, " or ")
}
