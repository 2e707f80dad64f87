package admin_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	got, err := answer(t, 200, "# RUSTFS_SCANNER_SPEED=fast\nscanner speed=\"a \\\"b\\\" \\\\ c\" idle=on\n\nnotify_webhook:first endpoint=\"\" auth_token=\"x=y\"\nempty\n").Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []admin.Setting{
		{"scanner", "speed", `a "b" \ c`}, {"scanner", "idle", "on"}, {"notify_webhook:first", "endpoint", ""}, {"notify_webhook:first", "auth_token", "x=y"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := answer(t, 200, "scanner nonsense").Settings(t.Context()); err == nil || !strings.Contains(err.Error(), "no key with a value") {
		t.Errorf("got %v", err)
	}
}

func FuzzSettings(f *testing.F) {
	f.Add("scanner speed=\"default\" idle=on")
	f.Add("a b=\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := answer(t, 200, text).Settings(t.Context())
		if err != nil {
			return
		}
		for _, s := range all {
			if s.Key == "" {
				t.Errorf("%+v", s)
			}
		}
	})
}

func TestRealtimeOfAnOlderVersion(t *testing.T) {
	t.Parallel()
	// Documents follow each other without a line end, and parts are missing.
	got, err := answer(t, 200, `{"aggregated":{"disk":{"n_disks":4,"offline":1}}}{"aggregated":{}}`).Realtime(t.Context())
	if err != nil || got.Disks != 4 || got.Offline != 1 || got.Requests != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := answer(t, 200, "").Realtime(t.Context()); err == nil {
		t.Error("an empty answer is taken")
	}
}

func TestKMSStates(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"status":"Running","backend_type":"Vault","healthy":true}`: "Running",
		`{"status":{"Error":"no route"}}`:                            "Error",
	} {
		got, err := answer(t, 200, body).KMS(t.Context())
		if err != nil || got.Status != want {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestConsoleVersion(t *testing.T) {
	t.Parallel()
	got, err := answer(t, 200, `{"version":"1.0.0-alpha.82"}`).ConsoleVersion(t.Context())
	if err != nil || got != "1.0.0-alpha.82" {
		t.Errorf("%q, %v", got, err)
	}
}
