package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// twoObjects are what the columns are cut from.
func twoObjects() *unstructured.UnstructuredList {
	return &unstructured.UnstructuredList{Items: []unstructured.Unstructured{
		{Object: map[string]any{"metadata": map[string]any{"name": "a"}, "n": int64(1), "tags": []any{"x", "y"}, "on": true, "none": nil}},
		{Object: map[string]any{"metadata": map[string]any{"name": "b"}, "tags": []any{}, "f": 1.5}},
	}}
}

func TestCustomColumns(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string][]string{
		"NAME:.metadata.name":               {"NAME", "a", "b"},
		"NAME:metadata.name":                {"NAME", "a", "b"},
		"NAME:{.metadata.name}":             {"NAME", "a", "b"},
		"A:.n,B:.missing.deeper,C:.tags[*]": {"A B C", "1 <none> x,y", "<none> <none> <none>"},
		"ON:.on,F:.f":                       {"ON F", "true <none>", "<none> 1.5"},
	} {
		p, err := newCustomColumns(spec, false)
		if err != nil {
			t.Errorf("%s: %v", spec, err)
			continue
		}
		var b bytes.Buffer
		if err := p.PrintObj(twoObjects(), &b); err != nil {
			t.Errorf("%s: %v", spec, err)
		}
		var got []string
		for line := range strings.Lines(b.String()) {
			got = append(got, strings.Join(strings.Fields(line), " "))
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: got %q, want %q", spec, got, want)
		}
	}
}

// TestCommaInsidePath: only commas between columns divide them.
func TestCommaInsidePath(t *testing.T) {
	t.Parallel()
	p, err := newCustomColumns("T:.tags[0,1],N:.n", false)
	if err != nil || len(p.names) != 2 || p.names[1] != "N" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestCustomColumnsRefused(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"", "NAME", ":.a", "NAME:", "A:.a,", "A:{.a}{.b}", "A:.a[", "A:.a["} {
		var usage *UsageError
		if _, err := newCustomColumns(spec, false); !errors.As(err, &usage) {
			t.Errorf("%q: %v, want a usage error", spec, err)
		}
	}
}

func FuzzCustomColumns(f *testing.F) {
	for _, spec := range []string{"NAME:.metadata.name", "A:{.tags[0]},B:..name", "A:.tags[-1:]", `A:.tags[?(@=="x")]`, "A:['n','on']", "A:.tags[0:5:2]"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		p, err := newCustomColumns(spec, true)
		if err != nil {
			var usage *UsageError
			if !errors.As(err, &usage) {
				t.Errorf("%q: %v is no usage error", spec, err)
			}
			return
		}
		var b bytes.Buffer
		if err := p.PrintObj(twoObjects(), &b); err != nil {
			return
		}
		if !strings.HasSuffix(b.String(), "\n") {
			t.Errorf("%q: printed %q", spec, b.String())
		}
	})
}
