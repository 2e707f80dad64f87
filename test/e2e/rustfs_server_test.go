//go:build sandbox

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secretOf is the root secret of the store, which no output may hold.
func (b *box) secretOf(t testing.TB) string {
	t.Helper()
	for _, line := range b.storeEnv(t) {
		if k, v, _ := strings.Cut(line, "="); k == "AWS_SECRET_ACCESS_KEY" {
			return v
		}
	}
	t.Fatal("store.env has no secret")
	return ""
}

// decode reads what -o json printed.
func (r result) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.stdout), into); err != nil {
		t.Fatalf("%s: %v\n%s", r.line, err, r.stdout)
	}
}

// TestServer: what the commands say that look at the server itself.
func TestServer(t *testing.T) {
	b := cluster.up(t)
	secret := b.secretOf(t)

	t.Run("status", func(t *testing.T) {
		b.must(t, "kubectl rustfs status").says(t, "Drives:", "Scanner:", "KMS:", "claim data-rustfs-0", "on node cp1 (control plane)", "temporary credentials: available", "trace: available")
		b.must(t, "kubectl rustfs status -o wide").says(t, "NAMESPACE", "IMAGE", "rustfs/rustfs:1.0.1")
		b.try(t, "kubectl rustfs status --server nope").exits(t, 1).says(t, `no RustFS server "nope" found`, "hint: ")
		b.try(t, "kubectl rustfs status --as nobody").exits(t, 1).says(t, "forbidden", "hint: ")
	})
	t.Run("doctor", func(t *testing.T) {
		b.try(t, "kubectl rustfs doctor").exits(t, 3).
			says(t, "volume-control-plane", "user-without-group", "resources", "Fix:", "kubectl rustfs group add GROUP", "1 drive, parity 0").
			never(t, secret)
		b.try(t, "kubectl rustfs doctor -o json | grep -q '\"apiVersion\"'").exits(t, 0)
		b.try(t, "kubectl rustfs doctor -n default").exits(t, 3).says(t, "no RustFS server found in namespace default")
	})
	t.Run("config", func(t *testing.T) {
		b.must(t, "kubectl rustfs config").never(t, secret).
			says(t, "RUSTFS_VOLUMES", "ConfigMap rustfs/rustfs", "Secret rustfs/rustfs, key secret-key", "<secret, ")
	})
	t.Run("logs", func(t *testing.T) {
		b.must(t, "kubectl rustfs logs --tail 5").never(t, secret)
		b.try(t, "kubectl rustfs logs --since nonsense").exits(t, 2)
		if r := b.try(t, "kubectl rustfs logs --diagnose --format json"); rustfsKind() == "fake" {
			r.exits(t, 1).says(t, `has no "rustfs diagnose"`)
		} else {
			r.exits(t, 0).says(t, "schema_version")
		}
		b.must(t, "kubectl rustfs bucket create e2e-logs")
		b.start(t, "kubectl rustfs logs -f --tail 1 -v 6").await("follow=true").interrupt()
		b.must(t, "kubectl rustfs bucket delete e2e-logs")
	})
	t.Run("metrics", func(t *testing.T) {
		b.must(t, "kubectl rustfs metrics").says(t, "# TYPE rustfs_up gauge", `rustfs_up{server="rustfs/rustfs"} 1`, "rustfs_capacity_total_bytes").never(t, secret)
		b.try(t, "kubectl rustfs metrics -o nope").exits(t, 2)
	})
	t.Run("whoami", func(t *testing.T) {
		b.must(t, "kubectl rustfs whoami").says(t, "rustfsadmin", "root", "Secret rustfs/rustfs, key secret-key").never(t, secret)
		b.try(t, "kubectl rustfs whoami --access-key rustfsadmin", "RUSTFS_SECRET_KEY=not-this-one").exits(t, 1).says(t, "hint: ").never(t, "not-this-one")
		b.try(t, "kubectl rustfs whoami --access-key rustfsadmin").exits(t, 2).says(t, "RUSTFS_SECRET_KEY")
	})
}

