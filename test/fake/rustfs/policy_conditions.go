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
	"s3:x-amz-", "s3:object-lock-", "aws:PrincipalTag/", "aws:RequestTag/",
}

// conditionKeys are the condition keys with fixed names.
var conditionKeys = []string{
	"s3:LocationConstraint", "s3:prefix", "s3:delimiter", "s3:max-keys", "s3:signatureversion", "s3:authType",
	"s3:signatureAge", "s3:versionid", "aws:Referer", "aws:SourceIp", "aws:UserAgent", "aws:SecureTransport",
	"aws:CurrentTime", "aws:EpochTime", "aws:principaltype", "aws:PrincipalType", "aws:userid", "aws:username",
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
	"BinaryEquals":               {match: func(w, h string) bool { return w == h }},
	"IpAddress":                  {match: inNetwork},
	"NotIpAddress":               {match: inNetwork, negate: true},
	"Bool":                       {match: strings.EqualFold},
	"NumericEquals":              {match: numeric(func(w, h float64) bool { return h == w })},
	"NumericNotEquals":           {match: numeric(func(w, h float64) bool { return h == w }), negate: true},
	"NumericLessThan":            {match: numeric(func(w, h float64) bool { return h < w })},
	"NumericLessThanEquals":      {match: numeric(func(w, h float64) bool { return h <= w })},
	"NumericGreaterThan":         {match: numeric(func(w, h float64) bool { return h > w })},
	"NumericGreaterThanEquals":   {match: numeric(func(w, h float64) bool { return h >= w })},
	"NumericGreaterThanIfExists": {match: numeric(func(w, h float64) bool { return h > w })},
	"DateEquals":                 {match: dates(func(w, h time.Time) bool { return h.Equal(w) })},
	"DateNotEquals":              {match: dates(func(w, h time.Time) bool { return h.Equal(w) }), negate: true},
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
		other, err := netip.ParseAddr(want)
		return err == nil && other == addr
	}
	network, err := netip.ParsePrefix(want)
	return err == nil && network.Contains(addr.Unmap())
}

// operator strips the set and IfExists decorations of an operator name.
func operator(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "ForAnyValue:"), "ForAllValues:")
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

// conditionsMet evaluates all conditions of a statement.
func conditionsMet(conditions map[string]map[string]any, q question) bool {
	for op, keys := range conditions {
		for key, raw := range keys {
			have, present := q.conditions[strings.ToLower(key)]
			want := values(raw)
			if operator(op) == "Null" {
				if (len(want) > 0 && want[0] == "true") == present {
					return false
				}
				continue
			}
			if !present && strings.HasSuffix(op, "IfExists") {
				continue
			}
			cmp := comparisons[operator(op)]
			match := slices.ContainsFunc(want, func(w string) bool {
				w = substitute(w, q)
				return slices.ContainsFunc(have, func(h string) bool { return cmp.match(w, h) })
			})
			if match == cmp.negate {
				return false
			}
		}
	}
	return true
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
