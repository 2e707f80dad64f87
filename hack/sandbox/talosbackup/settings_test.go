package main

import (
	"testing"
	"time"
)

func read(t *testing.T, env map[string]string) settings {
	t.Helper()

	s, err := readSettings(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}

	return s
}

func TestKey(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

	for want, env := range map[string]map[string]string{
		"home/home-2026-03-04T05:06:07Z.snap.age":     {"AGE_RECIPIENT_PUBLIC_KEY": "age1x"},
		"a/b/home-2026-03-04T05:06:07Z.snap":          {"S3_PREFIX": "a/b", "DISABLE_ENCRYPTION": "true"},
		"home/home-2026-03-04T05:06:07Z.snap.zst":     {"DISABLE_ENCRYPTION": "true", "ENABLE_COMPRESSION": "true"},
		"home/home-2026-03-04T05:06:07Z.snap.zst.age": {"AGE_X25519_PUBLIC_KEY": "age1x", "ENABLE_COMPRESSION": "true"},
	} {
		if got := read(t, env).key("home", now); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRecipients(t *testing.T) {
	s := read(t, map[string]string{"AGE_X25519_PUBLIC_KEY": "a,b", "AGE_RECIPIENT_PUBLIC_KEY": "c"})
	if len(s.recipients) != 3 {
		t.Errorf("recipients: %q", s.recipients)
	}

	if _, err := readSettings(func(string) string { return "" }); err == nil {
		t.Error("encryption without a recipient is no error")
	}
}

func TestAddress(t *testing.T) {
	for endpoint, want := range map[string]struct {
		host string
		tls  bool
	}{
		"http://rustfs.rustfs.svc:9000": {"rustfs.rustfs.svc:9000", false},
		"https://s3.example.test":       {"s3.example.test", true},
		"s3.example.test":               {"s3.example.test", true},
		"":                              {"s3.eu-central-1.amazonaws.com", true},
	} {
		host, tls := settings{endpoint: endpoint, region: "eu-central-1"}.address()
		if host != want.host || tls != want.tls {
			t.Errorf("%q: got %s, %v", endpoint, host, tls)
		}
	}
}
