package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
)

// output is the -o family of flags.
type output struct {
	format    string
	noHeaders bool
	own       []string // formats that the command in force makes itself
}

const outputFormats = "table, wide, json, yaml, name, jsonpath=…, jsonpath-as-json=…, jsonpath-file=…, go-template=…, go-template-file=…, custom-columns=…"

// AddPrintFlags gives cmd -o and --no-headers. Print and Report obey them.
// own are formats that cmd makes itself: it asks OwnFormat.
func (u *UI) AddPrintFlags(cmd *cobra.Command, own ...string) {
	formats, words := outputFormats, []string{"table", "wide", "json", "yaml", "name", "jsonpath=", "go-template=", "custom-columns="}
	if len(own) > 0 {
		formats, words = strings.Join(own, ", ")+", "+formats, append(slices.Clone(own), words...)
		if cmd.Annotations == nil {
			cmd.Annotations = map[string]string{}
		}
		cmd.Annotations[ownFormats] = strings.Join(own, ",")
	}
	cmd.Flags().StringVarP(&u.output.format, "output", "o", "", "Output format: "+formats)
	cmd.Flags().BoolVar(&u.output.noHeaders, "no-headers", false, "Print no column headers")
	err := cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
	if err != nil {
		panic(err) // the flag was added two lines above
	}
}

// ownFormats is the annotation of a command with formats of its own.
const ownFormats = "formats"

// OwnFormat reports that a format which the command makes itself was asked
// for.
func (u *UI) OwnFormat(name string) bool {
	return u.output.format == name && slices.Contains(u.output.own, name)
}

func (o output) structured() bool { return strings.EqualFold(o.format, "json") }
func (o output) table() bool      { return o.format == "" || o.format == "table" || o.format == "wide" }

// Column is one column of a table of T.
type Column[T any] struct {
	Name  string
	Wide  bool // only with -o wide
	Value func(T) string
}

// List is a result: values that know how to be objects, and their table.
type List[T any] struct {
	Kind    string // of one item, "Bucket"; the list's is KindList
	Items   []T
	Columns []Column[T]
	Empty   string // said on stderr when there is nothing
	Single  bool   // one object was asked for: print it alone, not as a list
}

// APIVersion is the version of the objects that -o json and yaml show.
const APIVersion = Group + "/v1"

// Group is the part of APIVersion before the version; annotations of ours begin
// with it.
const Group = "cli.talos-rustfs.github.io"

// Meta is the head of every object printed.
type Meta struct {
	Name              string       `json:"name"`
	Namespace         string       `json:"namespace,omitempty"`
	CreationTimestamp *metav1.Time `json:"creationTimestamp,omitempty"`
}

// Print writes a result to stdout in the format asked for.
func Print[T any](u *UI, l List[T]) error {
	if u.output.table() {
		return printTable(u, l)
	}
	objects, err := toObjects(l.Kind, l.Items)
	if err != nil {
		return err
	}
	return u.printObjects(l.Kind, objects, l.Single)
}

func printTable[T any](u *UI, l List[T]) error {
	if len(l.Items) == 0 {
		if l.Empty != "" {
			u.Remarkf("%s", l.Empty)
		}
		return nil
	}
	t := &metav1.Table{}
	for _, c := range l.Columns {
		def := metav1.TableColumnDefinition{Name: c.Name, Type: "string"}
		if c.Wide {
			def.Priority = 1
		}
		t.ColumnDefinitions = append(t.ColumnDefinitions, def)
	}
	for _, item := range l.Items {
		row := metav1.TableRow{}
		for _, c := range l.Columns {
			row.Cells = append(row.Cells, Escape(c.Value(item)))
		}
		t.Rows = append(t.Rows, row)
	}
	p := printers.NewTablePrinter(printers.PrintOptions{Wide: u.output.format == "wide", NoHeaders: u.output.noHeaders})
	return p.PrintObj(t, u.Out)
}

