package kube

import (
	"encoding/json"
	"testing"
	"time"
)

func TestFresh(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)

	for status, want := range map[string]bool{
		`{"containerStatuses":[{"ready":true,"state":{"running":{"startedAt":"2026-01-02T03:04:05Z"}}}]}`:  true,
		`{"containerStatuses":[{"ready":true,"state":{"running":{"startedAt":"2026-01-02T03:04:04Z"}}}]}`:  false,
		`{"containerStatuses":[{"ready":false,"state":{"running":{"startedAt":"2026-01-02T03:04:09Z"}}}]}`: false,
		`{"containerStatuses":[{"ready":true,"state":{}}]}`:                                                false,
		`{}`: false,
	} {
		var p pod
		if err := json.Unmarshal([]byte(`{"status":`+status+`}`), &p); err != nil {
			t.Fatal(err)
		}

		if got := p.fresh(start); got != want {
			t.Errorf("%s: %v", status, got)
		}
	}
}
