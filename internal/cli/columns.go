package cli

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/util/jsonpath"
)

// customColumns is -o custom-columns=NAME:.metadata.name,SIZE:.status.bytes.
type customColumns struct {
	names     []string
	paths     []*jsonpath.JSONPath
	noHeaders bool
}

var barePath = regexp.MustCompile(`^\{?\.?([^{}]+)\}?$`)

func newCustomColumns(spec string, noHeaders bool) (*customColumns, error) {
	c := &customColumns{noHeaders: noHeaders}
	for _, column := range splitColumns(spec) {
		name, path, ok := strings.Cut(column, ":")
		m := barePath.FindStringSubmatch(path)
		if !ok || name == "" || m == nil {
			return nil, Usagef("custom-columns: %q is not NAME:PATH", column).
				WithHint("for example: -o custom-columns=NAME:.metadata.name")
		}
		p := jsonpath.New(name).AllowMissingKeys(true)
		if err := p.Parse("{." + m[1] + "}"); err != nil {
			return nil, Usagef("custom-columns: path %q: %v", path, err)
		}
		c.names, c.paths = append(c.names, name), append(c.paths, p)
	}
	return c, nil
}

// splitColumns splits at commas outside brackets: a path may be .a[0,1].
func splitColumns(spec string) []string {
	var columns []string
	depth, start := 0, 0
	for i, r := range spec {
		switch {
		case r == '[' || r == '{':
			depth++
		case r == ']' || r == '}':
			depth--
		case r == ',' && depth <= 0:
			columns, start = append(columns, spec[start:i]), i+1
		}
	}
	return append(columns, spec[start:])
}

// PrintObj implements printers.ResourcePrinter.
func (c *customColumns) PrintObj(obj runtime.Object, w io.Writer) error {
	t := &metav1.Table{}
	for _, n := range c.names {
		t.ColumnDefinitions = append(t.ColumnDefinitions, metav1.TableColumnDefinition{Name: n, Type: "string"})
	}
	add := func(o map[string]any) error {
		row := metav1.TableRow{}
		for i, p := range c.paths {
			cell, err := cellOf(p, o)
			if err != nil {
				return Usagef("custom-columns: column %s: %v", c.names[i], err)
			}
			row.Cells = append(row.Cells, Escape(cell))
		}
		t.Rows = append(t.Rows, row)
		return nil
	}
	switch o := obj.(type) {
	case *unstructured.UnstructuredList:
		for i := range o.Items {
			if err := add(o.Items[i].Object); err != nil {
				return err
			}
		}
	case *unstructured.Unstructured:
		if err := add(o.Object); err != nil {
			return err
		}
	default:
		return fmt.Errorf("custom-columns: cannot print %T", obj)
	}
	return printers.NewTablePrinter(printers.PrintOptions{NoHeaders: c.noHeaders}).PrintObj(t, w)
}

func cellOf(p *jsonpath.JSONPath, o map[string]any) (string, error) {
	found, err := p.FindResults(o)
	if err != nil {
		return "", err
	}
	var cells []string
	for _, values := range found {
		for i := range values {
			var b bytes.Buffer
			if err := p.PrintResults(&b, values[i:i+1]); err != nil {
				return "", err
			}
			cells = append(cells, b.String())
		}
	}
	if len(cells) == 0 {
		return "<none>", nil
	}
	return strings.Join(cells, ","), nil
}
