package tables

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

func TestFill(t *testing.T) {
	tables := map[string]string{"a": "new a\n", "b": "new b\n"}
	have := "x\n<!-- begin b -->\nold\n<!-- end b -->\ny\n<!-- begin a --><!-- end a -->\n"
	want := "x\n<!-- begin b -->\nnew b\n<!-- end b -->\ny\n<!-- begin a -->\nnew a\n<!-- end a -->\n"
	got, err := Fill(have, tables)
	if err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	if again, err := Fill(got, tables); err != nil || again != got {
		t.Errorf("filled again it is %q, %v", again, err)
	}
}

func TestFillErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "<!-- begin a --> is missing",
		"<!-- begin a -->":                     "<!-- end a --> is missing",
		"<!-- end a -->\n<!-- begin a -->":     "<!-- end a --> is missing",
		"<!-- begin z -->\n<!-- end z -->":     "there is no such table; there are a",
		"<!-- begin a -->\n<!-- end other -->": "<!-- end a --> is missing",
	} {
		if _, err := Fill(text, map[string]string{"a": ""}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestCommandRows(t *testing.T) {
	work := func(*cobra.Command, []string) error { return nil }
	root, group := &cobra.Command{Use: "x"}, &cobra.Command{Use: "group", Short: "holds others", GroupID: "g"}
	deep := &cobra.Command{Use: "deep", Short: "deeper"}
	deep.AddCommand(&cobra.Command{Use: "look", Short: "looks", RunE: work})
	group.AddCommand(deep, &cobra.Command{Use: "do NAME", Short: "does", RunE: work}, &cobra.Command{Use: "undo NAME", RunE: work})
	root.AddGroup(&cobra.Group{ID: "g", Title: "Some:"})
	root.AddCommand(group,
		&cobra.Command{Use: "all A|B", Short: "everything", RunE: work},
		&cobra.Command{Use: "secret", Hidden: true, RunE: work})
	want := "| Command |\n|---|\n"
	if got := table([]string{"Command"}, nil); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if diff := cmp.Diff([][]string{{"`kubectl x all A|B`", "everything"}}, commandRows("kubectl x", root, "")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	rows := [][]string{{"`kubectl x group do|undo`", "holds others"}, {"`kubectl x group deep look`", "deeper"}}
	if diff := cmp.Diff(rows, commandRows("kubectl x", root, "g")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := table([]string{"a"}, [][]string{{"x|y"}}); !strings.HasSuffix(got, `| x\|y |`+"\n") {
		t.Errorf("a bar in a cell splits it: %q", got)
	}
}

func TestAllTablesHaveRows(t *testing.T) {
	for name, text := range All() {
		if strings.Count(text, "\n") < 4 {
			t.Errorf("%s is short:\n%s", name, text)
		}
	}
}