func toObjects[T any](kind string, items []T) ([]unstructured.Unstructured, error) {
	objects := make([]unstructured.Unstructured, 0, len(items))
	for _, item := range items {
		b, err := json.Marshal(item)
		if err != nil {
			return nil, err
		}
		m := map[string]any{}
		if err := utiljson.Unmarshal(b, &m); err != nil {
			return nil, err
		}
		m["apiVersion"], m["kind"] = APIVersion, kind
		objects = append(objects, unstructured.Unstructured{Object: m})
	}
	return objects, nil
}

func (u *UI) printObjects(kind string, objects []unstructured.Unstructured, single bool) error {
	if u.output.format == "name" || (single && len(objects) == 1) {
		for i := range objects {
			if err := u.printObject(&objects[i]); err != nil {
				return err
			}
		}
		return nil
	}
	return u.printObject(&unstructured.UnstructuredList{
		Object: map[string]any{"apiVersion": APIVersion, "kind": kind + "List", "metadata": map[string]any{}},
		Items:  objects,
	})
}

// printObject prints an object in the format asked for. JSON is escaped
// without being changed; the other formats are as they are for programs, and
// harmless on a terminal.
func (u *UI) printObject(object runtime.Object) error {
	p, err := u.output.printer()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := p.PrintObj(object, &b); err != nil {
		return err
	}
	text := b.String()
	switch {
	case u.output.structured():
		text = escapeJSON(text)
	case u.StdoutIsTerminal():
		text = EscapeLines(text)
	}
	_, err = io.WriteString(u.Out, text)
	return err
}

// printer makes cli-runtime's printer for the format. A format that does not
// exist is a usage error.
func (o output) printer() (printers.ResourcePrinter, error) {
	if spec, ok := strings.CutPrefix(o.format, "custom-columns="); ok {
		return newCustomColumns(spec, o.noHeaders)
	}
	f := genericclioptions.NewPrintFlags("")
	f.OutputFormat = &o.format
	p, err := f.ToPrinter()
	if err != nil {
		if genericclioptions.IsNoCompatiblePrinterError(err) {
			return nil, Usagef("unknown output format %q", o.format).WithHint("use one of: %s", outputFormats)
		}
		return nil, &UsageError{Err: err}
	}
	return p, nil
}

// validate refuses a bad format before the command does anything.
func (o output) validate() error {
	if o.table() || slices.Contains(o.own, o.format) {
		return nil
	}
	_, err := o.printer()
	return err
}

// Report says that something was done to one object: "bucket/photos created",
// with the dry run's mark. With -o it prints the object instead.
func Report[T any](u *UI, kind, name, verb string, object T) error {
	if u.output.table() {
		_, err := fmt.Fprintf(u.Out, "%s/%s %s%s\n", strings.ToLower(kind), Escape(name), verb, u.Rehearsing().suffix())
		return err
	}
	objects, err := toObjects(kind, []T{object})
	if err != nil {
		return err
	}
	return u.printObjects(kind, objects, true)
}

// ReportObject is Report for an object of Kubernetes, which is printed under
// its own kind.
func ReportObject(u *UI, resource, name, verb string, object runtime.Object) error {
	if u.output.table() {
		_, err := fmt.Fprintf(u.Out, "%s/%s %s%s\n", resource, Escape(name), verb, u.Rehearsing().suffix())
		return err
	}
	return u.printObject(object)
}

// errorView is an error as one object, for -o json.
type errorView struct {
	Kind      string `json:"kind"`
	Error     string `json:"error"`
	Hint      string `json:"hint,omitempty"` // what to do about it
	Code      int    `json:"code"`           // the exit code
	Reason    string `json:"reason"`         // in one word: the code of the store or of the API server, else what the exit code means
	Retryable bool   `json:"retryable"`      // the same command may work later
}

// printErrorJSON writes the error as one JSON object to stderr, for -o json.
func (u *UI) printErrorJSON(err error, code int, message, hint string) {
	e := errorView{Kind: "Error", Error: message, Code: code, Reason: reasonOf(err, code), Retryable: retryable(err, code), Hint: hint}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(e) != nil {
		return // texts and numbers are JSON always
	}
	io.WriteString(u.ErrOut, escapeJSON(b.String())) //nolint:errcheck // nobody is left to tell when stderr is gone
}
