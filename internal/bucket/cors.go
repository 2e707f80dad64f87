package bucket

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxCORSRules is S3's limit.
const maxCORSRules = 100

// ValidateCORS checks rules as S3 does. RustFS takes anything, and browsers
// would be refused later. (rustfs/src/app/bucket_usecase.rs at 1.0.1)
func ValidateCORS(rules []CORSRule) error {
	switch {
	case len(rules) == 0:
		return &RuleError{"CORS", "1", "there is none"}
	case len(rules) > maxCORSRules:
		return &RuleError{"CORS", strconv.Itoa(maxCORSRules + 1), fmt.Sprintf("a bucket may have %d at most", maxCORSRules)}
	}
	for i, r := range rules {
		if why := r.wrong(); why != "" {
			return &RuleError{"CORS", ruleName(r.ID, i), why}
		}
	}
	return nil
}

func (r CORSRule) wrong() string {
	switch {
	case len(r.Origins) == 0:
		return "it needs an origin, as in https://example.com"
	case len(r.Methods) == 0:
		return "it needs a method, as in GET"
	case len(r.ID) > maxRuleID:
		return fmt.Sprintf("its id has %d bytes, more than %d", len(r.ID), maxRuleID)
	case r.MaxAgeSeconds < 0:
		return "the time that browsers may keep an answer cannot be negative"
	}
	for _, o := range r.Origins {
		if why := wrongOrigin(o); why != "" {
			return why
		}
	}
	for _, m := range r.Methods {
		if !slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}, m) {
			return fmt.Sprintf("the method %q is not GET, PUT, POST, DELETE or HEAD", m)
		}
	}
	for _, h := range slices.Concat(r.Headers, r.Expose) {
		switch {
		case h == "" || strings.ContainsAny(h, " \t\r\n:,"):
			return fmt.Sprintf("%q is no name of a header", h)
		case strings.Count(h, "*") > 1:
			return fmt.Sprintf("the header %q may have one * at most", h)
		}
	}
	for _, h := range r.Expose {
		if strings.Contains(h, "*") {
			return fmt.Sprintf("the header to expose %q may not have a *", h)
		}
	}
	return ""
}

// wrongOrigin says what is wrong with an origin, which browsers send without a
// path.
func wrongOrigin(o string) string {
	if o == "*" {
		return ""
	}
	if strings.Count(o, "*") > 1 {
		return fmt.Sprintf("the origin %q may have one * at most", o)
	}
	u, err := url.Parse(strings.Replace(o, "*", "star", 1))
	switch {
	case err != nil, u.Scheme == "", u.Host == "":
		return fmt.Sprintf("the origin %q is not of the form https://example.com", o)
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return fmt.Sprintf("the origin %q may only have a scheme, a host and a port: browsers send no more, not even a slash at the end", o)
	}
	return ""
}

// ParseCORS reads CORS rules from any form they come in: a list of CORSRule,
// an object that has one as "cors" or "rules" (such as a bucket that was
// printed), S3's XML, and the JSON of the aws program.
func ParseCORS(text []byte) ([]CORSRule, error) {
	if IsXML(text) {
		var c xmlCORS
		if err := strictXML(text, "CORSConfiguration", &c); err != nil {
			return nil, err
		}
		out := make([]CORSRule, len(c.Rules))
		for i, r := range c.Rules {
			out[i] = CORSRule{r.ID, r.Origins, upper(r.Methods), r.Headers, r.Expose, r.MaxAge}
		}
		return out, nil
	}
	list, err := members(text, "cors", "rules", "CORSRules", "CORSConfiguration")
	if err != nil {
		return nil, err
	}
	out := make([]CORSRule, len(list))
	for i, raw := range list {
		if out[i], err = corsRule(raw); err != nil {
			return nil, fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	return out, nil
}

type xmlCORS struct {
	XMLName xml.Name      `xml:"CORSConfiguration"`
	Rules   []xmlCORSRule `xml:"CORSRule"`
	foreign
}

type xmlCORSRule struct {
	ID      string   `xml:"ID"`
	Origins []string `xml:"AllowedOrigin"`
	Methods []string `xml:"AllowedMethod"`
	Headers []string `xml:"AllowedHeader"`
	Expose  []string `xml:"ExposeHeader"`
	MaxAge  int      `xml:"MaxAgeSeconds"`
	foreign
}

func (c *xmlCORS) unknown() []string {
	out := c.names()
	for _, r := range c.Rules {
		out = append(out, r.names()...)
	}
	return out
}

func corsRule(raw json.RawMessage) (CORSRule, error) {
	var names map[string]json.RawMessage
	if json.Unmarshal(raw, &names) != nil {
		return CORSRule{}, errors.New("it is no object")
	}
	_, aws := names["AllowedOrigins"]
	if _, methods := names["AllowedMethods"]; aws || methods {
		var r struct {
			ID             string
			AllowedOrigins []string
			AllowedMethods []string
			AllowedHeaders []string
			ExposeHeaders  []string
			MaxAgeSeconds  int
		}
		err := strictJSON(raw, &r)
		return CORSRule{r.ID, r.AllowedOrigins, upper(r.AllowedMethods), r.AllowedHeaders, r.ExposeHeaders, r.MaxAgeSeconds}, err
	}
	var r CORSRule
	err := strictJSON(raw, &r)
	r.Methods = upper(r.Methods)
	return r, err
}

func upper(words []string) []string {
	out := slices.Clone(words)
	for i, w := range out {
		out[i] = strings.ToUpper(w)
	}
	return out
}

// Words say what a CORS rule allows: "GET, PUT from https://example.com".
func (r CORSRule) Words() string {
	s := strings.Join(r.Methods, ", ") + " from " + strings.Join(r.Origins, ", ")
	if len(r.Headers) > 0 {
		s += " with " + strings.Join(r.Headers, ", ")
	}
	return s
}