// raiseOthers starts servers of testdata/servers in a namespace, all with the
// image of the first server, and takes them away after the test.
func (b *box) raiseOthers(t *testing.T, namespace string, servers ...string) {
	t.Helper()
	image := b.must(t, "kubectl get pod rustfs-0 -n rustfs -o jsonpath={.spec.containers[0].image}").stdout
	dir := t.TempDir()
	for _, s := range servers {
		text, err := os.ReadFile(filepath.Join("testdata", "servers", s+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		rendered := strings.NewReplacer("NAMESPACE", namespace, "IMAGE", image).Replace(string(text))
		if err := os.WriteFile(filepath.Join(dir, s+".yaml"), []byte(rendered), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		b.down(t, "kubectl delete deployment,statefulset --all --cascade=foreground -n "+namespace)
		b.down(t, "kubectl delete namespace --wait=false "+namespace)
	})
	b.must(t, "kubectl create namespace "+namespace)
	b.must(t, "kubectl apply -f "+dir)
	b.must(t, "kubectl rollout status deployment,statefulset --timeout=180s -n "+namespace)
}

// TestSeveralServers: servers as plain manifests, the charts and the operator
// make them; each is found, its own key is used, nothing is guessed; and who
// may not read Secrets learns the way round.
func TestSeveralServers(t *testing.T) {
	b := cluster.up(t)
	b.raiseOthers(t, "e2e-others", "plain", "upstream", "cloudpirates", "tenant")

	for _, s := range []struct{ id, workload, root, origin string }{
		{"e2e-others/store", "Deployment", "secondroot", "env of container store"},
		{"e2e-others/s3-rustfs", "Deployment", "upstreamroot", "Secret e2e-others/s3-rustfs-secret, key RUSTFS_SECRET_KEY"},
		{"e2e-others/shop-rustfs", "Deployment", "shoproot", "Secret e2e-others/shop-rustfs, key secret-key"},
		{"e2e-others/t1", "Tenant", "tenantroot", "Secret e2e-others/t1-creds, key secretkey"},
	} {
		t.Run(s.id, func(t *testing.T) {
			_, name, _ := strings.Cut(s.id, "/")
			b.must(t, "kubectl rustfs status --server "+s.id).
				says(t, s.workload+"/"+name, s.root+" (from "+s.origin+")").never(t, "root-secret-0123456789")
			b.must(t, "kubectl rustfs whoami --server "+s.id).says(t, s.root, "root")
			b.must(t, "kubectl rustfs bucket create e2e-only-"+name+" --server "+s.id)
			b.must(t, "kubectl rustfs bucket ls --server "+name+" -o name").says(t, "e2e-only-"+name).never(t, "etcd-backups")
		})
	}
	b.must(t, "kubectl rustfs status").says(t, "Deployment/store", "Deployment/s3-rustfs", "Deployment/shop-rustfs", "Tenant/t1", "StatefulSet/rustfs").
		never(t, "root-secret-0123456789", "shop-rustfs-setup")
	b.try(t, "kubectl rustfs bucket ls -n e2e-others").exits(t, 1).
		says(t, "4 RustFS servers found: e2e-others/s3-rustfs, e2e-others/shop-rustfs, e2e-others/store, e2e-others/t1", "hint: choose one: --server e2e-others/s3-rustfs")
	b.try(t, "kubectl rustfs bucket ls").exits(t, 1).says(t, "5 RustFS servers found: ", "hint: choose one: --server ")
	b.must(t, "kubectl rustfs bucket ls -n rustfs -o name").never(t, "e2e-only").says(t, "etcd-backups")
	b.try(t, "kubectl rustfs doctor --server store").exits(t, 3).says(t, "literal-credentials", "volume-ephemeral").never(t, "second-root-secret")
	b.must(t, "kubectl rustfs exec --server store -- sh -c 'test -n \"$AWS_SESSION_TOKEN\"'")

	b.must(t, "kubectl create clusterrole e2e-blind --verb=get,list --resource=pods,services,configmaps")
	b.must(t, "kubectl create clusterrole e2e-blind-tunnel --verb=get,create --resource=pods/portforward")
	t.Cleanup(func() {
		b.down(t, "kubectl delete clusterrole,clusterrolebinding e2e-blind e2e-blind-tunnel")
	})
	for _, role := range []string{"e2e-blind", "e2e-blind-tunnel"} {
		b.must(t, "kubectl create clusterrolebinding "+role+" --clusterrole="+role+" --user=e2e-blind")
	}
	// the API server learns of new bindings by a watch
	eventually(t, "user e2e-blind may see pods", func() bool {
		return b.try(t, "kubectl rustfs bucket ls --server e2e-others/store --as e2e-blind").code == 0
	})
	b.try(t, "kubectl rustfs bucket ls --server t1 --as e2e-blind").exits(t, 1).
		says(t, "comes from Secret e2e-others/t1-creds", "forbidden", "hint: give the key yourself: --access-key")
	b.must(t, "kubectl rustfs bucket ls --server t1 --as e2e-blind --access-key tenantroot", "RUSTFS_SECRET_KEY=tenant-root-secret-0123456789")
}
