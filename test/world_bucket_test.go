package test

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// answers ROUTE STATUS FILE: the server answers a route of its admin API so
// from now on. One such route at a time.
func cmdAnswers(ts *testscript.TestScript, _ bool, args []string) {
	route, body := args[0], ts.ReadFile(args[2])
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	worldOf(ts).fake.Inject(func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.TrimPrefix(r.URL.Path, "/rustfs/admin/v3/") != route {
			return false
		}
		rw.WriteHeader(status)
		rw.Write([]byte(body)) //nolint:errcheck // the client sees what comes
		return true
	})
}

// uncounted [no]: the server's scanner has not counted any bucket yet, or it
// has again.
func cmdUncounted(ts *testscript.TestScript, _ bool, args []string) {
	worldOf(ts).fake.SetUsageKnown(len(args) > 0 && args[0] == "no")
}
