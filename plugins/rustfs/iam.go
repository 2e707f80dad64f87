package rustfs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// iamError is what stops a command at one user, group, policy or access key.
type iamError struct {
	kind      iam.Kind
	name, why string
}

func (e *iamError) Error() string { return fmt.Sprintf("%s %q: %s", e.kind, e.name, e.why) }

// noun is the command for a kind.
func noun(kind iam.Kind) string {
	if kind == iam.Key {
		return "key"
	}
	return string(kind)
}

// missing makes the error for a name of a kind that is not there.
func missing(kind iam.Kind) func(string) error {
	return func(name string) error { return noSuch(kind, name) }
}

func noSuch(kind iam.Kind, name string) error {
	return cli.Hintf(&iamError{kind, name, "does not exist"}, "see the names with: kubectl rustfs %s ls", noun(kind))
}

// found turns the server's many ways of saying "not found" into one.
func found(err error, kind iam.Kind, name string) error {
	if admin.IsNotFound(err) {
		return noSuch(kind, name)
	}
	return err
}

// usage makes a mistake in the command line of err, and nothing of nothing.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &cli.UsageError{Err: err}
}

// validExisting refuses names that no server can hold, before anything is
// sent.
func validExisting(kind iam.Kind, names []string) error {
	for _, n := range names {
		if err := iam.ValidateExisting(kind, n); err != nil {
			return usage(err)
		}
	}
	return nil
}

// each does something to one name after the other, when all of them are names
// that a server can hold.
func (p *plugin) each(ctx context.Context, kind iam.Kind, names []string, do func(context.Context, *target, string) error) error {
	if err := validExisting(kind, names); err != nil {
		return err
	}
	return p.atEach(ctx, names, do)
}

// atEach does something to one name after the other, whatever they are of,
// until it fails.
func (p *plugin) atEach(ctx context.Context, names []string, do func(context.Context, *target, string) error) error {
	t, err := p.target(ctx)
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := do(ctx, t, n); err != nil {
			return err
		}
	}
	return nil
}

// validNew refuses names that one version of the server or the other would
// not take, before anything is sent.
func validNew(validate func(string) error, names []string) error {
	for _, n := range names {
		if err := validate(n); err != nil {
			return usage(err)
		}
	}
	return nil
}

// allExist requires that all names are among those that the server has.
func allExist(ctx context.Context, t *target, kind iam.Kind, names []string, list func(context.Context, *target) ([]string, error)) error {
	if len(names) == 0 {
		return nil
	}
	there, err := list(ctx, t)
	if err != nil {
		return err
	}
	for _, n := range names {
		if !slices.Contains(there, n) {
			return noSuch(kind, n)
		}
	}
	return nil
}

// named keeps those of all whose name is asked for, in the order of names; no
// names keep all. missing makes the error for a name that is not there.
func named[T any](all []T, names []string, nameOf func(T) string, missing func(string) error) ([]T, error) {
	if len(names) == 0 {
		return all, nil
	}
	var out []T
	for _, n := range names {
		i := slices.IndexFunc(all, func(v T) bool { return nameOf(v) == n })
		if i < 0 {
			return nil, missing(n)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// documentLimit is more than any policy is long, in bytes.
const documentLimit = 1 << 20

// readDocument reads a policy from a file or stdin and refuses what servers
// would refuse; what does not do what it seems to is warned of.
func (p *plugin) readDocument(flag, file string) (iam.Document, error) {
	d, err := p.parseDocument(flag, file)
	if err != nil {
		return d, err
	}
	findings := iam.Lint(d)
	if fatal := iam.Fatal(findings); len(fatal) > 0 {
		return d, cli.Usagef("%s %s: %s", flag, file, texts(fatal)).WithHint("the server would refuse it; nothing was sent")
	}
	for _, f := range findings {
		p.Warnf("%s", f)
	}
	return d, nil
}

// parseDocument reads a policy from a file or stdin: JSON, or YAML of the same
// shape. Nothing is refused but what is no policy at all.
func (p *plugin) parseDocument(flag, file string) (iam.Document, error) {
	text, err := p.readFile(file)
	if err != nil {
		return iam.Document{}, usage(fmt.Errorf("%s: %w", flag, err))
	}
	if start := bytes.TrimSpace(text); len(start) > 0 && start[0] != '{' {
		converted, err := yamlToJSON(flag, file, text)
		if err != nil {
			return iam.Document{}, err
		}
		if bytes.HasPrefix(converted, []byte("{")) {
			text = converted
		}
	}
	d, err := iam.Parse(text)
	if err != nil {
		return d, usage(fmt.Errorf("%s %s: %w", flag, file, err))
	}
	return d, nil
}

func texts(findings []iam.Finding) string {
	var out []string
	for _, f := range findings {
		out = append(out, f.String())
	}
	return strings.Join(out, "; ")
}

// readFile reads a policy or a file of rules, from stdin with -.
func (p *plugin) readFile(file string) ([]byte, error) { return p.readUpTo(file, documentLimit) }

// pretty is a document for people to read.
func pretty(document json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, document, "", "  ") != nil {
		return string(document)
	}
	return b.String()
}

// stamp is a time for objects; nil where it is unknown.
func stamp(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	return &metav1.Time{Time: t}
}

func ageCell(t *metav1.Time, now time.Time) string {
	if t == nil {
		return cli.Unknown
	}
	return cli.Age(t.Time, now)
}

func since(t *metav1.Time) string {
	if t == nil {
		return cli.Unknown
	}
	return t.UTC().Format(time.RFC3339) + " (" + cli.Age(t.Time, time.Now()) + " ago)"
}

func namesCell(names []string) string { return orNone(strings.Join(names, ",")) }

const (
	stateEnabled  = "enabled"
	stateDisabled = "disabled"
)

func state(enabled bool) string {
	if enabled {
		return stateEnabled
	}
	return stateDisabled
}

// pages writes one page for each of items.
func pages[T any](p *plugin, items []T, fields func(T) []cli.Field) error {
	for i, item := range items {
		if i > 0 {
			if _, err := fmt.Fprintln(p.Out); err != nil {
				return err
			}
		}
		if err := cli.Page(p.Out, fields(item)); err != nil {
			return err
		}
	}
	return nil
}

// undoLimit is how long a half-made thing may take to be removed again.
const undoLimit = 15 * time.Second

// undo removes what was made just now, after a later step failed, also when
// the person has interrupted the command.
func undo(ctx context.Context, kind iam.Kind, name string, cause error, remove func(context.Context, string) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	if err := remove(ctx, name); err != nil && !admin.IsNotFound(err) {
		return fmt.Errorf("%w; the %s %q, made just now, could not be removed again: %w", cause, kind, name, err)
	}
	return fmt.Errorf("%w; the %s %q was not kept", cause, kind, name)
}
