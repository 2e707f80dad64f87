package test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/seal/sealtest"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/older"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/apiserver"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/peers"
)

// The root key of the server of a world.
const (
	worldKeyName = "rootkey"
	worldSecret  = "root-secret-1"
)

// world is what a script's commands meet: a cluster with a RustFS and a
// talos-backup CronJob in it. Scripts change it by the commands below.
type world struct {
	api   *apiserver.Server
	fake  *rustfs.Server
	web   *httptest.Server
	store *s3.Store
	key   *age.X25519Identity

	mu      sync.Mutex
	stalls  []string
	changes []string
}

type worldKey struct{}

// setupWorld makes a world for one script, with a stand-in for RustFS. A file
// cluster.yaml of the script replaces the standard objects.
func setupWorld(env *testscript.Env) error {
	w := &world{}
	var err error
	w.fake, err = rustfs.New(rustfs.Options{Dir: filepath.Join(env.WorkDir, ".store"), AccessKey: worldKeyName, SecretKey: worldSecret})
	if err != nil {
		return err
	}
	w.web = httptest.NewServer(w.fake.Handler())
	env.Defer(func() {
		w.web.Close()
		w.fake.Close()
	})
	return w.around(env, w.web.URL)
}

// around puts a cluster around the server at a URL.
func (w *world) around(env *testscript.Env, server string) error {
	w.api = apiserver.New()
	env.Defer(w.api.Close)
	u, err := url.Parse(server)
	if err != nil {
		return err
	}
	if w.store, err = s3.New(s3.Options{Endpoint: u, AccessKey: worldKeyName, SecretKey: secret.New(worldSecret), Transport: http.DefaultTransport}); err != nil {
		return err
	}
	w.api.Backend("store/rustfs-0", 9000, u.Host)
	objects, err := os.ReadFile(filepath.Join(env.WorkDir, "cluster.yaml"))
	if errors.Is(err, os.ErrNotExist) {
		objects, err = os.ReadFile("testdata/cluster.yaml")
	}
	if err != nil {
		return err
	}
	if err := w.api.Add(objects); err != nil {
		return err
	}
	env.Values[worldKey{}] = w
	env.Setenv("GORACE", "atexit_sleep_ms=10") // a program under the race detector sleeps for a second at its end otherwise
	env.Setenv("STORE_URL", server)
	env.Setenv("PATH", env.Getenv("PATH")+string(os.PathListSeparator)+peers.Dir())
	return w.files(env)
}

// files writes what a person has: a kubeconfig, the right and a wrong key.
func (w *world) files(env *testscript.Env) error {
	var err error
	if w.key, err = age.GenerateX25519Identity(); err != nil {
		return err
	}
	wrong, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	texts := map[string]string{}
	for name, role := range map[string]string{"admin": "os:admin", "backup": "os:etcd:backup", "expired": "os:admin"} {
		until := time.Now().Add(time.Hour)
		if name == "expired" {
			until = time.Now().Add(-time.Hour)
		}
		if texts["talosconfig-"+name], err = talosconfig(role, until); err != nil {
			return err
		}
	}
	maps.Copy(texts, map[string]string{
		"kubeconfig":       string(w.api.Kubeconfig("default")),
		"age.key":          "# the right one\n" + w.key.String() + "\n",
		"wrong.key":        wrong.String() + "\n",
		"recipient.txt":    w.key.Recipient().String() + "\n",
		".talos/config":    "context: \"\"\ncontexts: {}\n",
		"empty-kubeconfig": "apiVersion: v1\nkind: Config\n",
	})
	for name, text := range texts {
		file := filepath.Join(env.WorkDir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
	}
	env.Setenv("KUBECONFIG", filepath.Join(env.WorkDir, "kubeconfig"))
	env.Setenv("HOME", env.WorkDir)
	for _, v := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "RUSTFS_SECRET_KEY", "ETCDBACKUP_IDENTITY", "ETCDBACKUP_IDENTITY_FILE", "TALOSCONFIG", "NO_COLOR"} {
		env.Setenv(v, "")
	}
	return nil
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// worldCommands are the commands that scripts have beside testscript's own.
func worldCommands() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]func(*testscript.TestScript, bool, []string){
		"exits":        cmdExits,
		"bucket":       cmdBucket,
		"object":       cmdObject,
		"snapshot":     cmdSnapshot,
		"deny":         cmdDeny,
		"allow":        cmdAllow,
		"apply":        cmdApply,
		"job":          cmdJob,
		"mode":         cmdMode,
		"interrupts":   cmdInterrupts,
		"signals":      cmdSignals,
		"stall":        cmdStall,
		"secret":       cmdSecret,
		"missing":      cmdMissing,
		"answers":      cmdAnswers,
		"uncounted":    cmdUncounted,
		"zip":          cmdZip,
		"podlog":       cmdPodLog,
		"analyser":     cmdAnalyser,
		"replies":      cmdReplies,
		"bucketpolicy": cmdBucketPolicy,
		"changes":      cmdChanges,
		"sealer":       cmdSealer,
		"secure":       cmdSecure,
		"older":        cmdOlder,
		"ingressvia":   cmdIngressVia,
		"shown":        cmdShown,
	}
	maps.Copy(all, objectWorldCommands())
	return all
}

