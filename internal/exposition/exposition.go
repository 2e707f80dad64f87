// Package exposition writes measurements in Prometheus' text format.
// (https://prometheus.io/docs/instrumenting/exposition_formats/)
package exposition

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Kind is the kind of a measurement.
type Kind string

// The kinds in use.
const (
	Gauge   Kind = "gauge"
	Counter Kind = "counter"
)

// Family is all samples of one measurement.
type Family struct {
	Name    string   `json:"name"` // [a-zA-Z_:][a-zA-Z0-9_:]*
	Help    string   `json:"help"` // one sentence
	Kind    Kind     `json:"type"`
	Samples []Sample `json:"samples"`
}

// Sample is one value.
type Sample struct {
	Labels []Label `json:"labels,omitempty"`
	Value  float64 `json:"value"`
}

// Label tells a sample from others of its family.
type Label struct {
	Name  string `json:"name"` // [a-zA-Z_][a-zA-Z0-9_]*
	Value string `json:"value"`
}

// Write writes the families in the order given, those without samples not at
// all.
func Write(w io.Writer, families []Family) error {
	b := bufio.NewWriter(w)
	for _, f := range families {
		if len(f.Samples) == 0 {
			continue
		}
		fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", f.Name, helpEscapes().Replace(f.Help), f.Name, f.Kind) //nolint:errcheck // Flush reports it
		for _, s := range f.Samples {
			b.WriteString(f.Name)     //nolint:errcheck // Flush reports it
			b.WriteString(s.labels()) //nolint:errcheck // Flush reports it
			b.WriteByte(' ')          //nolint:errcheck // Flush reports it
			b.WriteString(s.number()) //nolint:errcheck // Flush reports it
			b.WriteByte('\n')         //nolint:errcheck // Flush reports it
		}
	}
	return b.Flush()
}

func (s Sample) labels() string {
	if len(s.Labels) == 0 {
		return ""
	}
	parts := make([]string, len(s.Labels))
	for i, l := range s.Labels {
		parts[i] = l.Name + `="` + labelEscapes().Replace(strings.ToValidUTF8(l.Value, "\ufffd")) + `"`
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// exact is the largest number that is written without an exponent.
const exact = 1 << 53

func (s Sample) number() string {
	switch {
	case math.IsNaN(s.Value):
		return "NaN"
	case math.IsInf(s.Value, 1):
		return "+Inf"
	case math.IsInf(s.Value, -1):
		return "-Inf"
	case math.Abs(s.Value) <= exact && (math.Abs(s.Value) >= 1e-6 || s.Value == 0):
		return strconv.FormatFloat(s.Value, 'f', -1, 64)
	}
	return strconv.FormatFloat(s.Value, 'g', -1, 64)
}

func helpEscapes() *strings.Replacer { return strings.NewReplacer(`\`, `\\`, "\n", `\n`) }

func labelEscapes() *strings.Replacer { return strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`) }
