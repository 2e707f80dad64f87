package talos

import (
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
)

func ready(now time.Time) Facts {
	return Facts{
		Node:        testNode,
		Endpoints:   []string{testNode},
		Credentials: Credentials{Roles: []string{"os:admin"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0)},
		Version:     Fact[string]{Value: "v1.13.9"},
		MachineType: Fact[string]{Value: "controlplane"},
		Etcd:        Fact[Service]{Value: Service{ID: "etcd", State: StatePreparing}},
		CRI:         Fact[Service]{Value: Service{ID: "cri", State: StateRunning, Healthy: true}},
		Time:        Fact[TimeStatus]{Value: TimeStatus{Synced: true}},
		DataDir:     Fact[DirState]{Value: DirEmpty},
		Spec:        Fact[EtcdSpec]{Value: EtcdSpec{AdvertisedAddresses: []string{testNode}}},
		VirtualIPs:  Fact[[]string]{Value: []string{"10.5.0.100"}},
	}
}

func TestCheck(t *testing.T) {
	now := time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)
	broken := errors.New("broken")
	two := []string{"10.5.0.2", "fd00::2"}
	tests := []struct {
		rule   string
		level  Level
		what   string
		change func(*Facts)
	}{
		{"omni", Pass, "not managed", func(*Facts) {}},
		{"omni", Fail, "Omni", func(f *Facts) { f.Credentials.Omni = true }},
		{"role", Pass, "os:admin", func(*Facts) {}},
		{"role", Fail, "os:etcd:backup, os:reader", func(f *Facts) { f.Credentials.Roles = []string{"os:etcd:backup", "os:reader"} }},
		{"role", Fail, "no client certificate", func(f *Facts) { f.Credentials = Credentials{} }},
		{"certificate", Pass, "until 2027-01-05T06:00:00Z", func(*Facts) {}},
		{"certificate", Fail, "expired at 2026-01-05T05:59:59Z", func(f *Facts) { f.Credentials.NotAfter = now.Add(-time.Second) }},
		{"certificate", Warn, "in 10m0s", func(f *Facts) { f.Credentials.NotAfter = now.Add(10 * time.Minute) }},
		{"certificate", Fail, "valid only from", func(f *Facts) { f.Credentials.NotBefore = now.Add(time.Hour) }},
		{"reachable", Pass, "v1.13.9", func(*Facts) {}},
		{"reachable", Fail, "does not answer", func(f *Facts) { f.Version.Err = &Error{Code: codes.Unavailable} }},
		{"reachable", Warn, "refused", func(f *Facts) { f.Version.Err = &Error{Code: codes.PermissionDenied} }},
		{"machine-type", Pass, "control plane", func(*Facts) {}},
		{"machine-type", Fail, "ignores the snapshot", func(f *Facts) { f.MachineType.Value = "init" }},
		{"machine-type", Fail, "worker", func(f *Facts) { f.MachineType.Value = "worker" }},
		{"machine-type", Warn, "broken", func(f *Facts) { f.MachineType.Err = broken }},
		{"etcd", Pass, "Preparing", func(*Facts) {}},
		{"etcd", Fail, "healthy with 1 member", func(f *Facts) {
			f.Etcd.Value = Service{ID: "etcd", State: StateRunning, Healthy: true}
			f.Members.Value = []Member{{}}
		}},
		{"etcd", Fail, "and not healthy: its health was not looked at yet", func(f *Facts) { f.Etcd.Value = Service{ID: "etcd", State: StateRunning} }},
		{"etcd", Warn, "timeout", func(f *Facts) { f.Etcd.Value = Service{ID: "etcd", State: StateFailed, Message: "timeout"} }},
		{"etcd", Warn, "volumes", func(f *Facts) { f.Etcd.Value = Service{ID: "etcd", State: StateWaiting, Message: "volumes"} }},
		{"etcd", Warn, "does not list", func(f *Facts) { f.Etcd.Value = Service{} }},
		{"etcd", Warn, "broken", func(f *Facts) { f.Etcd.Err = broken }},
		{"data-dir", Pass, "empty", func(*Facts) {}},
		{"data-dir", Fail, "not empty", func(f *Facts) { f.DataDir.Value = DirNotEmpty }},
		{"data-dir", Warn, "broken", func(f *Facts) { f.DataDir = Fact[DirState]{DirUndecided, broken} }},
		{"data-dir", Warn, "unknown", func(f *Facts) { f.DataDir.Value = DirUndecided }},
		{"endpoint", Pass, "no virtual IP", func(*Facts) {}},
		{"endpoint", Fail, "10.5.0.100", func(f *Facts) { f.Endpoints = []string{"10.5.0.3", "10.5.0.100"} }},
		{"endpoint", Fail, "10.5.0.100", func(f *Facts) { f.Endpoints = []string{"https://10.5.0.100:50000"} }},
		{"endpoint", Fail, "10.5.0.100", func(f *Facts) { f.Node = "10.5.0.100:50000" }},
		{"endpoint", Pass, "no virtual IP", func(f *Facts) { f.Endpoints = []string{"cp.example.org"} }},
		{"endpoint", Warn, "broken", func(f *Facts) { f.VirtualIPs.Err = broken }},
		{"cri", Pass, "up", func(*Facts) {}},
		{"cri", Fail, "Preparing", func(f *Facts) { f.CRI.Value = Service{State: StatePreparing} }},
		{"cri", Fail, "not up", func(f *Facts) { f.CRI.Value = Service{} }},
		{"cri", Warn, "broken", func(f *Facts) { f.CRI.Err = broken }},
		{"time", Pass, "in sync", func(*Facts) {}},
		{"time", Warn, "not in sync", func(f *Facts) { f.Time.Value.Synced = false }},
		{"time", Pass, "as configured", func(f *Facts) { f.Time.Value = TimeStatus{SyncDisabled: true} }},
		{"time", Warn, "broken", func(f *Facts) { f.Time.Err = broken }},
		{"addresses", Pass, "one address", func(f *Facts) { f.Version.Value = "v1.9.6" }},
		{"addresses", Pass, "2 addresses", func(f *Facts) { f.Spec.Value.AdvertisedAddresses = two }},
		{"addresses", Fail, "talos#11257", func(f *Facts) { f.Spec.Value.AdvertisedAddresses, f.Version.Value = two, "v1.10.4" }},
		{"addresses", Fail, "talos#11257", func(f *Facts) { f.Spec.Value.AdvertisedAddresses, f.Version.Value = two, "v1.9.6" }},
		{"addresses", Pass, "v1.10.5", func(f *Facts) { f.Spec.Value.AdvertisedAddresses, f.Version.Value = two, "v1.10.5" }},
		{"addresses", Pass, "v1.11.0-beta.1", func(f *Facts) { f.Spec.Value.AdvertisedAddresses, f.Version.Value = two, "v1.11.0-beta.1" }},
		{"addresses", Fail, "odd", func(f *Facts) { f.Spec.Value.AdvertisedAddresses, f.Version.Value = two, "odd" }},
		{"addresses", Warn, "unknown", func(f *Facts) { f.Spec.Value.AdvertisedAddresses, f.Version.Err = two, broken }},
		{"addresses", Warn, "broken", func(f *Facts) { f.Spec.Err = broken }},
	}
	for _, tt := range tests {
		t.Run(tt.rule+" "+tt.what, func(t *testing.T) {
			f := ready(now)
			tt.change(&f)
			var seen bool
			for _, finding := range Check(f, now) {
				if finding.Rule != tt.rule {
					continue
				}
				seen = true
				if finding.Level != tt.level || !strings.Contains(finding.What, tt.what) {
					t.Errorf("got %+v, want %s with %q", finding, tt.level, tt.what)
				}
				if (finding.Level != Pass) != (finding.Fix != "") {
					t.Errorf("fix %q for %s", finding.Fix, finding.Level)
				}
			}
			if !seen {
				t.Error("the rule did not speak")
			}
		})
	}
	if all := Check(ready(now), now); anyFailed(all) || len(all) != 11 {
		t.Errorf("got %+v", all)
	}
	if all := CheckOffline(&Config{Credentials: ready(now).Credentials}, now); len(all) != 3 || anyFailed(all) {
		t.Errorf("offline: %+v", all)
	}
}