// exits CODE PROGRAM ARGS…: runs a program and requires its exit code.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// bucket NAME [versioning|lock]: makes a bucket on the server itself.
func cmdBucket(ts *testscript.TestScript, _ bool, args []string) {
	w, ctx := worldOf(ts), context.Background()
	ts.Check(w.store.CreateBucket(ctx, args[0], len(args) > 1 && args[1] == "lock"))
	if len(args) > 1 && args[1] == "versioning" {
		ts.Check(w.store.EnableVersioning(ctx, args[0]))
	}
}

// object BUCKET KEY TEXT: puts an object on the server itself.
func cmdObject(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(worldOf(ts).store.Put(context.Background(), args[0], args[1], strings.NewReader(args[2]), int64(len(args[2]))))
}

// snapshot BUCKET KEY [plain|flipped|cut|garbage|trailerless] [FILE]: stores a
// sealed snapshot, damaged as said, or writes it to a file.
func cmdSnapshot(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	plain := sealtest.Snapshot(64)
	if len(args) > 2 && args[2] == "trailerless" {
		plain = plain[:len(plain)-32]
	}
	if len(args) > 2 && args[2] == "wrongsum" {
		plain[len(plain)-1] ^= 1
	}
	b := sealtest.Seal(plain, strings.Contains(args[1], ".zst"), w.key.Recipient())
	if len(args) > 2 {
		switch args[2] {
		case "plain":
			b = plain
		case "flipped":
			b[len(b)/2] ^= 1
		case "cut":
			b = b[:len(b)/2]
		case "garbage":
			b = []byte("this is no snapshot at all, but a text that somebody put there")
		}
	}
	if args[0] == "file" {
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o600))
		return
	}
	ts.Check(w.store.Put(context.Background(), args[0], args[1], bytes.NewReader(b), int64(len(b))))
}

// secure FILE: the server speaks TLS from now on, and its certificate, which is
// for example.com and 127.0.0.1, is written to a file.
func cmdSecure(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	web := httptest.NewUnstartedServer(w.fake.Handler())
	web.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it are what scripts are about
	web.StartTLS()
	ts.Defer(web.Close)
	w.api.Backend("store/rustfs-0", 9000, web.Listener.Addr().String())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600))
}

// older VERSION: the server answers as an older version of RustFS does from
// now on; what it holds stays.
func cmdOlder(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	base, err := url.Parse(w.web.URL)
	ts.Check(err)
	i := slices.IndexFunc(older.Versions(), func(v older.Version) bool { return v.String() == args[0] })
	if i < 0 {
		ts.Fatalf("there are: %v", older.Versions())
	}
	h, err := older.Handler(older.Versions()[i], base, older.Root{AccessKey: worldKeyName, SecretKey: worldSecret}, http.DefaultTransport)
	ts.Check(err)
	web := httptest.NewServer(h)
	ts.Defer(web.Close)
	w.api.Backend("store/rustfs-0", 9000, web.Listener.Addr().String())
}

