package backup

import (
	"errors"
	"testing"
	"time"
)

func TestParseKey(t *testing.T) {
	utc := time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)
	tests := []struct {
		key, prefix, cluster, compression string
		time                              time.Time
		encrypted                         bool
	}{
		{"prod/prod-2026-01-05T06:00:00Z.snap.age", "prod", "prod", "", utc, true},
		{"prod/prod-2026-01-05T06:00:00Z.snap", "prod", "prod", "", utc, false},
		{"prod/prod-2026-01-05T06:00:00Z.snap.zst.age", "prod", "prod", "zst", utc, true},
		{"prod/prod-2026-01-05T06:00:00Z.snap.zst", "prod", "prod", "zst", utc, false},
		{"prod/prod-2026-01-05T06:00:00Z.snap.gz.age", "prod", "prod", "gz", utc, true},
		{"a/b/eu-west-1-2026-01-05T06:00:00Z.snap", "a/b", "eu-west-1", "", utc, false},
		{"a//c-2026-01-05T06:00:00Z.snap", "a/", "c", "", utc, false},
		{"/a/c-2026-01-05T06:00:00Z.snap", "/a", "c", "", utc, false},
		{"/c-2026-01-05T06:00:00Z.snap", "", "c", "", utc, false},
		{"//c-2026-01-05T06:00:00Z.snap", "/", "c", "", utc, false},
		{"c-2026-01-05T06:00:00Z.snap", "", "c", "", utc, false},
		{"p/c-2026-01-05T08:00:00+02:00.snap", "p", "c", "", utc, false},
		{"p/c-2026-01-05T01:00:00-05:00.snap", "p", "c", "", utc, false},
		{"p/c-2026-01-05T06:00:00+00:00.snap", "p", "c", "", utc, false},
		{`p/a\b|c-2026-01-05T06:00:00Z.snap`, "p", `a\b|c`, "", utc, false},
		{"p/c-2020-02-29T00:00:00Z-2026-01-05T06:00:00Z.snap", "p", "c-2020-02-29T00:00:00Z", "", utc, false},
	}
	for _, tt := range tests {
		t.Run(tt.key, func(t *testing.T) {
			k, err := ParseKey(tt.key)
			if err != nil {
				t.Fatal(err)
			}
			if k.Prefix != tt.prefix || k.Cluster != tt.cluster || k.Compression != tt.compression || k.Encrypted != tt.encrypted {
				t.Errorf("got %+v", k)
			}
			if !k.Time.Equal(tt.time) {
				t.Errorf("time %s, want %s", k.Time, tt.time)
			}
			if k.String() != tt.key {
				t.Errorf("String() = %q", k.String())
			}
		})
	}
}

func TestParseKeyForeign(t *testing.T) {
	for _, key := range []string{
		"", "/", "prod/", "readme.txt", "prod/latest.tar.age",
		"prod/prod-2026-01-05T06:00:00Z.snap.part",
		"prod/prod-2026-01-05T06:00:00Z.snap.age.zst",
		"prod/-2026-01-05T06:00:00Z.snap",
		"prod/prod-2026-02-30T06:00:00Z.snap",
		"prod/prod-2026-01-05T25:00:00Z.snap",
		"prod/prod-2026-01-05T06:00:00.5Z.snap",
		"prod/prod-2026-01-05T06:00:00Z.snap\n",
		"0d1f/FFFFFFFF98A1B2C3.snapshot",
	} {
		if _, err := ParseKey(key); !errors.Is(err, ErrForeign) {
			t.Errorf("ParseKey(%q) = %v, want ErrForeign", key, err)
		}
	}
}

func TestKeyMade(t *testing.T) {
	k := Key{Prefix: "p", Cluster: "c", Time: time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC), Compression: "zst", Encrypted: true}
	if got, want := k.String(), "p/c-2026-01-05T06:00:00Z.snap.zst.age"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	parsed, err := ParseKey(k.String())
	if err != nil || parsed.String() != k.String() {
		t.Errorf("parsed %+v, %v", parsed, err)
	}
	parsed.Time = parsed.Time.Add(time.Hour)
	if got, want := parsed.Base(), "c-2026-01-05T07:00:00Z.snap.zst.age"; got != want {
		t.Errorf("Base() after a change = %q, want %q", got, want)
	}
}

func FuzzParseKey(f *testing.F) {
	for _, key := range []string{
		"prod/prod-2026-01-05T06:00:00Z.snap.zst.age",
		"//c-2026-01-05T06:00:00+00:00.snap.gz",
		"c-2026-01-05T06:00:00-00:00.snap",
		"a/\xff\n-2026-01-05T06:00:00+23:59.snap.age",
		"nothing",
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		k, err := ParseKey(key)
		if err != nil {
			if !errors.Is(err, ErrForeign) {
				t.Fatalf("ParseKey(%q): %v", key, err)
			}
			return
		}
		if k.String() != key {
			t.Fatalf("ParseKey(%q).String() = %q", key, k.String())
		}
	})
}
