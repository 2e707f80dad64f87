//go:build sandbox

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/test/peers"
)

const execPort = 19120

// withPeers is the PATH with the programs of hack/peers.sh in front.
func withPeers() string {
	return "PATH=" + peers.Dir() + string(os.PathListSeparator) + os.Getenv("PATH")
}

// closed requires that nothing listens on a port of the sandbox's network.
func (b *box) closed(t testing.TB, port int) {
	t.Helper()
	if b.try(t, fmt.Sprintf("bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d' 2>/dev/null", port)).code == 0 {
		t.Errorf("something listens on port %d", port)
	}
}

// TestExec: the child finds server and key in its environment, its exit code
// comes back, and nothing listens after its end.
func TestExec(t *testing.T) {
	b := cluster.up(t)
	secret := b.secretOf(t)

	b.must(t, "kubectl rustfs exec -- env").never(t, secret).says(t,
		"AWS_ACCESS_KEY_ID=", "AWS_SESSION_TOKEN=", "AWS_ENDPOINT_URL=http://127.0.0.1:", "S3_ENDPOINT_URL=http://127.0.0.1:",
		"MC_HOST_rustfs=http://", "RC_HOST_rustfs=http://", "RCLONE_CONFIG_RUSTFS_TYPE=s3", "RUSTFS_ENDPOINT=http://127.0.0.1:")
	b.must(t, "kubectl rustfs exec --as-root -- env").says(t, "AWS_ACCESS_KEY_ID=rustfsadmin").never(t, "AWS_SESSION_TOKEN=")
	b.try(t, "kubectl rustfs exec -- sh -c 'exit 7'").exits(t, 7)
	b.try(t, "kubectl rustfs exec -- sh -c 'kill -9 $$'").exits(t, 137)
	b.try(t, "kubectl rustfs exec -- e2e-no-such-program").exits(t, 127).says(t, "e2e-no-such-program", "hint: ")
	b.try(t, "kubectl rustfs exec").exits(t, 2).says(t, "exec needs a program to run")
	b.try(t, "kubectl rustfs exec --duration 5m -- true").exits(t, 2).says(t, "15m to 12h")
	b.must(t, fmt.Sprintf("kubectl rustfs exec --port %d -- bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d'", execPort, execPort))
	b.closed(t, execPort)

	b.must(t, "kubectl rustfs bucket create -p e2e-exec")
	b.must(t, "kubectl rustfs exec -- kubectl rustfs bucket ls -o name").says(t, "bucket.cli.talos-rustfs.github.io/e2e-exec")
	b.must(t, "kubectl rustfs bucket delete e2e-exec")
}

// TestExecRevokes: the temporary key works as long as the program runs, and no
// longer with --revoke; without it, it ends by its time.
func TestExecRevokes(t *testing.T) {
	b := cluster.up(t)
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("SKIPPED: curl is not on PATH, and nothing else here signs with a session token")
	}
	key := t.TempDir() + "/key"
	const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // SHA-256 of an empty body
	list := `curl -sS -o /dev/null -w "%{http_code}" --aws-sigv4 aws:amz:us-east-1:s3 --user "$K:$S" -H "x-amz-content-sha256: ` + nothing + `" -H "x-amz-security-token: $T" "$AWS_ENDPOINT_URL/"`
	keep := `umask 077; printf "K=%s\nS=%s\nT=%s\n" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$AWS_SESSION_TOKEN" > ` + key + `; . ` + key + `; ` + list
	again := `. ` + key + `; ` + list
	for _, tt := range []struct{ flags, after string }{{"", "200"}, {"--revoke ", "403"}} {
		if r := b.must(t, "kubectl rustfs exec "+tt.flags+"-- sh -c '"+keep+"'"); r.stdout != "200" {
			t.Fatalf("in the program the key is answered with %s", r.stdout)
		}
		if r := b.must(t, "kubectl rustfs exec --as-root -- sh -c '"+again+"'"); r.stdout != tt.after {
			t.Errorf("after exec %sthe key is answered with %s, want %s", tt.flags, r.stdout, tt.after)
		}
	}
}

// TestExecPeers: programs that were not made for it find their way.
func TestExecPeers(t *testing.T) {
	b := cluster.up(t)
	b.must(t, "kubectl rustfs bucket create -p e2e-peers")
	t.Cleanup(func() { b.down(t, "kubectl rustfs bucket delete e2e-peers --force --yes") })
	file := t.TempDir() + "/hello.txt"
	if err := os.WriteFile(file, []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{withPeers(), "MC_CONFIG_DIR=" + t.TempDir(), "RCLONE_CONFIG=/dev/null"}
	for program, lines := range map[string][]string{ // FILE is a file, NAME the object; each line shows the bucket or the object
		"mc":     {"mc ls rustfs", "mc cp -q FILE rustfs/e2e-peers/NAME", "mc ls rustfs/e2e-peers/NAME"},
		"rc":     {"rc ls rustfs/", "rc cp FILE rustfs/e2e-peers/NAME", "rc ls rustfs/e2e-peers/"},
		"s5cmd":  {"s5cmd ls", "s5cmd cp FILE s3://e2e-peers/NAME", "s5cmd ls s3://e2e-peers/"},
		"rclone": {"rclone lsd rustfs:", "rclone -v copyto FILE rustfs:e2e-peers/NAME", "rclone ls rustfs:e2e-peers"},
		"aws":    {"aws s3 ls", "aws s3 cp FILE s3://e2e-peers/NAME", "aws s3 ls s3://e2e-peers/"},
	} {
		t.Run(program, func(t *testing.T) {
			peers.Find(t, program)
			name := program + ".txt"
			for i, line := range lines {
				line = strings.NewReplacer("FILE", file, "NAME", name).Replace(line)
				want := []string{"e2e-peers", "", name}[i]
				b.must(t, fmt.Sprintf("kubectl rustfs exec --port %d -- %s", execPort+1, line), env...).says(t, want)
			}
			b.must(t, "kubectl rustfs cat e2e-peers/"+name).says(t, "hello")
			b.closed(t, execPort+1)
		})
	}
}