// deny VERB RESOURCE: the API server refuses it from now on.
func cmdDeny(ts *testscript.TestScript, _ bool, args []string) {
	worldOf(ts).api.Deny(args[0], args[1])
}

// allow VERB RESOURCE: takes a deny back.
func cmdAllow(ts *testscript.TestScript, _ bool, args []string) {
	worldOf(ts).api.Allow(args[0], args[1])
}

// apply FILE: puts objects into the cluster.
func cmdApply(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(worldOf(ts).api.Add([]byte(ts.ReadFile(args[0]))))
}

// secret NAMESPACE/NAME KEY FILE: writes the value of a key of a Secret of the
// cluster to a file.
func cmdSecret(ts *testscript.TestScript, _ bool, args []string) {
	namespace, name, _ := strings.Cut(args[0], "/")
	o, ok := worldOf(ts).api.Object("Secret", namespace, name)
	if !ok {
		ts.Fatalf("there is no Secret %s", args[0])
	}
	text, _, err := unstructured.NestedString(o.Object, "data", args[1])
	ts.Check(err)
	value, err := base64.StdEncoding.DecodeString(text)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), value, 0o600))
}

// missing ROUTE…: the server does not know these routes of its admin API from
// now on, as older ones do not: 501.
func cmdMissing(ts *testscript.TestScript, _ bool, args []string) {
	worldOf(ts).fake.Inject(func(rw http.ResponseWriter, r *http.Request) bool {
		if !slices.Contains(args, strings.TrimPrefix(r.URL.Path, "/rustfs/admin/v3/")) {
			return false
		}
		rw.WriteHeader(http.StatusNotImplemented)
		return true
	})
}

// podlog NAMESPACE/POD FILE [previous|endless]: what a pod logs.
func cmdPodLog(ts *testscript.TestScript, _ bool, args []string) {
	w, text := worldOf(ts), ts.ReadFile(args[1])
	switch {
	case len(args) > 2 && args[2] == "previous":
		w.api.PreviousLog(args[0], text)
		return
	case len(args) > 2 && args[2] == "endless":
		w.api.EndlessLog(args[0])
	}
	w.api.Log(args[0], text)
}

// analyser yes|old|none: whether the server's program in its pod can analyse
// logs, is of a version that cannot, or is not there at all.
func cmdAnalyser(ts *testscript.TestScript, _ bool, args []string) {
	kind := args[0]
	worldOf(ts).api.OnExec(func(_ string, command []string, stdin io.Reader, stdout, stderr io.Writer) int {
		if kind == "none" {
			return -1
		}
		if slices.Equal(command[1:], []string{"--help"}) {
			fmt.Fprintln(stdout, "Usage: rustfs [COMMAND]\n\nCommands:\n  server    Start the server")
			if kind == "yes" {
				fmt.Fprintln(stdout, "  diagnose  Analyze RustFS log files")
			}
			return 0
		}
		if kind == "old" || len(command) < 3 || command[1] != "diagnose" || command[2] != "-" {
			fmt.Fprintln(stderr, "a second server was started")
			return 1
		}
		text, err := io.ReadAll(stdin)
		if err != nil {
			return 2
		}
		fmt.Fprintf(stdout, "%d lines analysed with %v\n%s", strings.Count(string(text), "\n"), command[3:], text)
		return 0
	})
}

// replies ROUTE STATUS FILE: the server answers a path of its own like this
// from now on.
func cmdReplies(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	body := ts.ReadFile(args[2])
	worldOf(ts).fake.Inject(func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.TrimPrefix(r.URL.Path, "/rustfs/admin/v3/") != args[0] {
			return false
		}
		rw.WriteHeader(status)
		io.WriteString(rw, body) //nolint:errcheck // the client is gone
		return true
	})
}

