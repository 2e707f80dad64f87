package tables

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// beginning finds every marker that begins a table.
var beginning = regexp.MustCompile(`<!-- begin (\S+) -->`)

// Fill puts each table between its markers and leaves the rest of text alone.
// Every table must have its place, and every place its table.
func Fill(text string, tables map[string]string) (string, error) {
	for _, found := range beginning.FindAllStringSubmatch(text, -1) {
		if _, ok := tables[found[1]]; !ok {
			return "", fmt.Errorf("%s: there is no such table; there are %s", found[0], strings.Join(names(tables), ", "))
		}
	}
	for _, name := range names(tables) {
		var err error
		if text, err = fill(text, name, tables[name]); err != nil {
			return "", err
		}
	}
	return text, nil
}

func names(tables map[string]string) []string { return slices.Sorted(maps.Keys(tables)) }

// fill puts one table between its markers.
func fill(text, name, table string) (string, error) {
	begin, end := "<!-- begin "+name+" -->", "<!-- end "+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	if !ok {
		return "", fmt.Errorf("the line %s is missing", begin)
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return "", fmt.Errorf("after %s the line %s is missing", begin, end)
	}
	return before + begin + "\n" + table + end + after, nil
}
