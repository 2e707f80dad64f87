package rustfs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// editPage lets the person change an object on a page of YAML, until check
// takes it. ok is false when nothing was changed.
func editPage[T any](ctx context.Context, p *plugin, name string, object T, check func(T) error) (edited T, ok bool, err error) {
	text, err := yaml.Marshal(object)
	if err != nil {
		return object, false, err
	}
	read := func(s string) (T, error) {
		var v T
		if err := yaml.UnmarshalStrict([]byte(s), &v); err != nil {
			return v, errors.New(strings.TrimPrefix(err.Error(), "error unmarshaling JSON: while decoding JSON: "))
		}
		return v, check(v)
	}
	after, err := p.Edit(ctx, name+".yaml", string(text), func(s string) error { _, err := read(s); return err })
	if errors.Is(err, cli.ErrNotEdited) {
		p.Remarkf("%s", err)
		return object, false, nil
	}
	if err != nil {
		return object, false, err
	}
	edited, err = read(after)
	return edited, err == nil, err
}

// difference is what has to be added to and taken from a list of names.
func difference(before, after []string) (added, removed []string) {
	for _, n := range after {
		if !slices.Contains(before, n) && !slices.Contains(added, n) {
			added = append(added, n)
		}
	}
	for _, n := range before {
		if !slices.Contains(after, n) {
			removed = append(removed, n)
		}
	}
	return added, removed
}

// checkStatus refuses a status that there is none.
func checkStatus(status string) error {
	if status != stateEnabled && status != stateDisabled {
		return fmt.Errorf("status: must be %s or %s, not %q", stateEnabled, stateDisabled, status)
	}
	return nil
}

// checkNames refuses names that are not among those of the server.
func checkNames(kind iam.Kind, names, there []string) error {
	for _, n := range names {
		if !slices.Contains(there, n) {
			return &iamError{kind, n, "does not exist"}
		}
	}
	return nil
}

// setPolicies attaches and detaches what is different.
func setPolicies(ctx context.Context, t *target, h admin.Holder, before, after []string) error {
	added, removed := difference(before, after)
	if err := t.admin.AttachPolicies(ctx, h, added...); err != nil {
		return err
	}
	return t.admin.DetachPolicies(ctx, h, removed...)
}

// sorted is a list of names without repetitions, never nil, so that pages show
// an empty list.
func sorted(names []string) []string {
	out := append([]string{}, names...)
	slices.Sort(out)
	return slices.Compact(out)
}
