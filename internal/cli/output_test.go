package cli

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

type thing struct {
	Metadata Meta  `json:"metadata"`
	Bytes    int64 `json:"bytes"`
}

func things() List[thing] {
	return List[thing]{
		Kind:  "Thing",
		Items: []thing{{Meta{Name: "a"}, 1 << 60}, {Meta{Name: "b\x1b[31m"}, 2}},
		Columns: []Column[thing]{
			{Name: "Name", Value: func(t thing) string { return t.Metadata.Name }},
			{Name: "Size", Value: func(t thing) string { return Size(t.Bytes) }},
			{Name: "Bytes", Wide: true, Value: func(thing) string { return "many" }},
		},
		Empty: "no things",
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"":                                    "NAME SIZE|a 1.0EiB|b^[[31m 2B",
		"table":                               "NAME SIZE|a 1.0EiB|b^[[31m 2B",
		"wide":                                "NAME SIZE BYTES|a 1.0EiB many|b^[[31m 2B many",
		"custom-columns=N:.bytes":             "N|1152921504606846976|2",
		"jsonpath={.items[*].bytes}":          "1152921504606846976 2",
		"go-template={{len .items}}":          "2",
		"jsonpath-as-json={.items[1]..bytes}": "[|2|]",
	} {
		u, out, _ := testUI(nil)
		u.output.format = format
		if err := u.output.validate(); err != nil {
			t.Errorf("-o %s: %v", format, err)
		}
		if err := Print(u, things()); err != nil {
			t.Errorf("-o %s: %v", format, err)
		}
		var lines []string
		for line := range strings.Lines(out.String()) {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
		if got := strings.Join(lines, "|"); got != want {
			t.Errorf("-o %s: %q, want %q", format, got, want)
		}
	}
}

func TestPrintStructured(t *testing.T) {
	t.Parallel()
	for format, decode := range map[string]func([]byte, any) error{
		"json": json.Unmarshal,
		"yaml": func(b []byte, into any) error { return yaml.Unmarshal(b, into) },
	} {
		u, out, _ := testUI(nil)
		u.output.format = format
		if err := Print(u, things()); err != nil {
			t.Fatal(err)
		}
		var got struct {
			APIVersion, Kind string
			Items            []struct {
				APIVersion, Kind string
				thing
			}
		}
		if err := decode(out.Bytes(), &got); err != nil {
			t.Fatalf("-o %s: %v", format, err)
		}
		if got.Kind != "ThingList" || got.APIVersion != APIVersion || len(got.Items) != 2 {
			t.Fatalf("-o %s: %+v", format, got)
		}
		if i := got.Items[0]; i.Kind != "Thing" || i.APIVersion != APIVersion || i.Bytes != 1<<60 || i.Metadata.Name != "a" {
			t.Errorf("-o %s: %+v", format, i)
		}
	}
}

func TestPrintNothing(t *testing.T) {
	t.Parallel()
	none := things()
	none.Items = nil
	u, out, errOut := testUI(nil)
	if err := Print(u, none); err != nil || out.Len() != 0 || !strings.Contains(errOut.String(), "no things") {
		t.Errorf("%q, %q, %v", out, errOut, err)
	}
	u, out, _ = testUI(nil)
	u.output.format = "json"
	var got struct{ Items []any }
	if err := Print(u, none); err != nil || json.Unmarshal(out.Bytes(), &got) != nil || got.Items == nil {
		t.Errorf("an empty list is items: [], not %q, %v", out, err)
	}
}

func TestUnknownFormat(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"xml", "custom-columns=", "custom-columns", "jsonpath={", "go-template={{", "jsonpath-file=/nowhere/at/all"} {
		var usage *UsageError
		if err := (output{format: format}).validate(); !errors.As(err, &usage) {
			t.Errorf("-o %s: %v, want a usage error", format, err)
		}
	}
}

// TestStructured: errors are JSON wherever results are.
func TestStructured(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]bool{"json": true, "JSON": true, "yaml": false, "": false, "jsonpath={.a}": false} {
		if got := (output{format: format}).structured(); got != want {
			t.Errorf("-o %s: %v", format, got)
		}
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	u, out, _ := testUI(nil)
	u.dryRun = DryRunClient
	if err := Report(u, "Thing", "a\x1b", "created", thing{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("thing/a^[ created (dry run)\n", out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{-1: Unknown, 0: "0B", 1023: "1023B", 1024: "1.0KiB", 98 << 10: "98KiB", 1<<63 - 1: "8.0EiB"} {
		if got := Size(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	now := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		before time.Duration
		want   string
	}{{0, "0s"}, {90 * time.Second, "90s"}, {9 * 24 * time.Hour, "9d"}, {-time.Second, "0s"}, {-time.Hour, "<invalid>"}} {
		if got := Age(now.Add(-c.before), now); got != c.want {
			t.Errorf("%s: %q, want %q", c.before, got, c.want)
		}
	}
	if got := Age(time.Time{}, now); got != Unknown {
		t.Errorf("no time: %q", got)
	}
	for n, want := range map[int64]string{0: "0 objects", 1: "1 object", 2: "2 objects", 1234567: "1,234,567 objects"} {
		if got := Plural(n, "object"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
