package declared_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/declared"
)

const head = "apiVersion: cli.talos-rustfs.github.io/v1\nkind: RustFS\n"

// whole has every member that there is.
const whole = head + `buckets:
- name: archive
  versioning: Enabled
  lock:
    mode: GOVERNANCE
    days: 30
- name: photos
  versioning: Enabled
  quota: 1073741824
  lifecycle:
  - id: logs
    prefix: logs/
    tags:
      keep: "no"
    largerThan: 10
    smallerThan: 1000
    expireDays: 30
    noncurrentDays: 7
    noncurrentKeep: 2
  - id: old
    expireDate: "2030-01-01T00:00:00Z"
    abortUploadDays: 3
    transitionDays: 10
    transitionTo: COLD
  policy:
    Version: "2012-10-17"
    Statement:
    - Effect: Allow
      Principal:
        AWS:
        - '*'
      Action:
      - s3:GetObject
      Resource:
      - arn:aws:s3:::photos/*
  tags:
    "1": "true"
    team: media
  cors:
  - origins:
    - https://example.com
    methods:
    - GET
    - PUT
    maxAgeSeconds: 60
  encryption:
    algorithm: AES256
policies:
- name: reader
  document:
    Version: "2012-10-17"
    Statement:
    - Effect: Allow
      Action:
      - s3:GetObject
      - s3:ListBucket
      Resource:
      - arn:aws:s3:::photos
      - arn:aws:s3:::photos/*
      Condition:
        IpAddress:
          aws:SourceIp: 10.0.0.0/8
groups:
- name: devs
  status: disabled
  policies:
  - reader
users:
- name: alice
  policies:
  - readonly
  groups:
  - devs
  secret:
    namespace: apps
    name: alice-s3
- name: bob
  status: disabled
  secretFrom:
    namespace: apps
    name: bob
    key: password
keys:
- accessKey: CIKEY1
  user: alice
  name: ci
  description: for the pipeline
  expires: "2030-01-31T00:00:00Z"
  policy:
    Version: "2012-10-17"
    Statement:
    - Effect: Allow
      Action:
      - s3:GetObject
      Resource:
      - arn:aws:s3:::photos/*
  secret:
    namespace: apps
    name: ci-s3
`

