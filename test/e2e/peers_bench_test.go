//go:build sandbox

package e2e

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/test/peers"
)

// peer is a program that does the same through kubectl port-forward. Its
// commands are what a person would type; %s is the place meant.
type peer struct {
	name                  string
	ls, du, rm, up, down, // up and down: FROM TO, of a folder
	big, bigDown string // of one file
}

const peerPort = 19300

// patience is how long one command may take: some delete tens of thousands of
// objects one by one.
const patience = 6 * time.Minute

func competitors() []peer {
	const rclone = "rclone --config /dev/null --transfers 16 --checkers 16 "
	return []peer{
		{"mc", "mc ls -r rustfs/%s", "mc du rustfs/%s", "mc rm -r --force --quiet rustfs/%s", "mc cp -r --quiet %s rustfs/%s", "mc cp -r --quiet rustfs/%s %s", "mc cp --quiet %s rustfs/%s", "mc cp --quiet rustfs/%s %s"},
		{"s5cmd", "s5cmd ls 's3://%s*'", "s5cmd du 's3://%s*'", "s5cmd rm 's3://%s*'", "s5cmd cp %s s3://%s", "s5cmd cp 's3://%s*' %s", "s5cmd cp %s s3://%s", "s5cmd cp s3://%s %s"},
		{
			"rclone", rclone + "lsf -R --fast-list rustfs:%s", rclone + "size --fast-list rustfs:%s", rclone + "delete rustfs:%s",
			rclone + "copy %s rustfs:%s", rclone + "copy rustfs:%s %s", rclone + "copyto %s rustfs:%s", rclone + "copyto rustfs:%s %s",
		},
	}
}

// number is a size that the environment may make smaller or larger.
func number(b *testing.B, variable string, usual int) int {
	b.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("%s=%s is no number", variable, text)
	}
	return n
}

// BenchmarkPeers does what people do most, with kubectl rustfs and with the
// peers that are there (hack/peers.sh builds them), on the same server in the
// same run: ours through the tunnel of its own, theirs through kubectl
// port-forward. Reported is our time as a ratio to each of theirs, and the
// most memory that ours held.
func BenchmarkPeers(b *testing.B) {
	box := cluster.up(b)
	arena := newArena(b, box)
	for _, act := range arena.acts() {
		b.Run(act.name, func(b *testing.B) {
			for b.Loop() {
				arena.measure(b, act)
			}
			b.ReportMetric(0, "ns/op") // the ratios are what counts
		})
	}
}

// arena is where programs compete.
type arena struct {
	box   *box
	peers []peer
	env   []string
	dir   string
	few   int // small files
	many  int // objects
	bytes int64
}

type act struct {
	name    string
	ours    string
	theirs  func(peer) string
	prepare func(b *testing.B, who string) // before each of them
}

func newArena(b *testing.B, box *box) *arena {
	b.Helper()
	a := &arena{
		box: box, dir: b.TempDir(), few: number(b, "PEERS_FILES", 10_000), many: number(b, "PEERS_OBJECTS", 100_000),
		bytes: int64(number(b, "PEERS_MIB", 4096)) << 20,
	}
	for _, p := range competitors() {
		if _, reason := peers.Path(p.name); reason != "" {
			b.Log("SKIPPED: " + reason)
			continue
		}
		a.peers = append(a.peers, p)
	}
	key, secret := "", ""
	for _, l := range box.storeEnv(b) {
		k, v, _ := strings.Cut(l, "=")
		switch k {
		case "AWS_ACCESS_KEY_ID":
			key = v
		case "AWS_SECRET_ACCESS_KEY":
			secret = v
		}
	}
	endpoint := fmt.Sprintf("http://127.0.0.1:%d", peerPort)
	a.env = []string{
		withPeers(),
		"MC_HOST_rustfs=http://" + key + ":" + secret + "@" + strings.TrimPrefix(endpoint, "http://"), "MC_CONFIG_DIR=" + filepath.Join(a.dir, "mc"),
		"AWS_ACCESS_KEY_ID=" + key, "AWS_SECRET_ACCESS_KEY=" + secret, "AWS_REGION=us-east-1", "S3_ENDPOINT_URL=" + endpoint,
		"RCLONE_CONFIG_RUSTFS_TYPE=s3", "RCLONE_CONFIG_RUSTFS_PROVIDER=Other", "RCLONE_CONFIG_RUSTFS_ENDPOINT=" + endpoint,
		"RCLONE_CONFIG_RUSTFS_ACCESS_KEY_ID=" + key, "RCLONE_CONFIG_RUSTFS_SECRET_ACCESS_KEY=" + secret, "RCLONE_CONFIG_RUSTFS_FORCE_PATH_STYLE=true",
	}
	a.fill(b)
	return a
}

