package rustfs

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// conditionKeyPrefixes are the families of condition keys with free names.
var conditionKeyPrefixes = []string{
	"jwt:", "ldap:", "sts:", "svc:", "s3:ExistingObjectTag/", "s3:RequestObjectTag/", "s3:RequestObjectTagKeys",
	"s3:x-amz-", "s3:object-lock-",
}

// conditionKeys are the condition keys with fixed names.
var conditionKeys = []string{
	"s3:LocationConstraint", "s3:prefix", "s3:delimiter", "s3:max-keys", "s3:signatureversion", "s3:authType",
	"s3:signatureAge", "s3:versionid", "aws:Referer", "aws:SourceIp", "aws:UserAgent", "aws:SecureTransport",
	"aws:CurrentTime", "aws:EpochTime", "aws:principaltype", "s3:VersionId", "aws:SourceArn", "aws:SourceAccount", "aws:userid", "aws:username",
	"aws:groups",
}

// comparison is one condition operator: any says whether one of the request's
// values has to match one of the policy's; negative operators invert that.
type comparison struct {
	match  func(want, have string) bool
	negate bool
}

// comparisons are the condition operators.
var comparisons = map[string]comparison{
	"StringEquals":               {match: func(w, h string) bool { return w == h }},
	"StringNotEquals":            {match: func(w, h string) bool { return w == h }, negate: true},
	"StringEqualsIgnoreCase":     {match: strings.EqualFold},
	"StringNotEqualsIgnoreCase":  {match: strings.EqualFold, negate: true},
	"StringLike":                 {match: wildcard},
	"StringNotLike":              {match: wildcard, negate: true},
	"ArnEquals":                  {match: func(w, h string) bool { return w == h }},
	"ArnNotEquals":               {match: func(w, h string) bool { return w == h }, negate: true},
	"ArnLike":                    {match: wildcard},
	"ArnNotLike":                 {match: wildcard, negate: true},
	"BinaryEquals":               {match: func(w, h string) bool { return w == h }},
	"IpAddress":                  {match: inNetwork},
	"NotIpAddress":               {match: inNetwork, negate: true},
	"Bool":                       {match: func(w, h string) bool { return w == h }},
	"NumericEquals":              {match: numeric(func(w, h float64) bool { return h == w })},
	"NumericNotEquals":           {match: numeric(func(w, h float64) bool { return h != w })},
	"NumericLessThan":            {match: numeric(func(w, h float64) bool { return h < w })},
	"NumericLessThanEquals":      {match: numeric(func(w, h float64) bool { return h <= w })},
	"NumericGreaterThan":         {match: numeric(func(w, h float64) bool { return h > w })},
	"NumericGreaterThanEquals":   {match: numeric(func(w, h float64) bool { return h >= w })},
	"NumericGreaterThanIfExists": {match: numeric(func(w, h float64) bool { return h >= w })},
	"DateEquals":                 {match: dates(func(w, h time.Time) bool { return h.Equal(w) })},
	"DateNotEquals":              {match: dates(func(w, h time.Time) bool { return !h.Equal(w) })},
	"DateLessThan":               {match: dates(func(w, h time.Time) bool { return h.Before(w) })},
	"DateLessThanEquals":         {match: dates(func(w, h time.Time) bool { return !h.After(w) })},
	"DateGreaterThan":            {match: dates(func(w, h time.Time) bool { return h.After(w) })},
	"DateGreaterThanEquals":      {match: dates(func(w, h time.Time) bool { return !h.Before(w) })},
}

func numeric(cmp func(want, have float64) bool) func(string, string) bool {
	return func(w, h string) bool {
		a, err1 := strconv.ParseFloat(w, 64)
		b, err2 := strconv.ParseFloat(h, 64)
		return err1 == nil && err2 == nil && cmp(a, b)
	}
}

func dates(cmp func(want, have time.Time) bool) func(string, string) bool {
	return func(w, h string) bool {
		a, err1 := time.Parse(time.RFC3339, w)
		b, err2 := time.Parse(time.RFC3339, h)
		return err1 == nil && err2 == nil && cmp(a, b)
	}
}

func inNetwork(want, have string) bool {
	addr, err := netip.ParseAddr(have)
	if err != nil {
		return false
	}
	if !strings.Contains(want, "/") {
		want += "/32" // of IPv6, too
	}
	network, err := netip.ParsePrefix(want)
	return err == nil && network.Contains(addr)
}