// changes [N]: counts the requests that change something on the store from now
// on; with N, requires that so many were counted since.
func cmdChanges(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	w.mu.Lock()
	seen := slices.Clone(w.changes)
	w.mu.Unlock()
	if len(args) > 0 && args[0] != strconv.Itoa(len(seen)) {
		ts.Fatalf("%d requests changed something, want %s: %s", len(seen), args[0], strings.Join(seen, ", "))
	}
	w.mu.Lock()
	w.changes = nil
	w.mu.Unlock()
	w.fake.Inject(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.mu.Lock()
			w.changes = append(w.changes, r.Method+" "+r.URL.RequestURI())
			w.mu.Unlock()
		}
		return false
	})
}

// bucketpolicy BUCKET FILE: gives a bucket a policy on the server itself.
func cmdBucketPolicy(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(worldOf(ts).store.SetPolicy(context.Background(), args[0], ts.ReadFile(args[1])))
}

// sealer: a sealed-secrets controller answers in the cluster, and its
// certificate is written to sealing.pem.
func cmdSealer(ts *testscript.TestScript, _ bool, _ []string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	ts.Check(err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	ts.Check(err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	ts.Check(os.WriteFile(ts.MkAbs("sealing.pem"), text, 0o600))
	worldOf(ts).api.Proxy("kube-system/http:sealed-secrets-controller:", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/cert.pem" {
			http.NotFound(rw, r)
			return
		}
		rw.Write(text) //nolint:errcheck // the client is gone
	}))
}

// ingressvia NAME: sets a variable to the store's address, host and port.
func cmdIngressVia(ts *testscript.TestScript, _ bool, args []string) {
	u, err := url.Parse(worldOf(ts).web.URL)
	ts.Check(err)
	ts.Setenv(args[0], u.Host)
}

// interrupts REQUEST PROGRAM ARGS…: runs a program, presses ctrl-C when the
// API server or the store has got a request with REQUEST in it, and requires
// exit code 130.
func cmdInterrupts(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	program, err := exec.LookPath(args[1])
	ts.Check(err)
	cmd, out := inScript(ts, program, args[2:])
	w.mu.Lock()
	w.stalls = nil
	w.mu.Unlock()
	seen := len(w.api.Requests())
	ts.Check(cmd.Start())
	ts.Check(w.await(args[0], seen))
	ts.Check(cmd.Process.Signal(os.Interrupt))
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		ts.Fatalf("ended with %v, want exit code 130\n%s", err, out.String())
	}
	ts.Logf("%s", out.String())
}

// inScript makes a command that runs as a script's own do; what it prints
// comes together.
func inScript(ts *testscript.TestScript, program string, args []string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command(program, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &out, ts.MkAbs(".")
	for _, v := range []string{"KUBECONFIG", "HOME", "PATH", "TALOSCONFIG"} {
		cmd.Env = append(cmd.Env, v+"="+ts.Getenv(v))
	}
	return cmd, &out
}

// signals SIGNAL FILE CODE PROGRAM ARGS…: runs a program, sends it INT or TERM
// when there is a FILE, which is removed before, and requires its exit code.
func cmdSignals(ts *testscript.TestScript, _ bool, args []string) {
	signal := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}[args[0]]
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	program, err := exec.LookPath(args[3])
	ts.Check(err)
	file := ts.MkAbs(args[1])
	ts.Check(os.RemoveAll(file))
	cmd, out := inScript(ts, program, args[4:])
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	sent := false
	for {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if !sent || !errors.As(err, &exit) || exit.ExitCode() != want {
				ts.Fatalf("signal sent: %v; ended with %v, want exit code %d\n%s", sent, err, want, out.String())
			}
			return
		case <-tick.C:
			if _, err := os.Stat(file); err == nil && !sent {
				sent = true
				ts.Check(cmd.Process.Signal(signal))
			}
		}
	}
}

