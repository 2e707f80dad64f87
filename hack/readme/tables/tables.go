// Package tables makes the tables of README.md from the programs themselves.
package tables

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/plugins/etcdbackup"
	"github.com/talos-rustfs/kubectl-plugins/plugins/rustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/versions"
)

// All returns every table, by the name in its markers.
func All() map[string]string {
	return map[string]string{
		"commands-rustfs":     commands(rustfs.Program()),
		"commands-etcdbackup": commands(etcdbackup.Program()),
		"exit-codes":          exitCodes(),
		"profiles":            profiles(),
		"versions":            serverVersions(),
	}
}

// commands lists what a program can do, each group of its manual below a title.
func commands(p cli.Program) string {
	root := p.New(cli.NewTestUI(genericiooptions.NewTestIOStreamsDiscard()))
	rows := commandRows(p.Display, root, "")
	for _, g := range root.Groups() {
		rows = append(rows, []string{"**" + strings.TrimSuffix(g.Title, ":") + "**", ""})
		rows = append(rows, commandRows(p.Display, root, g.ID)...)
	}
	return table([]string{"Command", "What it does"}, rows)
}

// commandRows is a row for each command of a group below parent that does
// something by itself, and one for all those that another one holds; path is
// what one types to get to parent.
func commandRows(path string, parent *cobra.Command, group string) [][]string {
	var rows [][]string
	for _, c := range parent.Commands() {
		if !c.IsAvailableCommand() || c.GroupID != group {
			continue
		}
		if !c.HasAvailableSubCommands() {
			rows = append(rows, []string{"`" + path + " " + c.Use + "`", c.Short})
			continue
		}
		rows = append(rows, holderRows(path, c)...)
	}
	return rows
}

// holderRows is a row for the commands that c holds, and rows for each of them
// that holds others itself.
func holderRows(path string, c *cobra.Command) [][]string {
	var verbs []string
	var below [][]string
	for _, sub := range c.Commands() {
		switch {
		case !sub.IsAvailableCommand():
		case sub.HasAvailableSubCommands():
			below = append(below, holderRows(path+" "+c.Name(), sub)...)
		default:
			verbs = append(verbs, sub.Name())
		}
	}
	return append([][]string{{"`" + path + " " + c.Name() + " " + strings.Join(verbs, "|") + "`", c.Short}}, below...)
}

// profiles says which rights a policy can be made of. Profiles of which people
// may rely on the same share a row.
func profiles() string {
	var rows [][]string
	for _, p := range iam.Profiles() {
		name, can, cannot := "`"+p.Name+"`", strings.Join(p.Can, ", "), strings.Join(p.Cannot, ", ")
		if last := len(rows) - 1; last >= 0 && rows[last][1] == can && rows[last][2] == cannot {
			rows[last][0] += ", " + name
			continue
		}
		rows = append(rows, []string{name, can, cannot})
	}
	return table([]string{"Profile", "Works", "Does not"}, rows)
}

// exitCodes says what scripts may rely on.
func exitCodes() string {
	row := func(code int, meaning string) []string { return []string{fmt.Sprint(code), meaning} }
	return table([]string{"Exit code", "Meaning"}, [][]string{
		row(cli.ExitOK, "done, or nothing to do"),
		row(cli.ExitFailed, "failed, for a reason not named below"),
		row(cli.ExitUsage, "wrong usage: an unknown command or flag, a bad value, flags that contradict each other"),
		row(cli.ExitFound, "looked, and found what one does not hope for: a bad backup, a server that is not well, a no, a difference"),
		row(cli.ExitInterrupted, "interrupted by a signal"),
	})
}

// serverVersions says what each version of RustFS has, as the contract tests
// found it, and below what one of them does in its own way.
func serverVersions() string {
	all, err := versions.Read()
	if err != nil {
		panic(err) // it is built in, and tested
	}
	head := []string{"Capability"}
	var rows, own [][]string
	for _, v := range all {
		head = append(head, v.Name)
		for _, what := range slices.Sorted(maps.Keys(v.Lacks)) {
			own = append(own, []string{v.Name, what, v.Lacks[what]})
		}
	}
	for _, c := range all[len(all)-1].Capabilities {
		row := []string{c.Name}
		for _, v := range all {
			row = append(row, v.State(c.Name))
		}
		rows = append(rows, row)
	}
	return table(head, rows) + "\n" + table([]string{"Server", "Not there", "Because"}, own)
}

// table writes Markdown.
func table(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		line(cells)
	}
	return b.String()
}
