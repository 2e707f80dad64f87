package bucket_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
)

func TestParseLifecycle(t *testing.T) {
	want := []bucket.LifecycleRule{
		{ID: "a", Prefix: "tmp/", ExpireDays: 7, NoncurrentDays: 3, NoncurrentKeep: 2, AbortUploadDays: 1},
		{ID: "b", Disabled: true, Prefix: "x/", Tags: map[string]string{"k": "v", "l": ""}, LargerThan: 5, SmallerThan: 9, ExpireDate: day(t, "2030-01-31")},
		{ID: "c", ExpireDeleteMarkers: true},
		{ID: "d", Tags: map[string]string{"k": "v"}, TransitionDays: 3, TransitionTo: "COLD", NoncurrentTransitionDays: 4, NoncurrentTransitionTo: "ICE"},
	}
	ours, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"ours":    string(ours),
		"object":  `{"apiVersion": "x", "kind": "Bucket", "metadata": {"name": "b"}, "lifecycle": ` + string(ours) + `}`,
		"rules":   `{"rules": ` + strings.Replace(string(ours), "2030-01-31T00:00:00Z", "2030-01-31", 1) + `}`,
		"aws":     awsLifecycle,
		"wrapped": `{"LifecycleConfiguration": ` + awsLifecycle + `}`,
		"xml":     xmlLifecycle,
		"BOM":     "\ufeff \n" + xmlLifecycle,
	} {
		got, err := bucket.ParseLifecycle([]byte(text))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

const awsLifecycle = `{"Rules": [
{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 7}, "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 2}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
{"ID": "b", "Status": "Disabled", "Filter": {"And": {"Prefix": "x/", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": ""}], "ObjectSizeGreaterThan": 5, "ObjectSizeLessThan": 9}}, "Expiration": {"Date": "2030-01-31T00:00:00Z"}},
{"ID": "c", "Status": "Enabled", "Prefix": "", "Expiration": {"ExpiredObjectDeleteMarker": true}},
{"ID": "d", "Status": "Enabled", "Filter": {"Tag": {"Key": "k", "Value": "v"}}, "Transitions": [{"Days": 3, "StorageClass": "COLD"}], "NoncurrentVersionTransition": {"NoncurrentDays": 4, "StorageClass": "ICE"}}
]}`

const xmlLifecycle = `<?xml version="1.0"?><LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix>tmp/</Prefix></Filter><Expiration><Days>7</Days></Expiration><NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>
<Rule><ID>b</ID><Status>Disabled</Status><Filter><And><Prefix>x/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag><Tag><Key>l</Key><Value></Value></Tag><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><ObjectSizeLessThan>9</ObjectSizeLessThan></And></Filter><Expiration><Date>2030-01-31T00:00:00Z</Date></Expiration></Rule>
<Rule><ID>c</ID><Status>Enabled</Status><Prefix></Prefix><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>
<Rule><ID>d</ID><Status>Enabled</Status><Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Transition><Days>3</Days><StorageClass>COLD</StorageClass></Transition><NoncurrentVersionTransition><NoncurrentDays>4</NoncurrentDays><StorageClass>ICE</StorageClass></NoncurrentVersionTransition></Rule>
</LifecycleConfiguration>`

func TestBadFiles(t *testing.T) {
	for text, why := range map[string]string{
		``:                                     "nothing in it",
		`"x"`:                                  "neither an object nor a list",
		`{}`:                                   "none of the members",
		`{"rules": 1}`:                         "rules is no list",
		`{"rules": [], "lifecycle": []}`:       "may not come together",
		`[1]`:                                  "rule 1: it is no object",
		`[] []`:                                "something follows",
		`[{"expireDay": 1}]`:                   `unknown field "expireDay"`,
		`[{"expireDays": "1"}]`:                "expireDays cannot be a string",
		`[{"expireDate": "tomorrow"}]`:         "the date",
		`[{"Status": "On"}]`:                   "Status must be",
		`[{"Status": "Enabled", "Filtr": {}}]`: `unknown field "Filtr"`,
		`[{"Status": "Enabled", "Expiration": {"Day": 1}}]`:                                                                     `unknown field "Day"`,
		`[{"Status": "Enabled", "Transitions": [{"Day": 1}]}]`:                                                                  `unknown field "Day"`,
		`[{"Status": "Enabled", "Transitions": [{"Days": 1}, {"Days": 2}]}]`:                                                    "one transition",
		`[{"Status": "Enabled", "Prefix": "a", "Filter": {"Prefix": "b"}}]`:                                                     "two prefixes",
		`[{"Status": "Enabled", "Expiration": {"Days": 0}}]`:                                                                    "1 or more",
		`[{"Status": "Enabled", "Filter": {"And": {"Tags": [{"Key": "a"}, {"Key": "a"}]}}}]`:                                    `the tag "a" twice`,
		`<LifecycleConfiguration><Rule>`:                                                                                        "no XML",
		`<CORSConfiguration/>`:                                                                                                  "is a CORSConfiguration",
		`<LifecycleConfiguration><Rule><Status>Enabled</Status><Odd/></Rule></LifecycleConfiguration>`:                          "the element Odd",
		`<LifecycleConfiguration><Rule><Filter><And><Odd/></And></Filter></Rule></LifecycleConfiguration>`:                      "the element Odd",
		`<LifecycleConfiguration><Rule><Status>Enabled</Status><Transition><Odd/></Transition></Rule></LifecycleConfiguration>`: "the element Odd",
	} {
		if _, err := bucket.ParseLifecycle([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: got %v, want a word about %q", text, err, why)
		}
	}
	for text, why := range map[string]string{
		`{"cors": [{"origin": "x"}]}`:                                        `unknown field "origin"`,
		`{"CORSRules": [{"AllowedOrigins": ["*"], "Max": 1}]}`:               `unknown field "Max"`,
		`<CORSConfiguration><CORSRule><Odd/></CORSRule></CORSConfiguration>`: "the element Odd",
		`<LifecycleConfiguration/>`:                                          "not a CORSConfiguration",
		`{"rules": [7]}`:                                                     "it is no object",
		`<CORSConfiguration><CORSRule><MaxAgeSeconds>x</MaxAgeSeconds></CORSRule></CORSConfiguration>`: "no XML of the form",
	} {
		if _, err := bucket.ParseCORS([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: got %v, want a word about %q", text, err, why)
		}
	}
}

func TestCORS(t *testing.T) {
	want := []bucket.CORSRule{{ID: "a", Origins: []string{"https://example.com"}, Methods: []string{"GET", "PUT"}, Headers: []string{"x-*"}, Expose: []string{"ETag"}, MaxAgeSeconds: 60}}
	for name, text := range map[string]string{
		"ours": `[{"id": "a", "origins": ["https://example.com"], "methods": ["get", "PUT"], "headers": ["x-*"], "expose": ["ETag"], "maxAgeSeconds": 60}]`,
		"aws":  `{"CORSConfiguration": {"CORSRules": [{"ID": "a", "AllowedOrigins": ["https://example.com"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["x-*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]}}`,
		"xml":  `<CORSConfiguration><CORSRule><ID>a</ID><AllowedOrigin>https://example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>`,
	} {
		got, err := bucket.ParseCORS([]byte(text))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	if err := bucket.ValidateCORS(want); err != nil {
		t.Error(err)
	}
	if got := want[0].Words(); got != "GET, PUT from https://example.com with x-*" {
		t.Error(got)
	}
	rule := func(origin, method string, headers ...string) bucket.CORSRule {
		return bucket.CORSRule{Origins: []string{origin}, Methods: []string{method}, Headers: headers}
	}
	for why, r := range map[string]bucket.CORSRule{
		"needs an origin":     {Methods: []string{"GET"}},
		"needs a method":      {Origins: []string{"*"}},
		"not of the form":     rule("example.com", "GET"),
		"slash at the end":    rule("https://example.com/", "GET"),
		"one * at most":       rule("https://*.*.com", "GET"),
		"is not GET":          rule("*", "PATCH"),
		"no name of a header": rule("*", "GET", "a: b"),
		"may have one *":      rule("*", "GET", "*a*"),
		"cannot be negative":  {Origins: []string{"*"}, Methods: []string{"GET"}, MaxAgeSeconds: -1},
		"may not have a *":    {Origins: []string{"*"}, Methods: []string{"GET"}, Expose: []string{"*"}},
		"more than 255":       {ID: strings.Repeat("x", 256), Origins: []string{"*"}, Methods: []string{"GET"}},
	} {
		if err := bucket.ValidateCORS([]bucket.CORSRule{r}); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%+v: got %v, want a word about %q", r, err, why)
		}
	}
	if bucket.ValidateCORS(nil) == nil || bucket.ValidateCORS(make([]bucket.CORSRule, 101)) == nil {
		t.Error("no rules, or too many, pass")
	}
	if bucket.ValidateCORS([]bucket.CORSRule{rule("https://*.example.com", "HEAD", "*")}) != nil {
		t.Error("a good one is refused")
	}
}

func FuzzParseLifecycle(f *testing.F) {
	for _, s := range []string{awsLifecycle, xmlLifecycle, `[{"expireDays": 1}]`, "<", "[", "{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := bucket.ParseLifecycle(text)
		if err != nil || bucket.ValidateLifecycle(rules) != nil {
			return
		}
		b, err := json.Marshal(rules)
		if err != nil {
			t.Fatal(err)
		}
		again, err := bucket.ParseLifecycle(b)
		if err != nil {
			t.Fatalf("what was printed cannot be read: %v\n%s", err, b)
		}
		for i := range rules {
			if !bucket.SameRule(rules[i], again[i]) {
				t.Errorf("%+v came back as %+v", rules[i], again[i])
			}
		}
	})
}

func FuzzParseCORS(f *testing.F) {
	f.Add([]byte(`{"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]}`))
	f.Add([]byte(`<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if rules, err := bucket.ParseCORS(text); err == nil && bucket.ValidateCORS(rules) == nil && len(rules) == 0 {
			t.Error("no rules pass")
		}
	})
}

func TestTagsAndLock(t *testing.T) {
	if k, v, err := bucket.ParseTag("a=b=c"); k != "a" || v != "b=c" || err != nil {
		t.Error(k, v, err)
	}
	for _, bad := range []string{"a", "=b", ""} {
		if _, _, err := bucket.ParseTag(bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
	many := map[string]string{}
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		many[string(c)] = ""
	}
	if err := bucket.ValidateTags(many); err == nil || !strings.Contains(err.Error(), "52 are more") {
		t.Error(err)
	}
	for why, l := range map[string][3]any{
		"governance or compliance": {"strict", 1, 0}, "either days or years": {"governance", 0, 0}, "negative": {"governance", -1, 0}, "100 years": {"compliance", 0, 101},
	} {
		if _, err := bucket.NewLock(l[0].(string), l[1].(int), l[2].(int)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v: got %v", l, err)
		}
	}
	if l, err := bucket.NewLock("Compliance", 0, 2); err != nil || l.Words() != "compliance for 2 years" {
		t.Error(l, err)
	}
}