// await waits until a request came in, not counting the first ones of the API
// server.
func (w *world) await(request string, seen int) error {
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		for _, r := range append(w.api.Requests()[seen:], w.stalled()...) {
			if strings.Contains(r, request) {
				return nil
			}
		}
		runtime.Gosched()
	}
	return fmt.Errorf("no request with %q came in", request)
}

func (w *world) stalled() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.stalls)
}

// stall KEY: reading this object begins and never goes on.
func cmdStall(ts *testscript.TestScript, _ bool, args []string) {
	w, key := worldOf(ts), args[0]
	w.fake.Inject(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, key) {
			return false
		}
		rw.Header().Set("Content-Length", "1000000")
		rw.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		rw.Header().Set("ETag", `"x"`)
		rw.Write([]byte("age-encryption.org/v1\n")) //nolint:errcheck // the client is going to be interrupted
		rw.(http.Flusher).Flush()
		w.mu.Lock()
		w.stalls = append(w.stalls, "stalled "+key)
		w.mu.Unlock()
		<-r.Context().Done()
		return true
	})
}

// mode FILE OCTAL: requires a file's permissions.
func cmdMode(ts *testscript.TestScript, _ bool, args []string) {
	fi, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", fi.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

// job ok KEY | fail CODE LOG | unschedulable | noimage | silent: what happens
// to Jobs that are created from now on.
func cmdJob(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	args = slices.Clone(args) // testscript uses the slice again
	w.api.OnCreate(func(s *apiserver.Server, o *unstructured.Unstructured) {
		if o.GetKind() == "Job" {
			w.runJob(s, o, args)
		}
	})
}

func (w *world) runJob(s *apiserver.Server, job *unstructured.Unstructured, args []string) {
	pod := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": job.GetName() + "-abcde", "namespace": job.GetNamespace(), "labels": map[string]any{batchv1.JobNameLabel: job.GetName()}},
		"spec":     map[string]any{"containers": []any{map[string]any{"name": "talos-backup", "image": "x"}}},
	}}
	container := func(state map[string]any) map[string]any {
		return map[string]any{"name": "talos-backup", "image": "example/none:1", "ready": false, "restartCount": int64(0), "imageID": "", "state": state}
	}
	status := map[string]any{"phase": "Pending"}
	switch args[0] {
	case "ok", "okquiet":
		log := "2026/01/05 06:00:01 etcd snapshot for cluster \"prod\" saved to \"x.snap\" (1 bytes)\n"
		if args[0] == "ok" {
			log += "2026/01/05 06:00:01 Uploading x.snap.age (size: 1 bytes) to bucket etcd-backups with key " + args[1] + "\n"
		}
		s.Log(job.GetNamespace()+"/"+pod.GetName(), log)
		status = map[string]any{"phase": "Succeeded", "containerStatuses": []any{container(map[string]any{"terminated": map[string]any{"exitCode": int64(0), "containerID": "c1"}})}}
		w.finish(s, job, "Complete")
	case "fail":
		code, _ := strconv.ParseInt(args[1], 10, 64)
		s.Log(job.GetNamespace()+"/"+pod.GetName(), "2026/01/05 06:00:01 some line\n2026/01/05 06:00:02 "+args[2]+"\n")
		status = map[string]any{"phase": "Running", "containerStatuses": []any{container(map[string]any{"terminated": map[string]any{"exitCode": code, "containerID": "c1"}})}}
	case "unschedulable":
		status["conditions"] = []any{map[string]any{"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."}}
	case "noimage":
		status["containerStatuses"] = []any{container(map[string]any{"waiting": map[string]any{"reason": "ImagePullBackOff", "message": "Back-off pulling image: rpc error: code = NotFound desc = failed to pull: not found"}})}
	case "silent":
		return
	}
	pod.Object["status"] = status
	s.Put(pod)
}

func (w *world) finish(s *apiserver.Server, job *unstructured.Unstructured, condition string) {
	job = job.DeepCopy()
	job.Object["status"] = map[string]any{"conditions": []any{map[string]any{"type": condition, "status": "True", "lastTransitionTime": time.Now().UTC().Format(time.RFC3339)}}}
	s.Put(job)
}
