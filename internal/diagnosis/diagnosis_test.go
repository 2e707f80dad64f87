package diagnosis_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/diagnosis"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// now is when everything here is looked at.
func now() time.Time { return time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC) }

// well is a server that nothing is wrong with.
func well() diagnosis.Server {
	yes, parity := true, 1
	return diagnosis.Server{
		ID: "store/rustfs", Namespace: "store", Name: "rustfs", Kind: "StatefulSet", Container: "rustfs", Image: "rustfs/rustfs:1.0.1@sha256:0",
		Pods: []diagnosis.Pod{
			{Name: "rustfs-0", Node: "a", Started: now().Add(-time.Hour), MemoryRequest: true, MemoryLimit: true, CPURequest: true, ReadinessProbe: true},
			{Name: "rustfs-1", Node: "b", Started: now().Add(-time.Hour), MemoryRequest: true, MemoryLimit: true, CPURequest: true, ReadinessProbe: true},
		},
		Variables: []diagnosis.Variable{{Name: "RUSTFS_VOLUMES", Value: "/data"}, {Name: "RUSTFS_IAM_MASTER_KEY", Secret: true}},
		Key:       diagnosis.RootKey{AccessKey: "root", Origin: "Secret store/rustfs, key secret-key", Changed: now().Add(-2 * time.Hour)},
		Volumes:   []diagnosis.Volume{{Pod: "rustfs-0", Mount: "/data", Source: "PersistentVolumeClaim", Claim: "data-rustfs-0", Name: "pv-1", Reclaim: "Retain", Path: "/var/mnt/rustfs", Node: "a", Talos: true}},
		Routes:    []diagnosis.Route{{ID: "ingress/store/s3", Hosts: []string{"s3.example.com"}, TLS: "yes", Probes: []diagnosis.Probe{{URL: "https://s3.example.com", DNS: "LAN", Answer: "ok"}}}},
		Scheme:    "https", Ready: &yes, Clock: now(), Asked: now(), Versions: []string{"1.0.1", "1.0.1"}, Parity: &parity,
		Drives:  []diagnosis.Drive{{Path: "/data", State: "ok", Used: 10, Total: 100}},
		Scanner: &diagnosis.Scanner{Enabled: true, State: "fresh"}, Expiry: &diagnosis.Expiry{},
		Buckets: []diagnosis.Bucket{{
			Name:      "photos",
			CORS:      []bucket.CORSRule{{Origins: []string{"https://example.com"}, Methods: []string{"GET"}}},
			Lifecycle: []bucket.LifecycleRule{{ID: "old", ExpireDays: 30}},
		}},
		IAM: &iam.Snapshot{
			At: now(), Root: "root", Users: []iam.UserState{{Name: "alice", Enabled: true, Groups: []string{"devs"}}},
			Groups:   []iam.GroupState{{Name: "devs", Enabled: true, Members: []string{"alice"}, Policies: []string{"photos"}}},
			Policies: []iam.PolicyState{{Name: "photos", Document: json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::photos/*"]}]}`)}},
			Keys:     []iam.KeyState{{AccessKey: "AK", Parent: "alice", Enabled: true, Own: true, Expires: now().AddDate(0, 1, 0)}},
		},
	}
}

func check(c diagnosis.Cluster) []finding.Finding {
	return diagnosis.Check(c, diagnosis.Rules(), now())
}

func TestNothingIsWrong(t *testing.T) {
	t.Parallel()
	c := diagnosis.Cluster{Servers: []diagnosis.Server{well()}, Workloads: []diagnosis.Workload{{ID: "deployment/a/b", Containers: []diagnosis.Container{{Image: "quay.io/minio/mc:1"}, {Image: "pgsty/mc"}, {Image: "minio/operator:5"}}}}}
	for _, f := range check(c) {
		t.Errorf("%+v", f)
	}
}

// TestRules: each change of a well server brings the finding named, about the
// subject named, and no worse one of another rule.
func TestRules(t *testing.T) {
	t.Parallel()
	no := false
	zero := 0
	variable := func(v diagnosis.Variable) func(*diagnosis.Server) {
		return func(s *diagnosis.Server) { s.Variables = append(s.Variables, v) }
	}
	rule := func(versioned bool, r ...bucket.LifecycleRule) func(*diagnosis.Server) {
		return func(s *diagnosis.Server) { s.Buckets[0].Lifecycle, s.Buckets[0].Versioning = r, versioned }
	}
	for _, c := range []struct {
		rule     string
		severity finding.Severity
		subject  string
		proof    string
		change   func(*diagnosis.Server)
	}{
		{"default-credentials", finding.Critical, "server/store/rustfs", "rustfsadmin", func(s *diagnosis.Server) {
			s.Key.AccessKey, s.Key.BuiltIn = "rustfsadmin", true
		}},
		{"literal-credentials", finding.Warning, "server/store/rustfs", "Secret", func(s *diagnosis.Server) { s.Key.Literal = true }},
		{"changed-credentials", finding.Warning, "server/store/rustfs", "pod rustfs-0 started", func(s *diagnosis.Server) { s.Key.Changed = now() }},
		{"changed-credentials", finding.Critical, "server/store/rustfs", "SignatureDoesNotMatch", func(s *diagnosis.Server) { s.Refused = "SignatureDoesNotMatch" }},
		{"iam-master-key", finding.Info, "server/store/rustfs", "RUSTFS_IAM_MASTER_KEY", func(s *diagnosis.Server) { s.Variables = s.Variables[:1] }},
		{"pod-trouble", finding.Critical, "pod/store/rustfs-0", "keeps ending", func(s *diagnosis.Server) { s.Pods[0].Trouble = "container rustfs keeps ending" }},
		{"pod-trouble", finding.Warning, "pod/store/rustfs-1", "3 restarts", func(s *diagnosis.Server) { s.Pods[1].OOMKilled, s.Pods[1].Restarts = true, 3 }},
		{"not-ready", finding.Critical, "server/store/rustfs", "storage_unavailable", func(s *diagnosis.Server) { s.Ready, s.Degraded = &no, []string{"storage_unavailable"} }},
		{"clock-skew", finding.Warning, "server/store/rustfs", "12:01:00Z", func(s *diagnosis.Server) { s.Clock = now().Add(time.Minute) }},
		{"clock-skew", finding.Critical, "server/store/rustfs", "11:40:00Z", func(s *diagnosis.Server) { s.Clock = now().Add(-20 * time.Minute) }},
		{"clock-skew", finding.Critical, "server/store/rustfs", "", func(s *diagnosis.Server) { s.Clock, s.Refused = time.Time{}, "RequestTimeTooSkewed" }},
		{"versions-differ", finding.Warning, "server/store/rustfs", "1.0.0, 1.0.1", func(s *diagnosis.Server) { s.Versions = []string{"1.0.1", "1.0.0", "1.0.1"} }},
		{"image-tag", finding.Warning, "server/store/rustfs", "rustfs/rustfs", func(s *diagnosis.Server) { s.Image = "registry:5000/rustfs/rustfs" }},
		{"image-tag", finding.Warning, "server/store/rustfs", "latest-glibc", func(s *diagnosis.Server) { s.Image = "rustfs/rustfs:latest-glibc" }},
		{"image-tag", finding.Info, "server/store/rustfs", "1.0.1", func(s *diagnosis.Server) { s.Image = "rustfs/rustfs:1.0.1" }},
		{"resources", finding.Warning, "server/store/rustfs", "limits.memory", func(s *diagnosis.Server) { s.Pods[0].MemoryLimit = false }},
		{"probes", finding.Info, "server/store/rustfs", "rustfs-1", func(s *diagnosis.Server) { s.Pods[1].ReadinessProbe = false }},
		{"same-node", finding.Warning, "server/store/rustfs", "rustfs-0, rustfs-1 on node a", func(s *diagnosis.Server) { s.Pods[1].Node = "a" }},
		{"deprecated-variable", finding.Warning, "server/store/rustfs", "RUSTFS_EXTERNAL_ADDRESS", variable(diagnosis.Variable{Name: "RUSTFS_EXTERNAL_ADDRESS", Deprecated: true, Why: "no"})},
		{"unknown-variable", finding.Info, "server/store/rustfs", "RUSTFS_X", variable(diagnosis.Variable{Name: "RUSTFS_X", Unknown: true, Instead: "RUSTFS_Y", Why: "no"})},
		{"tls-path", finding.Warning, "server/store/rustfs", "/opt/tls", func(s *diagnosis.Server) {
			s.Scheme, s.Variables = "http", append(s.Variables, diagnosis.Variable{Name: "RUSTFS_TLS_PATH", Value: "/opt/tls"})
		}},
		{"scanner", finding.Warning, "server/store/rustfs", "off", func(s *diagnosis.Server) { s.Scanner = &diagnosis.Scanner{Reason: "off"} }},
		{"scanner", finding.Warning, "server/store/rustfs", "2026-11-01", func(s *diagnosis.Server) {
			s.Scanner.State, s.Scanner.LastCycle = "stale", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		}},
		{"drive-offline", finding.Critical, "server/store/rustfs", "/data is offline", func(s *diagnosis.Server) { s.Drives[0].State = "offline" }},
		{"drive-full", finding.Warning, "server/store/rustfs", "85%", func(s *diagnosis.Server) { s.Drives[0].Used = 85 }},
		{"drive-full", finding.Critical, "server/store/rustfs", "96%", func(s *diagnosis.Server) { s.Drives[0].Used = 96 }},
		{"no-parity", finding.Info, "server/store/rustfs", "parity 0", func(s *diagnosis.Server) { s.Parity = &zero }},
		{"volume-control-plane", finding.Warning, "server/store/rustfs", "node a", func(s *diagnosis.Server) { s.Volumes[0].ControlPlane = true }},
		{"volume-ephemeral", finding.Warning, "server/store/rustfs", "/var/local", func(s *diagnosis.Server) { s.Volumes[0].Path = "/var/local" }},
		{"volume-ephemeral", finding.Critical, "server/store/rustfs", "emptyDir", func(s *diagnosis.Server) {
			s.Volumes[0] = diagnosis.Volume{Mount: "/data", Source: "emptyDir", Pod: "rustfs-0"}
		}},
		{"volume-reclaim", finding.Warning, "server/store/rustfs", "Delete", func(s *diagnosis.Server) { s.Volumes[0].Reclaim = "Delete" }},
		{"route-without-tls", finding.Warning, "ingress/store/s3", "s3.example.com", func(s *diagnosis.Server) { s.Routes[0].TLS = "no" }},
		{"no-tls", finding.Info, "server/store/rustfs", "http", func(s *diagnosis.Server) { s.Scheme = "http" }},
		{"any-host-route", finding.Info, "ingress/store/s3", "", func(s *diagnosis.Server) { s.Routes[0].Hosts = nil }},
		{"ingress-signature", finding.Critical, "ingress/store/s3", "SignatureDoesNotMatch", func(s *diagnosis.Server) {
			s.Routes[0].Probes[0].Answer, s.Routes[0].Probes[0].Signed = "SignatureDoesNotMatch", true
		}},
		{"ingress-answer", finding.Warning, "ingress/store/s3", "HTTP status 404", func(s *diagnosis.Server) { s.Routes[0].Probes[0].Answer = "HTTP status 404" }},
		{"ingress-dns", finding.Info, "ingress/store/s3", "s3.example.com", func(s *diagnosis.Server) { s.Routes[0].Probes[0].DNS = "public" }},
		{"ingress-dns", finding.Warning, "ingress/store/s3", "s3.example.com", func(s *diagnosis.Server) { s.Routes[0].Probes[0].DNS = "none" }},
		{"cors-variable", finding.Warning, "server/store/rustfs", "=*", variable(diagnosis.Variable{Name: "RUSTFS_CORS_ALLOWED_ORIGINS", Value: "*"})},
		{"cors-any-origin", finding.Info, "bucket/photos", "GET", func(s *diagnosis.Server) { s.Buckets[0].CORS[0].Origins = []string{"*"} }},
		{"cors-any-origin", finding.Warning, "bucket/photos", "PUT", func(s *diagnosis.Server) {
			s.Buckets[0].CORS[0] = bucket.CORSRule{Origins: []string{"*"}, Methods: []string{"GET", "PUT"}}
		}},
		{"lifecycle-idle", finding.Warning, "bucket/photos", "rule old", rule(false, bucket.LifecycleRule{ID: "old", ExpireDays: 3, Disabled: true})},
		{"lifecycle-idle", finding.Warning, "bucket/photos", "rule 1", rule(false, bucket.LifecycleRule{Prefix: "a"})},
		{"lifecycle-idle", finding.Warning, "bucket/photos", "rule n", rule(false, bucket.LifecycleRule{ID: "n", NoncurrentDays: 3})},
		{"lifecycle-idle", finding.Warning, "bucket/photos", "rule v", rule(true, bucket.LifecycleRule{ID: "v", ExpireDays: 3})},
		{"lifecycle-stuck", finding.Warning, "server/store/rustfs", "2 missed", func(s *diagnosis.Server) { s.Expiry.Missed = 2 }},
		{"group-disabled", finding.Critical, "group/devs", "alice", func(s *diagnosis.Server) { s.IAM.Groups[0].Enabled = false }}, // package audit's
		{"not-looked-at", finding.Info, "server/store/rustfs", "", func(s *diagnosis.Server) { s.NotLooked = []string{"nodes (forbidden)"} }},
	} {
		s := well()
		c.change(&s)
		found := check(diagnosis.Cluster{Servers: []diagnosis.Server{s}})
		i := slices.IndexFunc(found, func(f finding.Finding) bool { return f.Rule == c.rule && f.Subject == c.subject })
		if i < 0 {
			t.Errorf("%s: not found in %+v", c.rule, found)
			continue
		}
		f := found[i]
		if f.Severity != c.severity || !strings.Contains(f.Proof, c.proof) || f.What == "" {
			t.Errorf("%s: %+v, want %s and %q", c.rule, f, c.severity, c.proof)
		}
		if f.Fix == "" && c.rule != "not-looked-at" && c.rule != "ingress-dns" {
			t.Errorf("%s: nothing mends it", c.rule)
		}
		if strings.HasSuffix(f.What, ".") || strings.Contains(f.What, "\n") {
			t.Errorf("%s: %q", c.rule, f.What)
		}
	}
}

func TestRuleNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range diagnosis.Rules() {
		if seen[r.Name] || r.Name == "" || r.Asks == "" || strings.HasSuffix(r.Asks, "?") {
			t.Errorf("%q asks %q", r.Name, r.Asks)
		}
		seen[r.Name] = true
	}
	if len(seen) < 40 {
		t.Errorf("only %d rules", len(seen))
	}
}

func TestVersionsAreEnded(t *testing.T) {
	t.Parallel()
	s := well()
	s.Buckets[0].Versioning = true
	s.Buckets[0].Lifecycle = []bucket.LifecycleRule{{ID: "a", Prefix: "logs/", ExpireDays: 3}, {ID: "b", NoncurrentDays: 7}, {ID: "c", AbortUploadDays: 1}}
	for _, f := range check(diagnosis.Cluster{Servers: []diagnosis.Server{s}}) {
		t.Errorf("%+v", f)
	}
}

func TestWorkloads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		image, command string
		rules          []string
	}{
		{"minio/mc", "", []string{"minio-images"}},
		{"docker.io/minio/minio:RELEASE.2025", "", []string{"minio-images"}},
		{"index.docker.io/minio/mc@sha256:0", "", []string{"minio-images"}},
		{"example.com/minio/mc:1", "", nil},
		{"x", "mc rm --recursive --older-than 30d r/b", []string{"mc-rm-without-force"}},
		{"x", "/bin/sh -c mc alias set r h && mc rm -r \\\n --older-than 30d r/b; true", []string{"mc-rm-without-force"}},
		{"x", "sh -c mc rm --recursive --force r/b", nil},
		{"x", "sh -c rm -r /tmp/x && mc ls r", nil},
		{"x", "mc rm r/b/one", nil},
	} {
		w := diagnosis.Workload{ID: "cronjob/a/b", Containers: []diagnosis.Container{{Name: "c", Image: c.image, Command: strings.Split(c.command, " ")}}}
		var got []string
		for _, f := range check(diagnosis.Cluster{Workloads: []diagnosis.Workload{w}}) {
			got = append(got, f.Rule)
			if f.Subject != "cronjob/a/b" || f.Fix == "" {
				t.Errorf("%+v", f)
			}
		}
		if !slices.Equal(got, c.rules) {
			t.Errorf("%s %q: %v, want %v", c.image, c.command, got, c.rules)
		}
	}
}
