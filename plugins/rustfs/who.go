package rustfs

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type who struct {
	*plugin
	all bool
}

func newWho(p *plugin) *cobra.Command {
	o := &who{plugin: p}
	cmd := &cobra.Command{
		Use:   "who [BUCKET...]",
		Short: "Show who may do what where",
		Long: "Show which users, groups, access keys and strangers may list, read, write and delete in which buckets, and who may manage\n" +
			"them, from all policies together. \"some\" is allowed of part of the objects, or under conditions. Buckets in which somebody\n" +
			"has the same rights share a line; the server's line is about its admin API. -o wide names the policies.\n\n" + cli.ExitHelp(""),
		Example: `  # Everybody, everywhere
  kubectl rustfs who

  # Who can get at this bucket, and by which policies?
  kubectl rustfs who photos -o wide`,
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "Show those who may do nothing, too")
	o.AddPrintFlags(cmd)
	return cmd
}

// rightsView is what somebody may do in some buckets.
type rightsView struct {
	Metadata cli.Meta   `json:"metadata"` // who
	Buckets  []string   `json:"buckets,omitempty"`
	Server   bool       `json:"server,omitempty"` // it is about the admin API
	List     iam.Access `json:"list,omitempty"`   // absent for the server
	Read     iam.Access `json:"read,omitempty"`
	Write    iam.Access `json:"write,omitempty"`
	Delete   iam.Access `json:"delete,omitempty"`
	Manage   iam.Access `json:"manage"`
	Policies []string   `json:"policies,omitempty"`
	Through  []string   `json:"through,omitempty"` // groups, or the key's user
}

func (o *who) run(ctx context.Context, buckets []string) error {
	if err := validBucketNames(buckets); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	s, err := loadIAM(ctx, t)
	if err != nil {
		return err
	}
	for _, b := range buckets {
		if _, ok := s.Bucket(b); !ok {
			return noSuchBucket(b)
		}
	}
	one := len(buckets) > 0
	if !one {
		for _, b := range s.Buckets {
			buckets = append(buckets, b.Name)
		}
	}
	var views []rightsView
	e := iam.NewEvaluator(s)
	for _, w := range everybody(s) {
		views = append(views, o.rights(e, s, w, buckets, !one)...)
	}
	return cli.Print(o.UI, cli.List[rightsView]{Kind: "Rights", Items: views, Columns: rightsColumns(), Empty: "Nobody but root may do anything."})
}

// everybody are all who can ask.
func everybody(s iam.Snapshot) []iam.Subject {
	out := []iam.Subject{{Kind: iam.AsAnonymous}}
	for _, g := range s.Groups {
		out = append(out, iam.Subject{Kind: iam.AsGroup, Name: g.Name})
	}
	for _, u := range s.Users {
		out = append(out, iam.Subject{Kind: iam.AsUser, Name: u.Name})
	}
	for _, k := range s.Keys {
		out = append(out, iam.Subject{Kind: iam.AsKey, Name: k.AccessKey})
	}
	return out
}

// rights are the lines of one who asks: buckets with the same rights share
// one.
func (o *who) rights(e *iam.Evaluator, s iam.Snapshot, w iam.Subject, buckets []string, server bool) []rightsView {
	var out []rightsView
	add := func(v rightsView) {
		if !o.all && v.nothing() {
			return
		}
		for i, old := range out {
			if old.Server == v.Server && old.same(v) {
				out[i].Buckets = append(out[i].Buckets, v.Buckets...)
				return
			}
		}
		out = append(out, v)
	}
	policies, through := grantsOf(s, w)
	blank := rightsView{Metadata: cli.Meta{Name: w.String()}, Policies: policies, Through: through}
	for _, b := range buckets {
		v := blank
		v.Buckets = []string{b}
		v.List, v.Read, v.Write = e.Reach(w, "s3:ListBucket", b), e.Reach(w, "s3:GetObject", b), e.Reach(w, "s3:PutObject", b)
		v.Delete, v.Manage = e.Reach(w, "s3:DeleteObject", b), e.Reach(w, "s3:PutBucketPolicy", b)
		if len(s.Buckets) > 0 {
			if state, _ := s.Bucket(b); len(state.Policy) > 0 {
				v.Policies = append(slices.Clone(v.Policies), "bucket policy")
			}
		}
		add(v)
	}
	if server {
		v := blank
		v.Server = true
		v.Manage = adminReach(e, w)
		if !v.nothing() {
			add(v)
		}
	}
	return out
}

// adminReach says how much of the admin API somebody may use.
func adminReach(e *iam.Evaluator, w iam.Subject) iam.Access {
	yes, no := 0, 0
	for _, a := range iam.Actions() {
		if !strings.HasPrefix(a, "admin:") || strings.HasSuffix(a, "*") {
			continue
		}
		if e.Reach(w, a, "") == iam.All {
			yes++
		} else {
			no++
		}
	}
	switch {
	case yes == 0:
		return iam.None
	case no == 0:
		return iam.All
	}
	return iam.Some
}

// grantsOf are the policies that somebody has, and through whom.
func grantsOf(s iam.Snapshot, w iam.Subject) (policies, through []string) {
	user := w.Name
	switch w.Kind {
	case iam.AsGroup:
		g, _ := s.Group(w.Name)
		return g.Policies, nil
	case iam.AsKey:
		k, _ := s.Key(w.Name)
		user = k.Parent
		through = append(through, "user/"+user)
		if k.Own {
			policies = append(policies, "its own")
		}
	case iam.AsAnonymous, iam.AsRoot:
		return nil, nil
	case iam.AsUser:
	}
	u, _ := s.User(user)
	policies = append(policies, u.Policies...)
	for _, g := range s.GroupsOf(user) {
		policies = append(policies, g.Policies...)
		through = append(through, "group/"+g.Name)
	}
	return policies, through
}

func (v rightsView) nothing() bool {
	return !slices.ContainsFunc([]iam.Access{v.List, v.Read, v.Write, v.Delete, v.Manage}, func(a iam.Access) bool { return a == iam.All || a == iam.Some })
}

func (v rightsView) same(o rightsView) bool {
	return v.List == o.List && v.Read == o.Read && v.Write == o.Write && v.Delete == o.Delete && v.Manage == o.Manage &&
		slices.Equal(v.Policies, o.Policies)
}

func accessCell(a iam.Access) string {
	if a == "" {
		return "-"
	}
	return string(a)
}

func rightsColumns() []cli.Column[rightsView] {
	return []cli.Column[rightsView]{
		{Name: "Who", Value: func(v rightsView) string { return v.Metadata.Name }},
		{Name: "Buckets", Value: func(v rightsView) string {
			if v.Server {
				return "(server)"
			}
			return namesCell(v.Buckets)
		}},
		{Name: "List", Value: func(v rightsView) string { return accessCell(v.List) }},
		{Name: "Read", Value: func(v rightsView) string { return accessCell(v.Read) }},
		{Name: "Write", Value: func(v rightsView) string { return accessCell(v.Write) }},
		{Name: "Delete", Value: func(v rightsView) string { return accessCell(v.Delete) }},
		{Name: "Manage", Value: func(v rightsView) string { return string(v.Manage) }},
		{Name: "Policies", Wide: true, Value: func(v rightsView) string { return namesCell(v.Policies) }},
		{Name: "Through", Wide: true, Value: func(v rightsView) string { return namesCell(v.Through) }},
	}
}
