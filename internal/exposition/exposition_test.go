package exposition_test

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/exposition"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	err := exposition.Write(&b, []exposition.Family{
		{Name: "rustfs_bytes", Help: "A \\ and\na line.", Kind: exposition.Gauge, Samples: []exposition.Sample{
			{Value: 1 << 50},
			{Labels: []exposition.Label{{Name: "bucket", Value: "a\"b\\c\nd"}, {Name: "x", Value: "\xff"}}, Value: 0.25},
			{Value: math.NaN()},
			{Value: math.Inf(1)},
			{Value: math.Inf(-1)},
			{Value: 1e300},
		}},
		{Name: "rustfs_nothing", Help: "None.", Kind: exposition.Counter},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "# HELP rustfs_bytes A \\\\ and\\na line.\n# TYPE rustfs_bytes gauge\nrustfs_bytes 1125899906842624\n" +
		`rustfs_bytes{bucket="a\"b\\c\nd",x="` + "\ufffd" + `"} 0.25` + "\nrustfs_bytes NaN\nrustfs_bytes +Inf\nrustfs_bytes -Inf\nrustfs_bytes 1e+300\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// line is one of the text format.
var line = regexp.MustCompile(`^(# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")*\})? (NaN|[+-]Inf|[-+0-9.e]+))$`)

func FuzzWrite(f *testing.F) {
	f.Add("photos", "help", 1.5)
	f.Add("a\"b\\\n{}", "a\nb\\", -1e-9)
	f.Fuzz(func(t *testing.T, label, help string, value float64) {
		var b strings.Builder
		err := exposition.Write(&b, []exposition.Family{{Name: "x", Help: help, Kind: exposition.Gauge, Samples: []exposition.Sample{{Labels: []exposition.Label{{Name: "l", Value: label}}, Value: value}}}})
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.SplitSeq(strings.TrimSuffix(b.String(), "\n"), "\n") {
			if !line.MatchString(l) {
				t.Errorf("no line of the format: %q", l)
			}
		}
	})
}
