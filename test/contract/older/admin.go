package older

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// beforeAdmin refuses what older versions do not take.
func (p *proxy) beforeAdmin(r *http.Request, route string) (*answer, error) {
	switch r.Method + " " + route {
	case "GET metrics":
		return p.metrics(r)
	case "PUT add-service-accounts":
		return p.needsFields(r, []string{"accessKey", "secretKey", "name", "expiration"})
	case "POST update-service-account":
		if p.version == Beta7 {
			return p.parentAlone(r)
		}
		return p.needsFields(r, []string{"newExpiration"})
	case "PUT add-canned-policy":
		return p.oldGrammar(r)
	case "DELETE remove-canned-policy":
		return p.missingPolicy(r)
	}
	return nil, nil //nolint:nilnil // nothing is to be answered
}

// needsFields: up to alpha.86 members are mandatory, a policy is text, and an
// expiration a time.
func (p *proxy) needsFields(r *http.Request, names []string) (*answer, error) {
	if !p.until(Alpha82) {
		return nil, nil //nolint:nilnil // nothing is to be answered
	}
	body, err := peek(r)
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(body, &m) != nil {
		return internalError("unmarshal body failed"), nil //nolint:nilerr // this is the answer to it
	}
	for _, n := range names {
		if _, ok := m[n]; !ok {
			return refusal(http.StatusBadRequest, "InvalidRequest", "unmarshal body failed, e: Error(\"missing field `"+n+"`\", line: 1, column: 1)"), nil
		}
	}
	for _, n := range []string{"policy", "newPolicy"} {
		if d := bytes.TrimSpace(m[n]); len(d) > 0 && d[0] == '{' {
			return refusal(http.StatusBadRequest, "InvalidRequest", "unmarshal body failed, e: Error(\"invalid type: map, expected a string\", line: 1, column: 1)"), nil
		}
	}
	if slices.Contains(names, "expiration") && string(m["expiration"]) == "null" {
		return internalError("invalid expiration"), nil
	}
	return nil, nil //nolint:nilnil // nothing is to be answered
}

var signer = regexp.MustCompile(`Credential=([^/]+)/`)

// parentAlone: from alpha.99 to rc.1 nobody but the parent may change a key,
// not even root.
func (p *proxy) parentAlone(r *http.Request) (*answer, error) {
	key := r.URL.Query().Get("accessKey")
	a, err := p.play(r.Context(), http.MethodGet, "/rustfs/admin/v3/info-service-account", [2]string{"accessKey", key})
	if err != nil || a.Status/100 != 2 {
		return nil, err
	}
	var k struct {
		Parent string `json:"parentUser"`
	}
	if err := json.Unmarshal([]byte(a.Body), &k); err != nil {
		return nil, err
	}
	if m := signer.FindStringSubmatch(r.Header.Get("Authorization")); m != nil && m[1] != k.Parent {
		return refusal(http.StatusForbidden, "AccessDenied", "access denied"), nil
	}
	return nil, nil //nolint:nilnil // nothing is to be answered
}

// metrics is what realtime was called up to rc.3. Any key could ask up to
// beta; later it takes a right, which nobody but root has here.
func (p *proxy) metrics(r *http.Request) (*answer, error) {
	if m := signer.FindStringSubmatch(r.Header.Get("Authorization")); !p.until(Beta7) && (m == nil || m[1] != p.root.AccessKey) {
		return refusal(http.StatusForbidden, "AccessDenied", "Access Denied"), nil
	}
	a, err := p.play(r.Context(), http.MethodGet, "/rustfs/admin/v3/realtime", [2]string{"n", "1"})
	if err != nil {
		return nil, err
	}
	body := within([]byte(a.Body), func(o object) {
		o["aggregated"] = within(o["aggregated"], func(m object) { delete(m, "http") })
	})
	if !p.until(Alpha82) {
		body = append(body, '\n')
	}
	return &answer{a.Status, "application/x-ndjson", body}, nil
}

// oldGrammar: alpha.82 needs actions and resources in every statement, also in
// those of admin actions, and knows no sts actions.
func (p *proxy) oldGrammar(r *http.Request) (*answer, error) {
	if !p.until(Alpha82) {
		return nil, nil //nolint:nilnil // nothing is to be answered
	}
	body, err := peek(r)
	if err != nil {
		return nil, err
	}
	var d struct{ Statement []map[string]json.RawMessage }
	if json.Unmarshal(body, &d) != nil {
		return nil, nil //nolint:nilnil,nilerr // the server itself says what is wrong
	}
	for _, s := range d.Statement {
		for _, n := range []string{"Action", "Resource"} {
			if len(s[n]) == 0 {
				return refusal(http.StatusBadRequest, "InvalidRequest", "io error: missing field `"+n+"`"), nil
			}
		}
		if bytes.Contains(s["Action"], []byte(`"sts:`)) {
			return refusal(http.StatusBadRequest, "InvalidRequest", "io error: invalid action"), nil
		}
	}
	return nil, nil //nolint:nilnil // nothing is to be answered
}

