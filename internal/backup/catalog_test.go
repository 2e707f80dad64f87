package backup

import (
	"slices"
	"testing"
	"time"
)

func catalog(objects ...string) Catalog {
	var c Catalog
	for i, o := range objects {
		c.Add(o, int64(i), time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC), "")
	}
	c.Sort()
	return c
}

func TestCatalogSort(t *testing.T) {
	c := catalog(
		"b/b-2026-01-05T06:00:00Z.snap",
		"notes.txt",
		"a/a-2026-01-06T06:00:00Z.snap",
		"a/a-2026-01-05T08:30:00+02:00.snap", // 06:30 UTC
		"a/a-2026-01-05T06:00:00Z.snap",
		"aaa.txt",
	)
	want := []string{
		"a/a-2026-01-06T06:00:00Z.snap",
		"a/a-2026-01-05T08:30:00+02:00.snap",
		"a/a-2026-01-05T06:00:00Z.snap",
		"b/b-2026-01-05T06:00:00Z.snap",
	}
	if got := objects(c.Snapshots); !slices.Equal(got, want) {
		t.Errorf("snapshots %q, want %q", got, want)
	}
	if want := []string{"aaa.txt", "notes.txt"}; !slices.Equal(c.Foreign, want) {
		t.Errorf("foreign %q, want %q", c.Foreign, want)
	}
	if got, want := c.Clusters(), []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("clusters %q, want %q", got, want)
	}
	if got := objects(c.Cluster("b").Snapshots); !slices.Equal(got, want[3:]) {
		t.Errorf("cluster b %q", got)
	}
	if got := c.Cluster("none").Snapshots; len(got) != 0 {
		t.Errorf("cluster none %v", got)
	}
}
