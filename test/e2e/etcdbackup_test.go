//go:build sandbox

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunAndVerify(t *testing.T) {
	b := cluster.up(t)
	key := " -i " + b.file("age-identity.txt")
	b.must(t, "kubectl etcdbackup run --wait --verify"+key).says(t, "written and proven", "opened by")
	b.must(t, "kubectl etcdbackup list").says(t, ".snap.zst.age", "zst", "yes")
	b.must(t, "kubectl etcdbackup verify --all"+key).says(t, "OK")
	b.try(t, "kubectl etcdbackup verify -i "+b.file("wrong-identity.txt")).exits(t, 3).says(t, "LOCKED", "none of which is")
	b.must(t, "talosctl-etcdbackup verify"+key).says(t, "OK")
}

// patched runs a backup with the CronJob changed by a merge patch, and puts
// the CronJob back.
func patched(t *testing.T, b *box, patch, flags string) result {
	t.Helper()
	before := b.must(t, "kubectl get cronjob talos-backup -n talos-backup -o json").stdout
	var cj struct{ Spec json.RawMessage }
	if err := json.Unmarshal([]byte(before), &cj); err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(t.TempDir(), "cronjob.json")
	if err := os.WriteFile(saved, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	b.must(t, "kubectl patch cronjob talos-backup -n talos-backup --type json -p '"+patch+"'")
	defer func() {
		b.must(t, "kubectl delete cronjob talos-backup -n talos-backup --cascade=background")
		var o map[string]any
		if err := json.Unmarshal([]byte(before), &o); err != nil {
			t.Fatal(err)
		}
		o["metadata"] = map[string]any{"name": "talos-backup", "namespace": "talos-backup"}
		delete(o, "status")
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(saved, text, 0o600); err != nil {
			t.Fatal(err)
		}
		b.must(t, "kubectl create -f "+saved)
	}()
	return b.try(t, "kubectl etcdbackup run --wait --verify --quiet -i "+b.file("age-identity.txt")+" "+flags)
}

// setEnv is a JSON patch that gives a variable of the container a value.
func setEnv(t *testing.T, b *box, name, value string) string {
	t.Helper()
	out := b.must(t, `kubectl get cronjob talos-backup -n talos-backup -o jsonpath='{range .spec.jobTemplate.spec.template.spec.containers[0].env[*]}{.name}{"\n"}{end}'`).stdout
	for i, n := range strings.Fields(out) {
		if n == name {
			p, err := json.Marshal([]map[string]any{{"op": "replace", "path": "/spec/jobTemplate/spec/template/spec/containers/0/env/" + itoa(i), "value": map[string]string{"name": name, "value": value}}})
			if err != nil {
				t.Fatal(err)
			}
			return string(p)
		}
	}
	t.Fatalf("the CronJob has no %s", name)
	return ""
}

func itoa(i int) string { b, _ := json.Marshal(i); return string(b) }

// TestRunFailures: the true cause, in at most three lines, and the exit code.
func TestRunFailures(t *testing.T) {
	b := cluster.up(t)
	other, err := os.ReadFile(b.file("wrong-identity.txt"))
	if err != nil {
		t.Fatal(err)
	}
	wrongRecipient := ""
	for _, l := range strings.Split(string(other), "\n") {
		if _, r, ok := strings.Cut(l, "public key: "); ok {
			wrongRecipient = strings.TrimSpace(r)
		}
	}
	if wrongRecipient == "" {
		t.Fatal("wrong-identity.txt does not say its public key")
	}
	const spec = "/spec/jobTemplate/spec/template/spec/"
	for _, tt := range []struct {
		name, patch, flags string
		code               int
		cause              string
	}{
		{"another recipient", setEnv(t, b, "AGE_RECIPIENT_PUBLIC_KEY", wrongRecipient), "", 3, "none of which is"},
		{"malformed recipient", setEnv(t, b, "AGE_RECIPIENT_PUBLIC_KEY", "age1nonsense"), "", 1, "exit code 255"},
		{"missing bucket", setEnv(t, b, "BUCKET", "no-such-bucket"), "", 1, `Access Denied: the bucket "no-such-bucket" does not exist`},
		{"unschedulable", `[{"op": "add", "path": "` + spec + `nodeSelector", "value": {"disk": "none"}}]`, "--pending-timeout 5s", 1, "cannot be scheduled: 0/1 nodes are available"},
		{"missing image", `[{"op": "replace", "path": "` + spec + `containers/0/image", "value": "ghcr.io/siderolabs/talos-backup:none"}]`, "", 1, "cannot get the image ghcr.io/siderolabs/talos-backup:none"},
		{"missing Secret", `[{"op": "add", "path": "` + spec + `containers/0/envFrom", "value": [{"secretRef": {"name": "none"}}]}]`, "", 1, `secret "none" not found`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := patched(t, b, tt.patch, tt.flags).exits(t, tt.code).says(t, tt.cause, "hint: ")
			if n := strings.Count(strings.TrimSpace(r.stderr), "\n") + 1; n > 3 {
				t.Errorf("%d lines:\n%s", n, r.stderr)
			}
			t.Log(r.stderr)
		})
	}
}

func TestRunInterrupted(t *testing.T) {
	b := cluster.up(t)
	b.start(t, "kubectl etcdbackup run --wait --name interrupted").await("job.batch/interrupted created").interrupt()
	b.must(t, "kubectl wait --for=condition=complete job/interrupted -n talos-backup --timeout=60s")
}

func TestFetch(t *testing.T) {
	b := cluster.up(t)
	b.must(t, "kubectl etcdbackup run --wait")
	dir := t.TempDir()
	out := filepath.Join(dir, "etcd.snap")
	b.must(t, "kubectl etcdbackup fetch latest -f "+out+" -i "+b.file("age-identity.txt")).says(t, "written")
	fi, err := os.Stat(out)
	if err != nil || fi.Mode().Perm() != 0o600 || fi.Size()%512 != 32 {
		t.Fatalf("%v %v", fi, err)
	}
	b.must(t, "kubectl etcdbackup fetch latest -f - -i "+b.file("age-identity.txt")+" | cmp - "+out)
	g := b.start(t, "kubectl etcdbackup fetch latest -f - -i "+b.file("age-identity.txt"))
	if _, err := g.stdout.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	g.interrupt()
}

// readOnly runs a command where no file can be created anywhere: every mount
// is read-only. What succeeds there has not put a plaintext on a disk.
func readOnly(line string) string {
	return `unshare --mount sh -c 'mount --make-rprivate / && for m in $(cut -d" " -f2 /proc/mounts | sort -r); do mount -o remount,bind,ro "$m" 2>/dev/null; done; ! touch /tmp/probe /dev/shm/probe 2>/dev/null && exec ` + line + `'`
}

func TestNothingTouchesADisk(t *testing.T) {
	b := cluster.up(t)
	b.must(t, "kubectl etcdbackup run --wait")
	b.must(t, readOnly("kubectl etcdbackup verify -i "+b.file("age-identity.txt"))).says(t, "OK")
}
