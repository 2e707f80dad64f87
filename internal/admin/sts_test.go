package admin

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// assumed is an answer of RustFS 1.0.1.
const assumed = `<?xml version="1.0" encoding="UTF-8"?><AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>` +
	`<AccessKeyId>AK</AccessKeyId><SecretAccessKey>word1</SecretAccessKey><SessionToken>word2</SessionToken><Expiration>2026-11-28T10:11:12.000Z</Expiration>` +
	`</Credentials></AssumeRoleResult></AssumeRoleResponse>`

func TestParseCredentials(t *testing.T) {
	t.Parallel()
	k, err := parseCredentials("key", []byte(assumed))
	if err != nil || k.AccessKey != "AK" || k.SecretKey.Reveal() != "word1" || k.SessionToken.Reveal() != "word2" || !k.Expires.Equal(time.Date(2026, 11, 28, 10, 11, 12, 0, time.UTC)) {
		t.Errorf("%+v, %v", k, err)
	}
	if text := fmt.Sprintf("%v %+v %#v", k, k, k); strings.Contains(text, "word") {
		t.Errorf("a secret is printed: %s", text)
	}
	for _, bad := range []string{"", "{}", "<html>", "<AssumeRoleResponse/>", strings.Replace(assumed, "word2", "", 1), strings.Replace(assumed, "2026-11-28T", "soon", 1)} {
		if _, err := parseCredentials("key", []byte(bad)); err == nil || !strings.HasPrefix(err.Error(), "key: ") || strings.Contains(err.Error(), "word") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseCredentials(f *testing.F) {
	f.Add([]byte(assumed))
	f.Add([]byte("<a><Credentials/></a>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := parseCredentials("key", b)
		if err == nil && (k.AccessKey == "" || k.SecretKey.Empty() || k.SessionToken.Empty()) {
			t.Errorf("%q: half a key", b)
		}
	})
}

// TestParseErrors reads S3's errors and those of STS, which wrap them.
func TestParseErrors(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][2]string{
		`<Error><Code>A</Code><Message>b</Message></Error>`:                                {"A", "b"},
		`<ErrorResponse><Error><Code>A</Code><Message>b</Message></Error></ErrorResponse>`: {"A", "b"},
		`<Error><Code>A</Code></Error>`:                                                    {"A", ""},
		`{"code":"A"}`:                                                                     {"", ""},
		``:                                                                                 {"", ""},
		`<ErrorResponse xmlns="x"><Error><Type>Sender</Type><Code>A</Code></Error></ErrorResponse>`: {"A", ""},
	} {
		if e := parseError("x", 400, []byte(body)); e.Code != want[0] || e.Message != want[1] {
			t.Errorf("%s: %+v", body, e)
		}
	}
}
