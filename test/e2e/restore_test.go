//go:build sandbox

package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/talos-rustfs/kubectl-plugins/internal/seal/sealtest"
)

const nodeIP = "10.5.0.2"

// maxRSS is what verify and restore may hold of a 512 MiB snapshot.
const maxRSS = 64 << 20

// seal encrypts a snapshot for the sandbox's key and writes it to a file.
func seal(t *testing.T, b *box, plain []byte, name string, damage func([]byte) []byte) string {
	t.Helper()
	text, err := os.ReadFile(b.file("age-recipient.txt"))
	if err != nil {
		t.Fatal(err)
	}
	to, err := age.ParseX25519Recipient(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	sealed := sealtest.Seal(plain, true, to)
	if damage != nil {
		sealed = damage(sealed)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// untouched requires that the node's etcd still waits and that no snapshot
// lies on the node.
func untouched(t *testing.T, b *box) {
	t.Helper()
	b.must(t, "timeout 20 talosctl -n "+nodeIP+" service etcd").says(t, "Preparing")
	b.must(t, "timeout 20 talosctl -n "+nodeIP+" ls /var/lib").never(t, "etcd.snapshot")
}

// TestRestoreOnANode goes through the error rows on a real node whose etcd
// waits, and then restores it.
func TestRestoreOnANode(t *testing.T) {
	b := node.up(t)
	snap := filepath.Join(t.TempDir(), "etcd.snap")
	eventually(t, "etcd answers", func() bool { return b.try(t, "timeout 10 talosctl -n "+nodeIP+" etcd snapshot "+snap).code == 0 })
	plain, err := os.ReadFile(snap)
	if err != nil {
		t.Fatal(err)
	}
	good := seal(t, b, plain, "good.snap.zst.age", nil)
	restore := func(file, flags string) string {
		return "kubectl etcdbackup restore --from-file " + file + " --nodes " + nodeIP + " --no-kubernetes --yes " + flags
	}
	key := "-i " + b.file("age-identity.txt")

	eventually(t, "etcd is healthy", func() bool {
		return strings.Contains(b.try(t, "timeout 10 talosctl -n "+nodeIP+" service etcd").stdout, "HEALTH   OK")
	})
	b.try(t, restore(good, key)).exits(t, 1).says(t, "etcd is running and healthy", "it was not touched", "hint: ")
	b.sandbox(t, "wipe")
	untouched(t, b)

	t.Run("refused", func(t *testing.T) {
		flipped := seal(t, b, plain, "flipped", func(s []byte) []byte { s[len(s)/2] ^= 1; return s })
		cut := seal(t, b, plain, "cut", func(s []byte) []byte { return s[:len(s)*2/3] })
		badsum := bytes.Clone(plain)
		badsum[len(badsum)-1] ^= 1
		for _, tt := range []struct {
			name, line string
			code       int
			words      []string
		}{
			{"flipped byte", restore(flipped, key), 3, []string{"damaged", "the node was not touched", "hint: choose another backup"}},
			{"cut file", restore(cut, key), 3, []string{"cut short", "the node was not touched"}},
			{"wrong sum", restore(seal(t, b, badsum, "badsum", nil), key), 3, []string{"sha256", "the node was not touched"}},
			{"no trailer", restore(seal(t, b, plain[:len(plain)-32], "raw", nil), key), 3, []string{"the node was not touched"}},
			{"wrong key", restore(good, "-i "+b.file("wrong-identity.txt")), 3, []string{"none of which is", "the node was not touched", "hint: "}},
			{"role etcd:backup", restore(good, key+" --talosconfig "+b.file("talosconfig-backup")), 1, []string{"only role os:etcd:backup", "it was not touched", "--roles=os:admin"}},
			{"role reader", restore(good, key+" --talosconfig "+b.file("talosconfig-reader")), 1, []string{"only role os:reader", "it was not touched"}},
			{"no answer to the question", strings.Replace(restore(good, key), "--yes", "", 1) + " </dev/null", 2, []string{"must be confirmed", "hint: add --yes"}},
			{"dry run", restore(good, key+" --dry-run"), 0, []string{"would be restored", "(dry run)"}},
			{"another node", strings.Replace(restore(good, key), nodeIP, "10.5.0.99", 1), 1, []string{"10.5.0.99", "it was not touched"}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				t.Log(b.try(t, tt.line).exits(t, tt.code).says(t, tt.words...).stderr)
				untouched(t, b)
			})
		}
	})

	t.Run("large", func(t *testing.T) { large(t, b, restore, key) })

	t.Run("restored", func(t *testing.T) {
		b.must(t, restore(good, key)).says(t, "node/"+nodeIP+" restored")
		b.must(t, "timeout 20 talosctl -n "+nodeIP+" etcd members").says(t, nodeIP)
		b.try(t, restore(good, key)).exits(t, 1).says(t, "it was not touched")
	})
	t.Run("by the companion", func(t *testing.T) {
		b.sandbox(t, "wipe")
		b.must(t, "talosctl-etcdbackup restore --from-file "+good+" -n "+nodeIP+" -e "+nodeIP+" --no-kubernetes --yes "+key, "KUBECONFIG=/none").says(t, "restored")
	})
}

// large uses 512 MiB: memory, no plaintext on a disk, ctrl-C while it is sent,
// and what a node says of a file that is whole but holds no etcd.
func large(t *testing.T, b *box, restore func(string, string) string, key string) {
	big := seal(t, b, sealtest.Snapshot(512<<20/sealtest.PageSize), "big.snap.zst.age", nil)
	r := b.must(t, readOnly(measured(t, restore(big, key+" --dry-run")))).says(t, "is proven: 512MiB")
	t.Logf("proving 512 MiB held %d MiB", r.rss(t)>>20)
	if r.rss(t) > maxRSS {
		t.Errorf("proving 512 MiB held %d MiB, want at most %d", r.rss(t)>>20, maxRSS>>20)
	}
	b.start(t, restore(big, key)).await("etcd advertises one address").interrupt()
	untouched(t, b)
	b.start(t, restore(big, key)).await("the certificate is valid").interrupt()
	untouched(t, b)

	g := b.start(t, readOnly(measured(t, restore(big, key)))).await("the snapshot is on the node").interrupt()
	sent := result{stderr: g.stderr.String()}.rss(t)
	t.Logf("sending 512 MiB held %d MiB", sent>>20)
	if sent > maxRSS {
		t.Errorf("sending 512 MiB held %d MiB, want at most %d", sent>>20, maxRSS>>20)
	}
	b.sandbox(t, "wipe")
	// the file is whole, so it is sent; etcd's own check finds no database in it
	r = b.try(t, restore(big, key)).exits(t, 1).says(t, "the snapshot is on the node", "integrity check failed", "lines more", "hint: ")
	if n := strings.Count(r.stderr, "\n"); n > 30 {
		t.Errorf("the node's words fill %d lines", n)
	}
	b.sandbox(t, "wipe")
}

// TestStory loses a cluster and gets it back from the latest backup, without
// Kubernetes: a ConfigMap deleted after the backup is back, one created later
// is gone.
func TestStory(t *testing.T) {
	b := cluster.up(t)
	key := " -i " + b.file("age-identity.txt")
	b.must(t, "kubectl create configmap e2e-before -n media --from-literal=a=b")
	b.must(t, "kubectl etcdbackup run --wait --verify"+key)
	b.must(t, "kubectl delete configmap e2e-before -n media")
	b.must(t, "kubectl create configmap e2e-later -n media")
	b.sandbox(t, "wipe")
	b.try(t, "kubectl etcdbackup restore latest --nodes "+nodeIP+key+" --yes --request-timeout=5s").exits(t, 1).
		says(t, "hint: without Kubernetes: --endpoint URL --bucket NAME")
	b.sandbox(t, "store", "up")
	r := b.must(t, "kubectl etcdbackup restore latest --nodes "+nodeIP+key+" --yes --endpoint $S3_ENDPOINT --bucket $BUCKET", b.storeEnv(t)...)
	r.says(t, "is proven", "etcd is healthy", "restored from")
	b.must(t, "kubectl get configmap e2e-before -n media -o jsonpath={.data.a}").says(t, "b")
	b.try(t, "kubectl get configmap e2e-later -n media").exits(t, 1).says(t, "not found")
	b.sandbox(t, "up", "--tier", "cluster")
	b.must(t, "kubectl etcdbackup verify"+key).says(t, "OK")
}