func parse(t testing.TB, text string) declared.Document {
	t.Helper()
	docs, err := declared.Parse("doc.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	d, err := declared.Merge(docs...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func yamlOf(t testing.TB, d declared.Document) string {
	t.Helper()
	b, err := d.YAML()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWhatIsReadIsWritten(t *testing.T) {
	t.Parallel()
	d := parse(t, whole)
	if diff := cmp.Diff(whole, yamlOf(t, d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	asJSON, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, yamlOf(t, parse(t, string(asJSON)))); diff != "" {
		t.Errorf("through JSON (-want +got):\n%s", diff)
	}
}

// TestLenientForms reads what people write.
func TestLenientForms(t *testing.T) {
	t.Parallel()
	d := parse(t, head+`
buckets:
- name: photos
  quota: 10Gi
  policy: |
    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}
  lifecycle: [{id: a, expireDate: 2030-01-01}]
policies:
- name: p
  document: {Version: 2012-10-17, Statement: {Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::photos/*"}}
keys:
- {accessKey: KEY1, user: alice, expires: 2030-01-31T00:00:00Z}
---
---
`+head+`users: [&a {name: alice}]
groups:
- name: devs
  policies: &p [p]
- name: ops
  policies: *p
`)
	text := yamlOf(t, d)
	for _, want := range []string{"quota: 10737418240\n", "AWS:\n        - '*'", "expireDate: \"2030-01-01T00:00:00Z\"", "- name: ops\n  policies:\n  - p\n", "expires: \"2030-01-31T00:00:00Z\""} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	const user = "users:\n- name: alice\n"
	for name, c := range map[string]struct{ text, want string }{
		"no YAML":              {"a: [", "doc.yaml:1: no YAML"},
		"tabs":                 {head + "\tbuckets: []", "no YAML"},
		"no object":            {"- 1", "doc.yaml:1: must be an object"},
		"foreign":              {"apiVersion: v1\nkind: ConfigMap\n", `apiVersion must be cli.talos-rustfs.github.io/v1, not "v1"`},
		"foreign kind":         {"apiVersion: cli.talos-rustfs.github.io/v1\nkind: Bucket\n", `kind must be RustFS, not "Bucket"`},
		"unknown":              {head + "bucket: []\n", `doc.yaml:3: unknown field "bucket"; known are apiVersion, kind, buckets`},
		"unknown deeper":       {head + user + "  polices: []\n", `doc.yaml:5: users[0]: unknown field "polices"`},
		"twice":                {head + user + "  name: bob\n", "doc.yaml:5: users[0]: name is there twice"},
		"no list":              {head + "users: alice\n", "doc.yaml:3: users: must be a list"},
		"no object in a list":  {head + "users: [alice]\n", "users[0]: must be an object"},
		"empty in a list":      {head + "users: [~]\n", "users[0]: is empty"},
		"no number":            {head + "buckets: [{name: abc, quota: much}]\n", `size "much": must begin with a digit`},
		"a fraction":           {head + "buckets: [{name: abc, quota: 1.5}]\n", "must be a whole number"},
		"no switch":            {head + "buckets: [{name: abc, lifecycle: [{id: a, disabled: maybe}]}]\n", "must be true or false"},
		"no time":              {head + "keys: [{accessKey: KEY1, user: alice, expires: soon}]\n", `expires: must be a time like 2030-01-31T00:00:00Z, not "soon"`},
		"no name":              {head + "users: [{status: enabled}]\n", "doc.yaml:3: user name: may not be empty"},
		"bad bucket":           {head + "buckets:\n- name: Photos\n", `doc.yaml:4: bucket name "Photos": may not have capital letters`},
		"bad user":             {head + "users: [{name: 'a b c'}]\n", "may not have blanks"},
		"bad status":           {head + "users: [{name: alice, status: 'on'}]\n", `status must be enabled or disabled, not "on"`},
		"built-in":             {head + "policies: [{name: readonly, document: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:*', Resource: 'arn:aws:s3:::*'}]}}]\n", "is one of RustFS' built-in policies"},
		"no document":          {head + "policies: [{name: p}]\n", `policy "p": document: Version must be`},
		"wildcard action":      {head + "policies: [{name: p, document: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:Get*', Resource: 'arn:aws:s3:::*'}]}}]\n", `RustFS knows no wildcard but "s3:*"`},
		"text for a policy":    {head + "policies: [{name: p, document: hello}]\n", "must be an object, or JSON of one"},
		"bucket twice":         {head + "buckets: [{name: abc}, {name: abc}]\n", `bucket "abc" is named a second time, after doc.yaml:3`},
		"user and key":         {head + "users: [{name: alice}]\nkeys: [{accessKey: alice, user: bob}]\n", `key "alice" is named a second time`},
		"key of itself":        {head + "keys: [{accessKey: alice, user: alice}]\n", "is named like its user"},
		"key of nobody":        {head + "keys: [{accessKey: KEY1}]\n", "user is missing"},
		"two secrets":          {head + user + "  secret: {namespace: a, name: b}\n  secretFrom: {namespace: a, name: b}\n", "two places for one secret"},
		"bad secret":           {head + user + "  secret: {namespace: A, name: b}\n", `secret.namespace: "A" is no name of a namespace`},
		"policy twice":         {head + user + "  policies: [a, a]\n", `policy "a" is listed twice`},
		"versioning":           {head + "buckets: [{name: abc, versioning: 'Off'}]\n", "versioning must be Enabled or Suspended"},
		"lock, suspended":      {head + "buckets: [{name: abc, versioning: Suspended, lock: {}}]\n", "cannot be suspended"},
		"lock without mode":    {head + "buckets: [{name: abc, lock: {days: 1}}]\n", "lock needs a mode"},
		"lock, both":           {head + "buckets: [{name: abc, lock: {mode: GOVERNANCE, days: 1, years: 1}}]\n", "either days or years"},
		"lock, mode":           {head + "buckets: [{name: abc, lock: {mode: SOFT, days: 1}}]\n", "lock.mode must be GOVERNANCE"},
		"rule does nothing":    {head + "buckets: [{name: abc, lifecycle: [{id: a}]}]\n", `bucket "abc": lifecycle rule "a"`},
		"rule twice":           {head + "buckets: [{name: abc, lifecycle: [{id: a, expireDays: 1}, {id: a, expireDays: 2}]}]\n", "another one has the same id"},
		"rule's date":          {head + "buckets: [{name: abc, lifecycle: [{id: a, expireDate: 2030-01-01T10:00:00Z}]}]\n", "midnight"},
		"CORS method":          {head + "buckets: [{name: abc, cors: [{origins: ['*'], methods: [FETCH]}]}]\n", `the method "FETCH"`},
		"foreign resource":     {head + "buckets: [{name: abc, policy: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::other/*'}]}}]\n", "is not of this bucket"},
		"wildcard in a bucket": {head + "buckets: [{name: abc, policy: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: '*', Action: 's3:Get*', Resource: 'arn:aws:s3:::abc/*'}]}}]\n", "RustFS knows no wildcard"},
		"encryption":           {head + "buckets: [{name: abc, encryption: {algorithm: rot13}}]\n", "must be AES256 or aws:kms"},
		"negative quota":       {head + "buckets: [{name: abc, quota: -1}]\n", "quota must be bytes"},
		"itself inside":        {head + "policies: [{name: p, document: &a {Version: *a}}]\n", ""},
	} {
		_, err := declared.Parse("doc.yaml", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want a word about %q", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than one line: %q", name, err)
		}
		var e *declared.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %T", name, err)
		}
	}
}

func TestMergeRefusesWhatIsNamedTwice(t *testing.T) {
	t.Parallel()
	a, b := parse(t, head+"users: [{name: alice}]\n"), parse(t, head+"users: [{name: alice}]\n")
	if _, err := declared.Merge(a, b); err == nil || !strings.Contains(err.Error(), `user "alice" is named a second time`) {
		t.Errorf("got %v", err)
	}
}

// TestAliasesCannotExplode: 10^9 texts out of a few lines.
func TestAliasesCannotExplode(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(head + "policies:\n- name: p\n  document:\n    a: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "    b%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i+1, i, i, i, i, i, i, i, i, i, i)
	}
	if _, err := declared.Parse("doc.yaml", []byte(b.String())); err == nil {
		t.Error("it was read")
	}
}

