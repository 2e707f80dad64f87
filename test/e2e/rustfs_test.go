//go:build sandbox

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestStatus(t *testing.T) {
	b := cluster.up(t)
	r := b.must(t, "kubectl rustfs status").says(t,
		"Workload:", "StatefulSet/rustfs", "Health:", "Version:", "1.0.1", "(from Secret rustfs/rustfs, key secret-key)",
		"policy attach and detach: available", "users: available", "quota: available")
	for _, line := range b.storeEnv(t) {
		if k, v, _ := strings.Cut(line, "="); k == "AWS_SECRET_ACCESS_KEY" {
			r.never(t, v)
			b.must(t, "kubectl rustfs status -o yaml -v=9").never(t, v)
		}
	}
}

func TestBuckets(t *testing.T) {
	b := cluster.up(t)
	b.must(t, "kubectl rustfs bucket create e2e-plain")
	b.must(t, "kubectl rustfs bucket create e2e-versioned --versioning")
	b.must(t, "kubectl rustfs bucket create e2e-locked --with-lock")
	b.try(t, "kubectl rustfs bucket create e2e-plain").exits(t, 1).says(t, "exists already")
	b.must(t, "kubectl rustfs bucket create -p e2e-plain").says(t, "unchanged")

	var list struct {
		Items []struct {
			Metadata   struct{ Name string }
			Versioning string
			Lock       struct{ Enabled bool }
		}
	}
	out := b.must(t, "kubectl rustfs bucket ls --count -o json").stdout
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, i := range list.Items {
		got[i.Metadata.Name] = fmt.Sprint(i.Versioning, " ", i.Lock.Enabled)
	}
	for name, want := range map[string]string{"e2e-plain": "Off false", "e2e-versioned": "Enabled false", "e2e-locked": "Enabled true"} {
		if got[name] != want {
			t.Errorf("bucket %s is %q, want %q", name, got[name], want)
		}
	}
	b.must(t, "kubectl rustfs bucket describe e2e-locked").says(t, "Object Lock:", "Enabled")
	b.must(t, "kubectl rustfs bucket ls -o name").says(t, "bucket.cli.talos-rustfs.github.io/e2e-plain")
	b.must(t, "kubectl rustfs bucket delete e2e-plain e2e-versioned e2e-locked")
	b.try(t, "kubectl rustfs bucket delete e2e-plain").exits(t, 1).says(t, "does not exist")
}

// TestLegs: with create on pods/portforward alone the WebSocket handshake is
// refused and SPDY carries; with get too the WebSocket leg does.
func TestLegs(t *testing.T) {
	b := cluster.up(t)
	for leg, verbs := range map[string]string{"spdy": "create", "websocket": "get,create"} {
		b.must(t, "kubectl create clusterrole leg-"+leg+" --verb="+verbs+" --resource=pods/portforward")
		b.must(t, "kubectl create clusterrole leg-"+leg+"-read --verb=get,list --resource=pods,secrets,configmaps")
		for _, role := range []string{"leg-" + leg, "leg-" + leg + "-read"} {
			b.must(t, "kubectl create clusterrolebinding "+role+" --clusterrole="+role+" --user=leg-"+leg)
		}
		// the API server learns of new bindings by a watch
		eventually(t, "user leg-"+leg+" may list buckets", func() bool {
			return b.try(t, "kubectl rustfs bucket ls --as leg-"+leg).code == 0
		})
	}
	b.try(t, "kubectl rustfs bucket ls --as nobody").exits(t, 1).says(t, "forbidden", "hint: ")
	b.must(t, "kubectl delete clusterrolebinding leg-spdy leg-spdy-read leg-websocket leg-websocket-read")
	b.must(t, "kubectl delete clusterrole leg-spdy leg-spdy-read leg-websocket leg-websocket-read")
}

// TestNoListener holds a fetch in the middle of its transfer, its stdout
// unread, and looks at every socket of the process: connections, no listener.
func TestNoListener(t *testing.T) {
	b := cluster.up(t)
	b.must(t, "kubectl etcdbackup run --wait")
	g := b.start(t, "kubectl etcdbackup fetch latest -f - -i "+b.file("age-identity.txt"))
	first := make([]byte, 1)
	if _, err := g.stdout.Read(first); err != nil {
		t.Fatalf("%v\n%s", err, g.stderr.String())
	}
	if n := listening(t, g.cmd.Process.Pid); n != 0 {
		t.Errorf("the process has %d listening sockets", n)
	}
	g.interrupt()

	g = b.start(t, "kubectl rustfs forward --port 19100").await("until interrupted")
	if n := listening(t, g.cmd.Process.Pid); n != 1 {
		t.Errorf("forward has %d listening sockets: the look above proves nothing", n)
	}
	g.interrupt()
}