// missingPolicy: up to beta a policy that is not there cannot be deleted.
func (p *proxy) missingPolicy(r *http.Request) (*answer, error) {
	if !p.until(Beta7) {
		return nil, nil //nolint:nilnil // nothing is to be answered
	}
	status, err := p.ask(r.Context(), http.MethodGet, "/rustfs/admin/v3/info-canned-policy", [2]string{"name", r.URL.Query().Get("name")})
	if err != nil || status/100 == 2 {
		return nil, err
	}
	return internalError("policy does not exist"), nil
}

// object is a JSON object whose members keep their form.
type object = map[string]json.RawMessage

// afterAdmin turns the answers of the admin API into the older form.
func (p *proxy) afterAdmin(r *http.Request, a *answer, route string) error {
	if bucket, ok := strings.CutPrefix(route, "quota-stats/"); ok && a.status == http.StatusServiceUnavailable && p.until(Beta7) {
		return p.uncounted(r.Context(), a, bucket)
	}
	if a.status/100 != 2 {
		p.oldError(a, route)
		return nil
	}
	switch r.Method + " " + route {
	case "GET info", "GET storageinfo":
		return p.unwrap(a)
	case "GET scanner/status":
		return p.edit(a, Beta7, func(o object) { // what went on, and nothing of when
			maps.DeleteFunc(o, func(name string, _ json.RawMessage) bool { return name != "metrics" && name != "runtime_config" })
		})
	case "GET datausageinfo":
		return p.edit(a, Beta7, func(o object) {
			delete(o, "usage_snapshot_complete")
			delete(o, "usage_snapshot_converged")
			delete(o, "tier_stats")
		})
	case "GET info-canned-policy":
		return p.policyText(a)
	case "GET list-canned-policies":
		return p.edit(a, Beta7, func(o object) {
			for name, d := range o {
				o[name] = verbose(d)
			}
		})
	case "GET user-info", "GET group":
		return p.edit(a, Alpha82, oldTimes)
	case "GET list-users":
		return p.edit(a, Alpha82, func(o object) {
			for name, u := range o {
				o[name] = within(u, oldTimes)
			}
		})
	case "GET is-admin":
		return p.edit(a, Alpha82, func(o object) { o["is_admin"] = raw(string(o["access_key"]) == string(raw(p.root.AccessKey))) })
	case "GET accountinfo":
		return p.edit(a, Alpha82, func(o object) { delete(o, "usage_snapshot_converged"); o["buckets"] = json.RawMessage("[]") })
	case "POST update-service-account":
		if p.until(Alpha82) {
			a.status = http.StatusOK
		}
	}
	return nil
}

// uncounted: up to beta a bucket that the scanner has not counted yet holds
// nothing.
func (p *proxy) uncounted(ctx context.Context, a *answer, bucket string) error {
	said, err := p.play(ctx, http.MethodGet, "/rustfs/admin/v3/get-bucket-quota", [2]string{"bucket", bucket})
	if err != nil || said.Status/100 != 2 {
		return err
	}
	var q struct {
		Quota int64 `json:"quota"`
	}
	if err := json.Unmarshal([]byte(said.Body), &q); err != nil {
		return err
	}
	o := object{"bucket": raw(bucket), "quota_limit": raw(nil), "current_usage": raw(0), "remaining_quota": raw(nil), "usage_percentage": raw(nil)}
	if q.Quota > 0 {
		o["quota_limit"], o["remaining_quota"], o["usage_percentage"] = raw(q.Quota), raw(q.Quota), raw(0)
	}
	*a = answer{http.StatusOK, "application/json", raw(o)}
	return nil
}

// edit changes a JSON object up to a version.
func (p *proxy) edit(a *answer, until Version, change func(object)) error {
	if !p.until(until) {
		return nil
	}
	a.body = within(a.body, change)
	return nil
}

func within(b json.RawMessage, change func(object)) json.RawMessage {
	var o object
	if json.Unmarshal(b, &o) != nil || o == nil {
		return b
	}
	change(o)
	return raw(o)
}

// raw is a value as JSON, without the escapes that only HTML needs.
func raw(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // it was JSON
	}
	return bytes.TrimSpace(b.Bytes())
}

