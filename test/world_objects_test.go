package test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

// objectWorldCommands are those of scripts about many or odd objects.
func objectWorldCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"objects": cmdObjects,
		"deleted": cmdDeleted,
		"locked":  cmdLocked,
		"begun":   cmdBegun,
		"bigfile": cmdBigFile,
		"breaks":  cmdBreaks,
		"setenvs": cmdSetEnvs,
		"fetch":   cmdFetch,
		"moment":  cmdMoment,
	}
}

// objects BUCKET PREFIX N: puts N small objects.
func cmdObjects(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	for i := range n {
		key := fmt.Sprintf("%s%05d", args[1], i)
		ts.Check(worldOf(ts).store.Put(context.Background(), args[0], key, strings.NewReader(key), int64(len(key))))
	}
}

func play(ts *testscript.TestScript, l scenario.Line) {
	p, err := scenario.NewPlayer(ts.Getenv("STORE_URL"), "rootkey", "root-secret-1", http.DefaultClient)
	ts.Check(err)
	l.As = scenario.Root
	a, err := p.Play(context.Background(), l)
	ts.Check(err)
	if a.Status/100 != 2 {
		ts.Fatalf("%s: %d %s", l, a.Status, a.Body)
	}
}

// deleted BUCKET KEY: deletes an object on the server itself.
func cmdDeleted(ts *testscript.TestScript, _ bool, args []string) {
	play(ts, scenario.Line{Method: http.MethodDelete, Path: "/" + args[0] + "/" + args[1]})
}

// locked BUCKET KEY UNTIL: puts an object under retention in governance mode.
func cmdLocked(ts *testscript.TestScript, _ bool, args []string) {
	play(ts, scenario.Line{Method: http.MethodPut, Path: "/" + args[0] + "/" + args[1], Body: "kept", Headers: map[string]string{
		"X-Amz-Object-Lock-Mode": "GOVERNANCE", "X-Amz-Object-Lock-Retain-Until-Date": args[2],
	}})
}

// begun BUCKET KEY: begins an upload in parts, and leaves it so.
func cmdBegun(ts *testscript.TestScript, _ bool, args []string) {
	_, err := worldOf(ts).store.StartUpload(context.Background(), object.Ref{Bucket: args[0], Key: args[1]}, object.Write{})
	ts.Check(err)
}

// bigfile FILE MIB: writes a file of so many MiB.
func cmdBigFile(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	b := bytes.Repeat([]byte("0123456789abcde\n"), n<<16)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// breaks METHOD TEXT: the server fails requests with the text in their URL or
// Range, until "breaks -".
func cmdBreaks(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	if args[0] == "-" {
		w.fake.Inject(nil)
		return
	}
	w.fake.Inject(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != args[0] || !strings.Contains(r.URL.String()+" "+r.Header.Get("Range"), args[1]) {
			return false
		}
		rw.WriteHeader(http.StatusInternalServerError)
		return true
	})
}

// setenvs NAME FILE: sets a variable to what a file holds.
func cmdSetEnvs(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

// fetch METHOD URL [BODY]: what a stranger does with a URL, answered on stdout
// by its status and body.
func cmdFetch(ts *testscript.TestScript, _ bool, args []string) {
	body := ""
	if len(args) > 2 {
		body = args[2]
	}
	req, err := http.NewRequest(args[0], args[1], strings.NewReader(body))
	ts.Check(err)
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("fetched"), fmt.Appendf(nil, "%d %s\n", resp.StatusCode, b.String()), 0o600))
}

// moment NAME: sets a variable to the time; what is written later has another
// one, for the server tells times in milliseconds.
func cmdMoment(ts *testscript.TestScript, _ bool, args []string) {
	now := time.Now()
	for time.Since(now) < 3*time.Millisecond {
		runtime.Gosched()
	}
	ts.Setenv(args[0], now.Add(time.Millisecond).UTC().Format(time.RFC3339Nano))
}
