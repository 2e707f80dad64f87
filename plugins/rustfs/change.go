package rustfs

import (
	"context"
	"strings"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

// change brings one thing of an object from one state to another. It is the
// one way in which settings are changed: what is so already is left alone, a
// dry run changes nothing, and --diff shows the difference.
type change struct {
	kind, name string // of the object: "Bucket", "photos"
	what       string // of the object that changes: "quota"

	before, after string // as texts; equal ones need no change
	verb          string // "quota set"
	object        any    // the object afterwards, for -o
	do            func(context.Context) error
}

// change makes a change, or says that there is none to make.
func (p *plugin) change(ctx context.Context, c change) error {
	if c.before == c.after {
		return cli.Report(p.UI, c.kind, c.name, "unchanged", c.object)
	}
	p.ShowDiff(strings.ToLower(c.kind)+"/"+c.name+" "+c.what, c.before, c.after)
	if p.Rehearsing() == cli.DryRunNone {
		if err := c.do(ctx); err != nil {
			return err
		}
	}
	return cli.Report(p.UI, c.kind, c.name, c.verb, c.object)
}

// equivalent says how mc, rc or aws would do what is being done, where
// --show-equivalent asks for it. The alias of the server is rustfs.
func (p *plugin) equivalent(program string, args ...string) {
	if !p.showEquivalent {
		return
	}
	words := []string{program}
	for _, a := range args {
		words = append(words, shellWord(a))
	}
	p.Remarkf("equivalent: %s", strings.Join(words, " "))
}

// shellWord quotes a word for a shell, where it has to be.
func shellWord(s string) string {
	plain := sets.New([]rune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@,+%")...)
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain.Has(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
