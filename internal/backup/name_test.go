package backup

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestResolve(t *testing.T) {
	now := time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)
	c := catalog(
		"p/c-2026-01-06T06:00:00Z.snap.age",
		"p/c-2026-01-06T00:30:00+02:00.snap.age", // 2026-01-05 22:30 UTC
		"p/c-2026-01-05T06:00:00Z.snap.age",
		"p/c-2026-01-04T06:00:00Z.snap.age",
	)
	tests := []struct{ name, want string }{
		{"latest", "p/c-2026-01-06T06:00:00Z.snap.age"},
		{"latest~0", "p/c-2026-01-06T06:00:00Z.snap.age"},
		{"latest~1", "p/c-2026-01-06T00:30:00+02:00.snap.age"},
		{"latest~3", "p/c-2026-01-04T06:00:00Z.snap.age"},
		{"p/c-2026-01-04T06:00:00Z.snap.age", "p/c-2026-01-04T06:00:00Z.snap.age"},
		{"c-2026-01-04T06:00:00Z.snap.age", "p/c-2026-01-04T06:00:00Z.snap.age"},
		{"2026-01-05", "p/c-2026-01-06T00:30:00+02:00.snap.age"},
		{"2026-01-04", "p/c-2026-01-04T06:00:00Z.snap.age"},
		{"2026-01-05T06:00:00Z", "p/c-2026-01-05T06:00:00Z.snap.age"},
		{"2026-01-05T07:00:00+01:00", "p/c-2026-01-05T06:00:00Z.snap.age"},
		{"2026-01-05T22:30:00Z", "p/c-2026-01-06T00:30:00+02:00.snap.age"},
		{"-6h", "p/c-2026-01-06T06:00:00Z.snap.age"},
		{"-6h1s", "p/c-2026-01-06T00:30:00+02:00.snap.age"},
		{"-90m", "p/c-2026-01-06T06:00:00Z.snap.age"},
		{"-1d", "p/c-2026-01-05T06:00:00Z.snap.age"},
		{"-2d", "p/c-2026-01-04T06:00:00Z.snap.age"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := c.Resolve(tt.name, now)
			if err != nil {
				t.Fatal(err)
			}
			if s.Object != tt.want {
				t.Errorf("got %s, want %s", s.Object, tt.want)
			}
		})
	}
}

func TestResolveErrors(t *testing.T) {
	now := time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)
	one := catalog("p/c-2026-01-06T06:00:00Z.snap", "p/c-2026-01-05T06:00:00Z.snap", "p/c-2026-01-04T06:00:00Z.snap", "p/c-2026-01-01T06:00:00Z.snap")
	two := catalog("a/a-2026-01-06T06:00:00Z.snap", "b/b-2026-01-06T06:00:00Z.snap", "b/b-2026-01-04T06:00:00Z.snap")
	twins := catalog("p/c-2026-01-06T06:00:00Z.snap", "q/c-2026-01-06T06:00:00Z.snap")
	tests := []struct {
		name        string
		c           Catalog
		as          any
		error, hint string
	}{
		{"latest", Catalog{}, new(*NoSnapshots), "no backups", "prefix"},
		{"latest", catalog("x.txt"), new(*NoSnapshots), "1 objects", "prefix"},
		{"latest~4", one, new(*NotFound), "only 4 backups", "p/c-2026-01-01T06:00:00Z.snap"},
		{"2026-01-02", one, new(*NotFound), `"2026-01-02"`, "nearest: p/c-2026-01-01T06:00:00Z.snap, p/c-2026-01-04T06:00:00Z.snap, p/c-2026-01-05T06:00:00Z.snap"},
		{"2026-01-06T06:00:01Z", one, new(*NotFound), "there is none", "nearest: p/c-2026-01-06T06:00:00Z.snap"},
		{"-1w", one, new(*NotFound), "there is none", "nearest: p/c-2026-01-01T06:00:00Z.snap"},
		{"yesterday", one, new(*NotFound), "there is none", "nearest: p/c-2026-01-06T06:00:00Z.snap"},
		{"", one, new(*NotFound), "there is none", "nearest"},
		{"6h", one, new(*NotFound), "there is none", "nearest"},
		{"latest", two, new(*Ambiguous), "a, b", "--cluster-name NAME"},
		{"-1h", two, new(*Ambiguous), "a, b", "--cluster-name NAME"},
		{"2026-01-06", two, new(*Ambiguous), "a, b", "--cluster-name NAME"},
		{"2026-01-06T06:00:00Z", two, new(*Ambiguous), "a, b", "--cluster-name NAME"},
		{"2026-01-06T06:00:00Z", twins, new(*Ambiguous), "fits 2 objects", "full object key"},
		{"c-2026-01-06T06:00:00Z.snap", twins, new(*Ambiguous), "fits 2 objects", "full object key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.c.Resolve(tt.name, now)
			if err == nil || !errors.As(err, tt.as) {
				t.Fatalf("got %T %v, want %T", err, err, tt.as)
			}
			if !strings.Contains(err.Error(), tt.error) {
				t.Errorf("error %q, want it to hold %q", err, tt.error)
			}
			if hint := err.(interface{ Hint() string }).Hint(); !strings.Contains(hint, tt.hint) {
				t.Errorf("hint %q, want it to hold %q", hint, tt.hint)
			}
		})
	}
}

func TestResolveDayOfOneClusterOnly(t *testing.T) {
	two := catalog("a/a-2026-01-06T06:00:00Z.snap", "b/b-2026-01-04T06:00:00Z.snap")
	s, err := two.Resolve("2026-01-04", time.Time{})
	if err != nil || s.Key.Cluster != "b" {
		t.Errorf("got %v, %v", s.Object, err)
	}
}