// unwrap: from beta.9 on there is an envelope around both. The version is this
// one's.
func (p *proxy) unwrap(a *answer) error {
	a.body = within(a.body, func(o object) {
		inner := within(o["info"], func(i object) {
			var servers []object
			if json.Unmarshal(i["servers"], &servers) == nil && servers != nil {
				for _, s := range servers {
					s["version"] = raw("2026-01-30T10:00:00+08:00@" + p.version.String())
				}
				i["servers"] = raw(servers)
			}
			if p.until(Alpha82) && i["deploymentID"] != nil {
				i["deploymentID"] = json.RawMessage("null")
			}
		})
		o["info"] = inner
		if p.until(Beta7) {
			clear(o)
			var i object
			if json.Unmarshal(inner, &i) == nil {
				for k, v := range i {
					o[k] = v
				}
			}
		}
	})
	return nil
}

// policyText: up to alpha.91 the document is text in JSON; empty members are
// shown up to beta.8.
func (p *proxy) policyText(a *answer) error {
	return p.edit(a, Beta7, func(o object) {
		o["policy"] = verbose(o["policy"])
		if p.until(Alpha82) {
			o["policy"] = raw(string(o["policy"]))
		}
	})
}

// verbose adds the empty members that a policy had up to beta.8.
func verbose(d json.RawMessage) json.RawMessage {
	var doc struct {
		ID        string
		Version   string
		Statement []struct {
			Sid         string
			Effect      string
			Action      json.RawMessage
			NotAction   json.RawMessage
			Resource    json.RawMessage
			NotResource json.RawMessage
			Condition   json.RawMessage
		}
	}
	if json.Unmarshal(d, &doc) != nil {
		return d
	}
	for i := range doc.Statement {
		s := &doc.Statement[i]
		for _, list := range []*json.RawMessage{&s.Action, &s.NotAction, &s.Resource, &s.NotResource} {
			if len(*list) == 0 {
				*list = json.RawMessage("[]")
			}
		}
		if len(s.Condition) == 0 {
			s.Condition = json.RawMessage("{}")
		}
	}
	return raw(doc)
}

// oldTimes: up to alpha.86 times are written as Rust's time crate shows them.
// A disabled group hides its policies up to alpha.84.
func oldTimes(o object) {
	var s string
	if json.Unmarshal(o["updatedAt"], &s) == nil && s != "" {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			o["updatedAt"] = raw(t.UTC().Format("2006-01-02 ") + humanHour(t.UTC()))
		}
	}
	if _, isGroup := o["members"]; isGroup && string(o["status"]) == `"disabled"` {
		o["policy"] = raw("")
	}
}

// humanHour does not pad the hour.
func humanHour(t time.Time) string {
	return strings.TrimPrefix(t.Format("15:04:05.999999999 +00:00:00"), "0")
}

// said is an error in S3's form.
type said struct{ Code, Message string }

// oldError turns a refusal into what older versions said.
func (p *proxy) oldError(a *answer, route string) {
	var e said
	if xml.Unmarshal(a.body, &e) != nil {
		return
	}
	switch {
	case route == "info-service-account" && e.Code == "NoSuchResource" && p.until(Alpha82):
		*a = *internalError("get service account failed")
	case e.Code == "NoSuchResource" && (p.until(Alpha82) || isPolicy(e.Message)):
		*a = *internalError("%s", e.Message) // policies never were NoSuchResource before 1.0
	case e.Code == "NoSuchResource" && slices.Contains([]string{"set-user-status", "remove-user"}, route):
		*a = *internalError("%s", e.Message)
	case strings.Contains(e.Message, "access key is already in use") && p.until(Beta7):
		*a = *internalError("action not allowed")
	case strings.HasPrefix(e.Message, "invalid JSON") && p.until(Beta7):
		*a = *internalError("unmarshal body failed")
	}
}

func isPolicy(message string) bool { return strings.Contains(message, "policy") }

// afterSTS: keys that get no session were told so with 400 up to beta.
func (p *proxy) afterSTS(_ *http.Request, a *answer, _ string) error {
	if p.until(Beta7) && a.status == http.StatusForbidden && bytes.Contains(a.body, []byte("<Code>AccessDenied</Code>")) {
		*a = *refusal(http.StatusBadRequest, "InvalidRequest", "AccessDenied")
	}
	return nil
}

var versionMember = regexp.MustCompile(`"version":"[^"]*"`)

// afterHealth: the alphas say 0.0.5.
func (p *proxy) afterHealth(_ *http.Request, a *answer, _ string) error {
	version := p.version.String()
	if p.until(Alpha82) {
		version = "0.0.5"
	}
	a.body = versionMember.ReplaceAll(a.body, []byte(`"version":"`+version+`"`))
	return nil
}

// escape writes text for XML.
func escape(w io.Writer, text string) {
	if err := xml.EscapeText(w, []byte(text)); err != nil {
		panic(err) // memory
	}
}
