// Package thorough tells when the tests are wanted that take their time: those
// on the real RustFS, on MinIO, with krew, and in every variation. "make test"
// wants them, and so does who names tests with -run. "go test ./..." alone is
// for the minute between two changes.
package thorough

import (
	"flag"
	"os"
	"testing"
)

// variable is what "make test" sets.
const variable = "THOROUGH"

// Wanted reports whether tests are to take their time.
func Wanted() bool {
	if testing.Short() {
		return false
	}
	run := flag.Lookup("test.run")
	return os.Getenv(variable) != "" || run != nil && run.Value.String() != ""
}

// Only skips a test that is not wanted, and says so.
func Only(t testing.TB, what string) {
	t.Helper()
	if !Wanted() {
		t.Skipf("SKIPPED: %s: make test tries it, or -run with the test's name", what)
	}
}