func TestSchemaIsRecorded(t *testing.T) {
	t.Parallel()
	got, err := declared.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile("testdata/schema.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("record again with UPDATE_GOLDEN=1 (-recorded +now):\n%s", diff)
	}
}

// TestSchemaFits: what the decoder takes, the schema takes, and it refuses
// what is misspelled.
func TestSchemaFits(t *testing.T) {
	t.Parallel()
	text, err := declared.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	good, err := parse(t, whole).JSON()
	if err != nil {
		t.Fatal(err)
	}
	fits := func(doc string) error {
		var v any
		if err := json.Unmarshal([]byte(doc), &v); err != nil {
			t.Fatal(err)
		}
		return conforms(schema, v, "")
	}
	if err := fits(string(good)); err != nil {
		t.Errorf("the whole document: %v", err)
	}
	for _, change := range [][2]string{
		{`"kind": "RustFS"`, `"kind": "Other"`},
		{`"quota": 1073741824`, `"quota": [1]`},
		{`"quota": 1073741824`, `"qouta": 1`},
		{`"name": "photos"`, `"name": "Photos"`},
		{`"status": "disabled"`, `"status": "off"`},
		{`"mode": "GOVERNANCE"`, `"mode": "NONE"`},
		{`"Effect": "Allow"`, `"Effect": "Maybe"`},
		{`"user": "alice",`, ``},
	} {
		bad := strings.Replace(string(good), change[0], change[1], 1)
		if bad == string(good) {
			t.Fatalf("%s is not in it", change[0])
		}
		if fits(bad) == nil {
			t.Errorf("%s: the schema takes it", change[1])
		}
	}
}

