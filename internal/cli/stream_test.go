package cli_test

import (
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type streamed struct {
	Metadata cli.Meta `json:"metadata"`
	Size     int      `json:"size"`
}

func streamItems(end error, names ...string) iter.Seq2[streamed, error] {
	return func(yield func(streamed, error) bool) {
		for i, n := range names {
			if !yield(streamed{cli.Meta{Name: n}, i}, nil) {
				return
			}
		}
		if end != nil {
			yield(streamed{}, end)
		}
	}
}

// stream prints items with flags.
func stream(t *testing.T, items iter.Seq2[streamed, error], flags ...string) (out, errs string, err error) {
	t.Helper()
	streams, _, o, e := genericiooptions.NewTestIOStreams()
	u := cli.NewTestUI(streams)
	cmd := &cobra.Command{Use: "test"}
	u.AddPrintFlags(cmd)
	if err := cmd.ParseFlags(flags); err != nil {
		t.Fatal(err)
	}
	err = cli.Stream(u, cli.Streamed[streamed]{Kind: "Thing", Empty: "Nothing.", Columns: []cli.StreamColumn[streamed]{
		{Name: "Size", Width: 6, Right: true, Value: func(s streamed) string { return strings.Repeat("x", s.Size) }},
		{Name: "Extra", Width: 3, Wide: true, Value: func(streamed) string { return "e" }},
		{Name: "Name", Value: func(s streamed) string { return s.Metadata.Name }},
	}}, items)
	return o.String(), e.String(), err
}

func TestStream(t *testing.T) {
	t.Parallel()
	two := streamItems(nil, "a\x1b[31m", "b c")
	for flags, want := range map[string]string{
		"":                             "  SIZE   NAME\n         a^[[31m\n     x   b c\n",
		"-o wide":                      "  SIZE   EXTRA   NAME\n         e     a^[[31m\n     x   e     b c\n",
		"--no-headers":                 "         a^[[31m\n     x   b c\n",
		"-o name":                      "thing.cli.talos-rustfs.github.io/a\x1b[31m\nthing.cli.talos-rustfs.github.io/b c\n",
		"-o jsonpath={.items[*].size}": "0 1",
	} {
		got, errs, err := stream(t, two, strings.Fields(flags)...)
		if diff := cmp.Diff(want, got); diff != "" || err != nil || errs != "" {
			t.Errorf("%q: %v %q (-want +got):\n%s", flags, err, errs, diff)
		}
	}
	if out, errs, err := stream(t, streamItems(nil)); out != "" || errs != "Nothing.\n" || err != nil {
		t.Errorf("nothing: %q, %q, %v", out, errs, err)
	}
}

func TestStreamedListsAreWhole(t *testing.T) {
	t.Parallel()
	for _, names := range [][]string{nil, {"a"}, {"a", "b: c", "- d\n"}} {
		for format, parse := range map[string]func([]byte, any) error{"json": json.Unmarshal, "yaml": func(b []byte, v any) error { return yaml.Unmarshal(b, v) }} {
			out, _, err := stream(t, streamItems(nil, names...), "-o", format)
			if err != nil {
				t.Fatal(err)
			}
			var list struct {
				APIVersion, Kind string
				Items            []struct {
					Kind     string
					Metadata cli.Meta
				}
			}
			if err := parse([]byte(out), &list); err != nil {
				t.Errorf("%s of %q: %v\n%s", format, names, err, out)
				continue
			}
			var got []string
			for _, i := range list.Items {
				got = append(got, i.Metadata.Name)
				if i.Kind != "Thing" {
					t.Errorf("kind %q", i.Kind)
				}
			}
			if list.Kind != "ThingList" || list.APIVersion != cli.APIVersion || !cmp.Equal(got, names) {
				t.Errorf("%s: %+v, names %q, want %q", format, list, got, names)
			}
		}
	}
}

// TestHalfAStreamIsNoList: what a program reads must not look whole.
func TestHalfAStreamIsNoList(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, format := range []string{"table", "json", "yaml", "name", "jsonpath={.items}"} {
		out, _, err := stream(t, streamItems(broken, "a"), "-o", format)
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v", format, err)
		}
		if format == "json" && json.Valid([]byte(out)) {
			t.Errorf("half a list is valid: %s", out)
		}
	}
}