// forward opens kubectl port-forward, one for each command of a peer. It says a
// line about each connection, which nobody is to wait for.
func (a *arena) forward(b *testing.B) (end func()) {
	b.Helper()
	f := a.box.start(b, fmt.Sprintf("kubectl port-forward -n rustfs pod/rustfs-0 %d:9000 >/dev/null", peerPort))
	eventually(b, "kubectl port-forward listens", func() bool {
		return a.box.try(b, fmt.Sprintf("bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d'", peerPort)).code == 0
	})
	return func() {
		f.cmd.Process.Kill() //nolint:errcheck // it may have ended
		<-f.done
	}
}

// fill makes the files, and the objects that are listed: a part for everybody,
// so that everybody can delete one.
func (a *arena) fill(b *testing.B) {
	b.Helper()
	small := filepath.Join(a.dir, "small")
	for i := range a.few {
		file := filepath.Join(small, fmt.Sprintf("%03d", i/100), fmt.Sprintf("file-%06d.txt", i))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(fmt.Sprintf("this is file %d\n", i)), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	big := filepath.Join(a.dir, "big.bin")
	if err := noise(big, a.bytes); err != nil {
		b.Fatal(err)
	}
	a.box.must(b, "kubectl rustfs bucket create -p peers")
	share := a.many / (len(a.peers) + 1)
	for _, who := range append([]string{"ours"}, names(a.peers)...) {
		for from := 0; from < share; from += a.few {
			a.box.must(b, fmt.Sprintf("kubectl rustfs cp -r -q %s/ peers/many/%s/%d/", small, who, from)+" >/dev/null")
		}
	}
}

// noise writes a file that nothing compresses, the same one every time.
func noise(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, rand.NewChaCha8([32]byte{}), size)
	return errors.Join(err, f.Close())
}

func names(all []peer) []string {
	var out []string
	for _, p := range all {
		out = append(out, p.name)
	}
	return out
}

func (a *arena) acts() []act {
	small, big := filepath.Join(a.dir, "small")+"/", filepath.Join(a.dir, "big.bin")
	place := func(format string) func(peer) string {
		return func(p peer) string { return fmt.Sprintf(format, p.name) }
	}
	down := func(b *testing.B, who string) {
		b.Helper()
		if err := os.MkdirAll(filepath.Join(a.dir, "down", who), 0o700); err != nil {
			b.Fatal(err)
		}
	}
	return []act{
		{"ls", "ls -R peers/many/", func(p peer) string { return fmt.Sprintf(p.ls, "peers/many/") }, nil},
		{"du", "du peers/many/", func(p peer) string { return fmt.Sprintf(p.du, "peers/many/") }, nil},
		{"rm", "rm -r --yes peers/many/ours/", func(p peer) string { return fmt.Sprintf(p.rm, place("peers/many/%s/")(p)) }, nil},
		{"cp-up", "cp -r " + small + " peers/up/ours/", func(p peer) string { return fmt.Sprintf(p.up, small, place("peers/up/%s/")(p)) }, nil},
		{"cp-down", "cp -r peers/up/ours/ " + a.dir + "/down/ours/", func(p peer) string {
			return fmt.Sprintf(p.down, place("peers/up/%s/")(p), a.dir+"/down/"+p.name+"/")
		}, down},
		{"cp-big-up", "cp " + big + " peers/big/ours.bin", func(p peer) string { return fmt.Sprintf(p.big, big, place("peers/big/%s.bin")(p)) }, nil},
		{"cp-big-down", "cp peers/big/ours.bin " + a.dir + "/down/ours.bin", func(p peer) string {
			return fmt.Sprintf(p.bigDown, "peers/big/"+p.name+".bin", a.dir+"/down/"+p.name+".bin")
		}, nil},
	}
}

// measure lets ours and the peers do the same, one after the other.
func (a *arena) measure(b *testing.B, t act) {
	b.Helper()
	if t.prepare != nil {
		t.prepare(b, "ours")
	}
	began := time.Now()
	r := a.box.tryFor(b, patience, measured(b, "kubectl-rustfs "+t.ours+" -q")+" >/dev/null").exits(b, 0)
	ours := time.Since(began)
	b.ReportMetric(float64(r.rss(b))/(1<<20), "MiB")
	b.ReportMetric(ours.Seconds(), "s-ours")
	for _, p := range a.peers {
		if t.prepare != nil {
			t.prepare(b, p.name)
		}
		end := a.forward(b)
		began := time.Now()
		r := a.box.tryFor(b, patience, t.theirs(p)+" >/dev/null", a.env...)
		took := time.Since(began)
		end()
		if r.code != 0 {
			b.Logf("%s: NOT MEASURED: after %.0f s exit code %d: %s: %.300s", p.name, took.Seconds(), r.code, r.line, r.stderr)
			continue
		}
		b.ReportMetric(ours.Seconds()/took.Seconds(), "x-"+p.name)
		b.Logf("%s: %.1f s, ours %.1f s", p.name, took.Seconds(), ours.Seconds())
	}
}