// conforms is as much of JSON schema as Schema uses.
func conforms(s map[string]any, v any, path string) error {
	if c, ok := s["const"]; ok && c != v {
		return fmt.Errorf("%s: %v is not %v", path, v, c)
	}
	if list, ok := s["enum"].([]any); ok {
		found := false
		for _, e := range list {
			found = found || e == v
		}
		if !found {
			return fmt.Errorf("%s: %v is none of %v", path, v, list)
		}
	}
	if choices, ok := s["anyOf"].([]any); ok {
		var last error
		for _, one := range choices {
			if last = conforms(one.(map[string]any), v, path); last == nil {
				break
			}
		}
		if last != nil {
			return last
		}
	}
	if err := kindFits(s["type"], v, path); err != nil {
		return err
	}
	switch v := v.(type) {
	case map[string]any:
		return objectConforms(s, v, path)
	case []any:
		items, ok := s["items"].(map[string]any)
		for i, one := range v {
			if !ok {
				break
			}
			if err := conforms(items, one, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case string:
		if s["pattern"] != nil && strings.ToLower(v) != v {
			return fmt.Errorf("%s: %q does not match", path, v)
		}
	}
	return nil
}

func kindFits(kind, v any, path string) error {
	var names []any
	switch k := kind.(type) {
	case nil:
		return nil
	case string:
		names = []any{k}
	case []any:
		names = k
	}
	for _, n := range names {
		ok := false
		switch v := v.(type) {
		case nil:
			ok = n == "null"
		case string:
			ok = n == "string"
		case bool:
			ok = n == "boolean"
		case float64:
			ok = n == "integer" && v == float64(int64(v))
		case []any:
			ok = n == "array"
		case map[string]any:
			ok = n == "object"
		}
		if ok {
			return nil
		}
	}
	return fmt.Errorf("%s: %v is no %v", path, v, kind)
}

func objectConforms(s, v map[string]any, path string) error {
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, r := range required {
		if _, ok := v[r.(string)]; !ok {
			return fmt.Errorf("%s: %v is missing", path, r)
		}
	}
	for k, one := range v {
		p, ok := properties[k].(map[string]any)
		if !ok {
			switch more := s["additionalProperties"].(type) {
			case bool:
				return fmt.Errorf("%s: %s is not known", path, k)
			case map[string]any:
				p = more
			case nil:
				continue
			}
		}
		if err := conforms(p, one, path+"."+k); err != nil {
			return err
		}
	}
	return nil
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(head + "buckets: [{name: abc, policy: '{}'}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		docs, err := declared.Parse("f", text)
		if err != nil {
			var e *declared.Error
			if !errors.As(err, &e) {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		for _, d := range docs {
			once := yamlOf(t, d)
			again, err := declared.Parse("f", []byte(once))
			if err != nil || len(again) != 1 {
				t.Fatalf("what was written cannot be read: %v\n%s", err, once)
			}
			if twice := yamlOf(t, again[0]); twice != once {
				t.Errorf("not the same twice:\n%s\n%s", once, twice)
			}
			if changes, _ := declared.Diff(d, again[0], declared.Options{}); len(changes) != 0 {
				t.Errorf("it differs from itself: %+v", changes)
			}
		}
	})
}
