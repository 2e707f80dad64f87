package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/yaml"
)

// Streamed is a List that is printed while it comes in: its columns have fixed
// widths, and no more than one item is held in memory. Formats that look at
// the whole list (jsonpath, go-template, custom-columns) still wait for its
// end.
type Streamed[T any] struct {
	Kind    string // of one item
	Columns []StreamColumn[T]
	Empty   string // said on stderr when there is nothing
}

// StreamColumn is a column of a Streamed; a wider value moves the rest of its
// line. The last column has no width.
type StreamColumn[T any] struct {
	Name  string
	Width int  // characters
	Right bool // numbers stand to the right
	Wide  bool // only with -o wide
	Value func(T) string
}

// Stream prints items as they come, and ends at the first error.
func Stream[T any](u *UI, s Streamed[T], items iter.Seq2[T, error]) error {
	out := newFlushed(u.Out)
	err := streamTo(u, s, items, out)
	if flushed := out.close(); err == nil {
		err = flushed
	}
	return err
}

func streamTo[T any](u *UI, s Streamed[T], items iter.Seq2[T, error], out io.Writer) error {
	switch {
	case u.output.table():
		return streamTable(u, s, items, out)
	case strings.EqualFold(u.output.format, "json"):
		return streamJSON(s.Kind, items, out)
	case strings.EqualFold(u.output.format, "yaml"):
		return streamYAML(s.Kind, items, out)
	case u.output.format == "name":
		return streamNames(s.Kind, items, out)
	}
	var all []T
	for item, err := range items {
		if err != nil {
			return err
		}
		all = append(all, item)
	}
	return Print(u, List[T]{Kind: s.Kind, Items: all})
}

func streamTable[T any](u *UI, s Streamed[T], items iter.Seq2[T, error], out io.Writer) error {
	var columns []StreamColumn[T]
	for _, c := range s.Columns {
		if !c.Wide || u.output.format == "wide" {
			columns = append(columns, c)
		}
	}
	line := func(value func(StreamColumn[T]) string) error {
		var b strings.Builder
		for i, c := range columns {
			cell := Escape(value(c))
			pad := strings.Repeat(" ", max(c.Width-len([]rune(cell)), 0))
			switch {
			case i == len(columns)-1:
				b.WriteString(cell)
			case c.Right:
				b.WriteString(pad + cell + "   ")
			default:
				b.WriteString(cell + pad + "   ")
			}
		}
		_, err := fmt.Fprintln(out, b.String())
		return err
	}
	n := 0
	for item, err := range items {
		if err != nil {
			return err
		}
		if n == 0 && !u.output.noHeaders {
			if err := line(func(c StreamColumn[T]) string { return strings.ToUpper(c.Name) }); err != nil {
				return err
			}
		}
		n++
		if err := line(func(c StreamColumn[T]) string { return c.Value(item) }); err != nil {
			return err
		}
	}
	if n == 0 && s.Empty != "" {
		u.Remarkf("%s", s.Empty)
	}
	return nil
}

// withKind is an item as an object: apiVersion and kind before its own fields.
func withKind(kind string, item any) ([]byte, error) {
	b, err := json.Marshal(item)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf(`{"apiVersion":%q,"kind":%q`, APIVersion, kind)
	if string(b) == "{}" {
		return []byte(head + "}"), nil
	}
	return append([]byte(head+","), b[1:]...), nil
}

func streamJSON[T any](kind string, items iter.Seq2[T, error], out io.Writer) error {
	if _, err := fmt.Fprintf(out, "{\n    \"apiVersion\": %q,\n    \"items\": [", APIVersion); err != nil {
		return err
	}
	between := "\n"
	for item, err := range items {
		if err != nil {
			return err
		}
		b, err := withKind(kind, item)
		if err != nil {
			return err
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, b, "        ", "    "); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s        %s", between, pretty.Bytes()); err != nil {
			return err
		}
		between = ",\n"
	}
	end := "\n    ]"
	if between == "\n" {
		end = "]"
	}
	_, err := fmt.Fprintf(out, "%s,\n    \"kind\": %q,\n    \"metadata\": {}\n}\n", end, kind+"List")
	return err
}

func streamYAML[T any](kind string, items iter.Seq2[T, error], out io.Writer) error {
	if _, err := fmt.Fprintf(out, "apiVersion: %s\nkind: %sList\nmetadata: {}\n", APIVersion, kind); err != nil {
		return err
	}
	n := 0
	for item, err := range items {
		if err != nil {
			return err
		}
		if n == 0 {
			if _, err := fmt.Fprintln(out, "items:"); err != nil {
				return err
			}
		}
		n++
		b, err := withKind(kind, item)
		if err != nil {
			return err
		}
		if b, err = yaml.JSONToYAML(b); err != nil {
			return err
		}
		text := strings.ReplaceAll(strings.TrimRight(string(b), "\n"), "\n", "\n  ")
		if _, err := fmt.Fprintf(out, "- %s\n", text); err != nil {
			return err
		}
	}
	if n == 0 {
		_, err := fmt.Fprintln(out, "items: []")
		return err
	}
	return nil
}

func streamNames[T any](kind string, items iter.Seq2[T, error], out io.Writer) error {
	group, _, _ := strings.Cut(APIVersion, "/")
	for item, err := range items {
		if err != nil {
			return err
		}
		b, err := json.Marshal(item)
		if err != nil {
			return err
		}
		var o struct{ Metadata Meta }
		if err := json.Unmarshal(b, &o); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s.%s/%s\n", strings.ToLower(kind), group, o.Metadata.Name); err != nil {
			return err
		}
	}
	return nil
}

// Lines gives f a writer for many short lines of results: they are written
// together, and none waits longer than a moment.
func (u *UI) Lines(f func(io.Writer) error) error {
	out := newFlushed(u.Out)
	err := f(out)
	if flushed := out.close(); err == nil {
		err = flushed
	}
	return err
}

// flushed is a buffer before an output. The first line goes at once, later
// ones wait a moment for others.
type flushed struct {
	mu      sync.Mutex
	b       *bufio.Writer
	wrote   bool
	pending *time.Timer
	err     error
}

// moment is how long a line may wait for others.
const moment = 50 * time.Millisecond

func newFlushed(w io.Writer) *flushed { return &flushed{b: bufio.NewWriterSize(w, 1<<16)} }

func (f *flushed) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.b.Write(b)
	switch {
	case err != nil:
		f.err = err
	case !f.wrote && bytes.HasSuffix(b, []byte("\n")):
		f.wrote = true
		f.err = f.b.Flush()
	case f.pending == nil:
		f.pending = time.AfterFunc(moment, f.flush)
	}
	return n, f.err
}

func (f *flushed) flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = nil
	if f.err == nil {
		f.err = f.b.Flush()
	}
}

func (f *flushed) close() error {
	f.mu.Lock()
	if f.pending != nil {
		f.pending.Stop()
	}
	f.mu.Unlock()
	f.flush()
	return f.err
}
