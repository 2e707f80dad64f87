package rustfs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func newPolicy(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "policy",
		Aliases: []string{"policies"},
		Short:   "List, write, edit, explain, check, attach, detach and delete policies",
		Long:    "List, write, edit, describe, explain, check, attach, detach and delete the policies that users and groups have.\n\n" + cli.ExitHelp(""),
		Example: "  # All policies\n  kubectl rustfs policy ls",
	}
	cmd.AddCommand(newPolicyLs(p), newPolicyDescribe(p), newPolicyPut(p), newPolicyEdit(p), newPolicyExplain(p), newPolicyLint(p),
		newPolicyDelete(p), newPolicyAttach(p), newPolicyDetach(p), newPolicyProfile(p))
	return cmd
}

// policyView is a policy as it is printed.
type policyView struct {
	Metadata   cli.Meta        `json:"metadata"`
	BuiltIn    bool            `json:"builtIn"`
	Statements int             `json:"statements"`
	Use        *useView        `json:"use,omitempty"` // unknown where the key may not ask
	UpdatedAt  *metav1.Time    `json:"updatedAt,omitempty"`
	Document   json.RawMessage `json:"document,omitempty"`
}

// useView is who has a policy directly.
type useView struct {
	Users  []string `json:"users"`
	Groups []string `json:"groups"`
}

func newPolicyView(p admin.Policy) policyView {
	v := policyView{Metadata: cli.Meta{Name: p.Name, CreationTimestamp: stamp(p.Created)}, BuiltIn: iam.IsBuiltIn(p.Name), UpdatedAt: stamp(p.Updated), Document: p.Document}
	if d, err := iam.Parse(p.Document); err == nil {
		v.Statements = len(d.Statements)
	}
	return v
}

// useOf fills in who has each policy, where that may be asked.
func useOf(ctx context.Context, t *target, views []policyView) error {
	use, err := t.admin.PolicyUse(ctx)
	if err != nil {
		return soft(err)
	}
	for i := range views {
		u := use[views[i].Metadata.Name]
		views[i].Use = &useView{Users: append([]string{}, u.Users...), Groups: append([]string{}, u.Groups...)}
	}
	return nil
}

func policyColumns() []cli.Column[policyView] {
	count := func(v policyView, names func(useView) []string) string {
		if v.Use == nil {
			return cli.Unknown
		}
		return strconv.Itoa(len(names(*v.Use)))
	}
	return []cli.Column[policyView]{
		{Name: "Name", Value: func(v policyView) string { return v.Metadata.Name }},
		{Name: "Type", Value: policyView.kind},
		{Name: "Statements", Value: func(v policyView) string { return strconv.Itoa(v.Statements) }},
		{Name: "Users", Value: func(v policyView) string { return count(v, func(u useView) []string { return u.Users }) }},
		{Name: "Groups", Value: func(v policyView) string { return count(v, func(u useView) []string { return u.Groups }) }},
		{Name: "Attached-To", Wide: true, Value: policyView.holders},
	}
}

func (v policyView) kind() string {
	if v.BuiltIn {
		return "built-in"
	}
	return "own"
}

// holders are all who have the policy: "user/alice,group/devs".
func (v policyView) holders() string {
	if v.Use == nil {
		return cli.Unknown
	}
	return namesCell(holdersOf(admin.Use{Users: v.Use.Users, Groups: v.Use.Groups}))
}

func holdersOf(u admin.Use) []string {
	var out []string
	for _, n := range u.Users {
		out = append(out, admin.Holder{Name: n}.String())
	}
	for _, n := range u.Groups {
		out = append(out, admin.Holder{Name: n, Group: true}.String())
	}
	return out
}

// policyBind is the work of policy attach and policy detach.
type policyBind struct {
	*plugin
	to     []string
	from   []string
	detach bool
}

// binding is what a change does to one user or group.
type binding struct {
	holder         admin.Holder
	change, result []string
}

func (o *policyBind) run(ctx context.Context, policies []string) error {
	if err := validExisting(iam.Policy, policies); err != nil {
		return err
	}
	holders, err := o.holders()
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	bindings, err := o.plan(ctx, t, holders, policies)
	if err != nil {
		return err
	}
	for _, b := range bindings {
		if err := o.apply(ctx, t, b); err != nil {
			return err
		}
	}
	return nil
}

// holders reads --to.
func (o *policyBind) holders() ([]admin.Holder, error) {
	flag, words := "--to", o.to
	if o.detach {
		flag, words = "--from", slices.Concat(o.from, o.to)
	}
	if len(words) == 0 {
		return nil, cli.Usagef("%s is missing", flag).WithHint("for example: %s user/alice", flag)
	}
	var out []admin.Holder
	for _, w := range words {
		kind, name, ok := strings.Cut(w, "/")
		if !ok || (kind != "user" && kind != "group") {
			return nil, cli.Usagef("%s: %q is neither user/NAME nor group/NAME", flag, w)
		}
		if err := iam.ValidateExisting(iam.Kind(kind), name); err != nil {
			return nil, usage(fmt.Errorf("%s: %w", flag, err))
		}
		if h := (admin.Holder{Name: name, Group: kind == "group"}); !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out, nil
}

// plan asks what each user and group has, before anything is changed.
func (o *policyBind) plan(ctx context.Context, t *target, holders []admin.Holder, policies []string) ([]binding, error) {
	if !o.detach {
		if err := allExist(ctx, t, iam.Policy, policies, policyNames); err != nil {
			return nil, err
		}
	}
	var out []binding
	for _, h := range holders {
		now, err := t.admin.PoliciesOf(ctx, h)
		if err != nil {
			kind := iam.User
			if h.Group {
				kind = iam.Group
			}
			return nil, found(err, kind, h.Name)
		}
		b := binding{holder: h, result: slices.Clone(now)}
		for _, p := range policies {
			if slices.Contains(b.result, p) != o.detach || slices.Contains(b.change, p) {
				continue
			}
			b.change = append(b.change, p)
			if o.detach {
				b.result = slices.DeleteFunc(b.result, func(n string) bool { return n == p })
			} else {
				b.result = append(b.result, p)
			}
		}
		out = append(out, b)
	}
	return out, nil
}

func (o *policyBind) apply(ctx context.Context, t *target, b binding) error {
	verb, change := "attached", t.admin.AttachPolicies
	if o.detach {
		verb, change = "detached", t.admin.DetachPolicies
	}
	switch len(b.change) {
	case 0:
		verb = "unchanged"
	case 1:
		verb = "policy " + b.change[0] + " " + verb
	default:
		verb = "policies " + strings.Join(b.change, ",") + " " + verb
	}
	if o.Rehearsing() == cli.DryRunNone {
		if err := change(ctx, b.holder, b.change...); err != nil {
			return err
		}
	}
	kind := "User"
	if b.holder.Group {
		kind = "Group"
	}
	return cli.Report(o.UI, kind, b.holder.Name, verb, holderView{Metadata: cli.Meta{Name: b.holder.Name}, Policies: b.result})
}

// holderView is a user or group after a policy was attached or detached.
type holderView struct {
	Metadata cli.Meta `json:"metadata"`
	Policies []string `json:"policies"`
}
