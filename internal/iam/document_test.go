package iam_test

import (
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// doc wraps statements into a document.
func doc(statements string) string {
	return `{"Version":"2012-10-17","Statement":` + statements + `}`
}

func parse(t *testing.T, text string) iam.Document {
	t.Helper()
	d, err := iam.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                               "nothing in it",
		"null":                           "form",
		"[]":                             "form",
		`"text"`:                         "form",
		"{":                              "no JSON",
		"Version: 2012-10-17":            "no JSON",
		doc(`[]`) + "x":                  "follows the end",
		doc(`7`):                         "Statement: not of the form",
		doc(`[7]`):                       "Statement: 1: not of the form",
		doc(`[{"Action":7}]`):            "Action: not of the form",
		doc(`[{"Resource":[7]}]`):        "Resource: not of the form",
		doc(`[{"Condition":"x"}]`):       "Condition: not of the form",
		`{"Version":20121017}`:           "Version: not of the form",
		doc(`[{"Effect":["Allow"]}]`):    "Effect: not of the form",
		doc(`[{"Action":{"a":"b"}}]`):    "Action: not of the form",
		doc(`[{"Condition":{"x":"y"}}]`): "Condition: not of the form",
	} {
		if _, err := iam.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want a word about %q", text, err, want)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	d := parse(t, doc(`{"Sid":"","Effect":"Allow","Action":"s3:GetObject","NotAction":[],"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b/*"],"Condition":{}}`))
	want := doc(`[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]}]`)
	if got := string(d.JSON()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	d = parse(t, doc(`[{"Effect":"Deny","Action":["s3:*"],"Resource":["arn:aws:s3:::<b>"],"Condition":{"Bool": {"aws:SecureTransport": false}}}]`))
	if got := string(d.JSON()); !strings.Contains(got, `"Condition":{"Bool":{"aws:SecureTransport":false}}`) || !strings.Contains(got, "<b>") {
		t.Error(got)
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	allow := func(rest string) string { return doc(`[{"Effect":"Allow",` + rest + `}]`) }
	for _, c := range []struct {
		name, a, b string
		want       bool
	}{
		{"a string and a list", allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`), allow(`"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]`), true},
		{"order of actions", allow(`"Action":["s3:A","s3:B"]`), allow(`"Action":["s3:B","s3:A","s3:B"]`), true},
		{"empty members", allow(`"Sid":"","Action":"s3:A","NotAction":[],"Condition":{}`), allow(`"Action":"s3:A"`), true},
		{"a star", allow(`"Action":"*"`), allow(`"Action":"s3:*"`), true},
		{"order of statements", doc(`[{"Effect":"Allow","Action":"s3:A"},{"Effect":"Deny","Action":"s3:B"}]`), doc(`[{"Effect":"Deny","Action":"s3:B"},{"Effect":"Allow","Action":"s3:A"}]`), true},
		{"values of conditions", allow(`"Action":"s3:A","Condition":{"Bool":{"k":true}}`), allow(`"Action":"s3:A","Condition":{"Bool":{"k":["true"]}}`), true},
		{"names", `{"ID":"x",` + doc(`[]`)[1:], doc(`[]`), true},
		{"effects", doc(`[{"Effect":"Allow","Action":"s3:A"}]`), doc(`[{"Effect":"Deny","Action":"s3:A"}]`), false},
		{"an action more", allow(`"Action":["s3:A"]`), allow(`"Action":["s3:A","s3:B"]`), false},
		{"not", allow(`"Action":["s3:A"]`), allow(`"NotAction":["s3:A"]`), false},
		{"capitals", allow(`"Action":["s3:A"]`), allow(`"Action":["s3:a"]`), false},
		{"conditions", allow(`"Action":"s3:A","Condition":{"Bool":{"k":true}}`), allow(`"Action":"s3:A"`), false},
		{"versions", `{"Version":"2008-10-17","Statement":[]}`, doc(`[]`), false},
	} {
		if got := iam.Equal(parse(t, c.a), parse(t, c.b)); got != c.want {
			t.Errorf("%s: %v\n%s\n%s", c.name, got, c.a, c.b)
		}
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	const both = `"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]`
	for _, c := range []struct {
		text, want string // of the first finding; "" is none
		fatal      bool
	}{
		{doc(`[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],` + both + `}]`), "", false},
		{doc(`[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}]`), "", false},
		{doc(`[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/logs/*"}]`), "", false},
		{doc(`[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"}]`), "", false},
		{doc(`[{"Effect":"Allow","Action":"admin:*"}]`), "", false},
		{doc(`[{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b"}]`), "", false},
		{doc(`[{"Effect":"Allow","Action":"kms:*","Resource":"arn:aws:kms:::*"}]`), "", false},

		{doc(`[{"Effect":"Allow","Action":"s3:Get*",` + both + `}]`), `statement 1: action "s3:Get*": RustFS knows no wildcard but "s3:*"`, true},
		{doc(`[{"Effect":"Allow","Action":"s3:getObject",` + both + `}]`), "capitals count", true},
		{doc(`[{"Effect":"Allow","Action":"ec2:Run",` + both + `}]`), "none of the families", true},
		{doc(`[{"Effect":"Allow",` + both + `}]`), "there is no Action", true},
		{doc(`[{"Effect":"Allow","Action":"s3:*","NotAction":"s3:GetObject",` + both + `}]`), "may not come together", true},
		{doc(`[{"Effect":"Allow","Action":["s3:*","admin:*"],` + both + `}]`), "mixes actions of admin and s3", true},
		{doc(`[{"Effect":"Allow","Action":"s3:*"}]`), "there is no Resource", true},
		{doc(`[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]`), `must begin with "arn:aws:s3:::"`, true},
		{doc(`[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::"}]`), "names nothing", true},
		{doc(`[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::/x"}]`), "has no bucket", true},
		{doc(`[{"Effect":"allow","Action":"s3:*",` + both + `}]`), "Effect must be Allow or Deny", true},
		{doc(`[{"Effect":"Allow","Principal":"*","Action":"s3:*",` + both + `}]`), "Principal belongs in a bucket's policy", true},
		{doc(`[{"Effect":"Allow","Actions":"s3:*","Action":"s3:*",` + both + `}]`), `"Actions" is not known in a statement`, true},
		{doc(`[]`), "there is no Statement", true},
		{`{"Statement":[{"Effect":"Allow","Action":"s3:*",` + both + `}]}`, `Version must be "2012-10-17"`, true},
		{`{"Id":"x",` + doc(`[{"Effect":"Allow","Action":"s3:*",` + both + `}]`)[1:], `it is spelled "ID"`, true},

		{doc(`[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":"arn:aws:s3:::b/*"}]`), `statement 1: s3:ListBucket needs the bucket itself as Resource too, without /*: "arn:aws:s3:::b"`, false},
		{doc(`[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b"}]`), `s3:GetObject needs the objects as Resource too: "arn:aws:s3:::b/*"`, false},
		{doc(`[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}]`), "s3:* needs the bucket itself", false},
	} {
		found := iam.Lint(parse(t, c.text))
		switch {
		case c.want == "" && len(found) > 0:
			t.Errorf("%s: %v", c.text, found)
		case c.want == "":
		case len(found) == 0 || !strings.Contains(found[0].String(), c.want) || found[0].Fatal != c.fatal:
			t.Errorf("%s: got %v, want %q", c.text, found, c.want)
		case (len(iam.Fatal(found)) > 0) != c.fatal:
			t.Errorf("%s: Fatal gives %v", c.text, iam.Fatal(found))
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(doc(`[{"Effect":"Allow","Action":"*","Resource":["arn:aws:s3:::b"],"Condition":{"Bool":{"k":[true,1.5,null]}}}]`)))
	f.Add([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":[]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := iam.Parse(text)
		if err != nil {
			return
		}
		again, err := iam.Parse(d.JSON())
		if err != nil {
			t.Fatalf("%s: %v", d.JSON(), err)
		}
		if !iam.Equal(d, again) || string(again.JSON()) != string(d.JSON()) {
			t.Errorf("%s became %s", d.JSON(), again.JSON())
		}
		iam.Lint(d)
	})
}