// operator strips the set and IfExists decorations of an operator name.
func operator(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "ForAnyValue:"), "ForAllValues:")
	if name == "NumericGreaterThanIfExists" {
		return name
	}
	return strings.TrimSuffix(name, "IfExists")
}

// checkConditions returns the error text for an unknown operator or key and
// the fragment it is about.
func checkConditions(conditions map[string]map[string]any) (msg, fragment string) {
	for op, keys := range conditions {
		if _, ok := comparisons[operator(op)]; !ok && operator(op) != "Null" {
			return "unknown key: " + op, op
		}
		for key := range keys {
			if !validConditionKey(key) {
				return "invalid key name: '" + key + "'", key
			}
		}
	}
	return "", ""
}

func validConditionKey(key string) bool {
	return slices.Contains(conditionKeys, key) ||
		slices.ContainsFunc(conditionKeyPrefixes, func(p string) bool { return strings.HasPrefix(key, p) })
}

// commonKeys are the condition keys whose values texts may ask for, in the
// order in which the real server tries them.
var commonKeys = []string{
	"s3:signatureversion", "s3:authType", "s3:signatureAge", "s3:x-amz-content-sha256", "s3:LocationConstraint", "s3:versionid",
	"aws:Referer", "aws:SourceIp", "aws:UserAgent", "aws:SecureTransport", "aws:CurrentTime", "aws:EpochTime", "aws:principaltype",
	"aws:userid", "aws:username", "aws:groups",
}

// conditionName is a condition key without its family.
func conditionName(key string) string {
	_, name, _ := strings.Cut(key, ":")
	if name == "VersionId" {
		return "versionid"
	}
	return name
}

// conditionsMet evaluates all conditions of a statement.
func conditionsMet(conditions map[string]map[string]any, q question, variables bool) bool {
	for op, keys := range conditions {
		if !operatorMet(op, keys, q, variables) {
			return false
		}
	}
	return true
}

func operatorMet(op string, keys map[string]any, q question, variables bool) bool {
	if strings.HasSuffix(op, "IfExists") && op != "NumericGreaterThanIfExists" {
		known := false
		for key := range keys {
			_, there := q.conditions[conditionName(key)]
			known = known || there
		}
		if !known {
			return true
		}
	}
	if strings.HasSuffix(operator(op), "IpAddress") {
		met := false
		for key, raw := range keys {
			for _, have := range q.conditions[conditionName(key)] {
				met = met || slices.ContainsFunc(values(raw), func(w string) bool { return inNetwork(w, have) })
			}
		}
		return met != strings.Contains(op, "Not")
	}
	for key, raw := range keys {
		if !keyMet(op, q.conditions[conditionName(key)], values(raw), q, variables) {
			return false
		}
	}
	return true
}

func keyMet(op string, have, want []string, q question, variables bool) bool {
	base := operator(op)
	cmp := comparisons[base]
	match := func(h string) bool {
		return slices.ContainsFunc(want, func(w string) bool {
			if variables {
				w = q.substitute(w)
			}
			return cmp.match(q.firstCommon(w), h)
		})
	}
	switch {
	case base == "Null":
		return (want[0] == "true") == (len(have) == 0)
	case op == "NumericGreaterThanIfExists":
		return len(have) == 0 || match(have[0])
	case strings.HasPrefix(base, "Numeric"), strings.HasPrefix(base, "Date"), base == "Bool":
		return len(have) > 0 && match(have[0])
	case strings.HasPrefix(op, "ForAnyValue:"):
		return slices.ContainsFunc(have, func(h string) bool { return match(h) != cmp.negate })
	case strings.HasPrefix(op, "ForAllValues:"):
		return !slices.ContainsFunc(have, func(h string) bool { return match(h) == cmp.negate })
	}
	return slices.ContainsFunc(have, match) != cmp.negate
}

// firstCommon replaces the one common key that has a value first.
func (q question) firstCommon(text string) string {
	for _, key := range commonKeys {
		family, name, _ := strings.Cut(key, ":")
		if v := q.conditions[name]; len(v) > 0 && v[0] != "" {
			return strings.ReplaceAll(text, "${"+family+":"+key+"}", v[0])
		}
	}
	return text
}

// values turns a condition value into strings.
func values(raw any) []string {
	list, ok := raw.([]any)
	if !ok {
		list = []any{raw}
	}
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, fmt.Sprint(v))
	}
	return out
}