// listening counts a process's sockets in state LISTEN (0A), from /proc.
func listening(t *testing.T, pid int) int {
	t.Helper()
	inodes := map[string]bool{}
	for _, proto := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, proto))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n")[1:] {
			if f := strings.Fields(line); len(f) > 9 && f[3] == "0A" {
				inodes["socket:["+f[9]+"]"] = true
			}
		}
	}
	n := 0
	fds, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "fd", "*"))
	if err != nil || len(fds) == 0 {
		t.Fatalf("no file descriptors of process %d: %v", pid, err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && inodes[to] {
			n++
		}
	}
	return n
}

func TestForwardAndConsole(t *testing.T) {
	b := cluster.up(t)
	env := b.storeEnv(t)
	secret := ""
	for _, l := range env {
		if k, v, _ := strings.Cut(l, "="); k == "AWS_SECRET_ACCESS_KEY" {
			secret = v
		}
	}
	g := b.start(t, "kubectl rustfs forward --port 19101").await("until interrupted")
	line := "kubectl rustfs bucket ls -o name --endpoint http://127.0.0.1:19101 --access-key rustfsadmin"
	b.must(t, line, "RUSTFS_SECRET_KEY="+secret, "KUBECONFIG=/none").says(t, "etcd-backups")
	if strings.Contains(g.stderr.String(), secret) {
		t.Error("the secret is shown")
	}
	g.interrupt()
	b.try(t, line, "RUSTFS_SECRET_KEY="+secret, "KUBECONFIG=/none").exits(t, 1).says(t, "connection refused")

	g = b.start(t, "kubectl rustfs console --show-credentials").await("until interrupted")
	out := make([]byte, 4096)
	n, err := g.stdout.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(out[:n]), "http://127.0.0.1:") || !strings.Contains(string(out[:n]), "/rustfs/console/") {
		t.Errorf("console says %q", out[:n])
	}
	g.interrupt()
}

func TestKubectlFlags(t *testing.T) {
	b := cluster.up(t)
	b.must(t, "kubectl rustfs bucket ls -n rustfs --request-timeout=20s")
	b.try(t, "kubectl rustfs bucket ls -n default").exits(t, 1).says(t, "no RustFS server found in namespace default")
	b.try(t, "kubectl rustfs bucket ls --context nope").exits(t, 1).says(t, "nope")
	b.must(t, "kubectl rustfs bucket ls --server rustfs/rustfs -o json | grep -q '\"kind\": \"BucketList\"'")
	b.try(t, "kubectl rustfs nope").exits(t, 2)
	b.must(t, "kubectl rustfs bucket ls", "NO_COLOR=1").never(t, "\x1b")
}

// TestUsers: a user whose secret goes straight into a Kubernetes Secret, and
// an access key of its own, can log in and do what the policy says.
func TestUsers(t *testing.T) {
	b := cluster.up(t)
	b.must(t, "kubectl rustfs bucket create -p e2e-photos")
	r := b.must(t, "kubectl rustfs user create e2e-alice --policy readonly --to-secret media/e2e-alice").says(t, "user/e2e-alice created")
	secret := b.must(t, "kubectl get secret e2e-alice -n media -o jsonpath={.data.secret-key} | base64 -d").stdout
	if len(secret) < 20 {
		t.Fatalf("the Secret holds %d characters", len(secret))
	}
	r.never(t, secret)
	as := []string{"RUSTFS_SECRET_KEY=" + secret}
	b.must(t, "kubectl rustfs whoami --access-key e2e-alice", as...).says(t, "e2e-alice").never(t, secret)
	b.try(t, "kubectl rustfs bucket create e2e-not-allowed --access-key e2e-alice", as...).exits(t, 1).says(t, "AccessDenied", "hint: ")
	b.try(t, "kubectl rustfs user create e2e-alice --to-secret media/other").exits(t, 1).says(t, "exists already")

	b.must(t, "kubectl rustfs key create --for e2e-alice --expires 1d --to-secret media/e2e-key").says(t, "created")
	b.must(t, "kubectl rustfs key ls").says(t, "e2e-alice")
	b.must(t, "kubectl rustfs group create e2e-readers")
	b.must(t, "kubectl rustfs group add e2e-readers e2e-alice")
	b.must(t, "kubectl rustfs policy attach readwrite --to group/e2e-readers")
	b.must(t, "kubectl rustfs user describe e2e-alice").says(t, "e2e-readers", "readonly")
	b.must(t, "kubectl rustfs bucket create e2e-allowed --access-key e2e-alice", as...)
	b.must(t, "kubectl rustfs bucket delete e2e-allowed e2e-photos")
	b.must(t, "kubectl rustfs policy detach readwrite --from group/e2e-readers")
	b.must(t, "kubectl rustfs user delete e2e-alice --yes")
	b.must(t, "kubectl rustfs group delete e2e-readers")
	b.must(t, "kubectl delete secret e2e-alice e2e-key -n media")
	b.try(t, "kubectl rustfs whoami --access-key e2e-alice", as...).exits(t, 1).never(t, secret)
}
