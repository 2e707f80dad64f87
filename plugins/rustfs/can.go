package rustfs

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type can struct {
	*plugin
	as       string
	context  []string
	sourceIP string
	version  string
	probe    bool
}

func newCan(p *plugin) *cobra.Command {
	o := &can{plugin: p}
	cmd := &cobra.Command{
		Use:   "can ACTION [RESOURCE] [--as WHO]",
		Short: "Say whether somebody may do something, and which statement decides it",
		Long: "Say whether a user, a group's member, an access key or anybody may do something, which statement decides it, and the\n" +
			"way there: from user and groups over policies and the key's own policy to the bucket's policy. The answer comes from\n" +
			"the policies alone, by the rules of RustFS 1.0.1; --probe tries it, too.\n\n" +
			"ACTION is s3:GetObject or GetObject, admin:ListUsers, kms:Decrypt. RESOURCE is BUCKET, BUCKET/KEY or an ARN; what is\n" +
			"asked about listings is BUCKET/PREFIX. An action on objects that is asked for a bucket alone is asked for BUCKET/*, an\n" +
			"object of no special name. --as is USER, GROUP or KEY, with its kind in front where a name is that of several, anonymous or\n" +
			"root; without it, the key in use. Here alone --as is not kubectl's, which impersonates.\n\n" +
			cli.ExitHelp("no, it is not allowed; or the trial says otherwise"),
		Example: `  # May alice write there?
  kubectl rustfs can PutObject photos/2026/a.jpg --as user/alice

  # What do members of a group get, and may anybody read?
  kubectl rustfs can ListBucket photos --as group/devs
  kubectl rustfs can GetObject photos/index.html --as anonymous

  # Where a policy has conditions
  kubectl rustfs can GetObject photos/a --as alice --source-ip 10.0.0.7 --context-key aws:UserAgent=curl

  # Tried with a key that lives for a few minutes
  kubectl rustfs can PutObject photos/a --as user/alice --probe`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: o.completeWords,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().StringVar(&o.as, "as", "", "Who asks: user/NAME, group/NAME, key/KEY, anonymous, root, or a name alone (default: the key in use)")
	cmd.Flags().StringArrayVar(&o.context, "context-key", nil, "A value for conditions, aws:UserAgent=curl; may be repeated")
	cmd.Flags().StringVar(&o.sourceIP, "source-ip", "", "Address that the request comes from, for conditions on aws:SourceIp")
	cmd.Flags().StringVar(&o.version, "version-id", "", "Version of the object that the request names, for conditions on s3:versionid")
	cmd.Flags().BoolVar(&o.probe, "probe", false, "Try it too, by a request that changes nothing, with a key that is made for it and deleted")
	completeFlag(cmd, "as", p.completeNames(subjectNames))
	o.AddPrintFlags(cmd)
	return cmd
}

// completeWords offers actions, then buckets.
func (o *can) completeWords(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		var out []string
		for _, a := range iam.Actions() {
			if strings.HasPrefix(a, prefix) && !strings.HasSuffix(a, "*") {
				out = append(out, a)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
	return completeFirst(o.completeBuckets, completeNothing)(c, nil, prefix)
}

// canView is an answer as it is printed.
type canView struct {
	Metadata  cli.Meta       `json:"metadata"` // the name of who asks
	Who       string         `json:"who"`
	Action    string         `json:"action"`
	Resource  string         `json:"resource"`
	Allowed   bool           `json:"allowed"`
	DecidedBy *sourceView    `json:"decidedBy,omitempty"`
	Path      []iam.PathStep `json:"path"`
	Reasons   []string       `json:"reasons,omitempty"`
	Probe     *probeView     `json:"probe,omitempty"`
}

// sourceView is the statement that settled an answer.
type sourceView struct {
	Kind      string        `json:"kind"` // "policy", "key policy", "bucket policy"
	Name      string        `json:"name"`
	Via       string        `json:"via"`
	Number    int           `json:"number"`
	Statement iam.Statement `json:"statement"`
	Principal []string      `json:"principal,omitempty"`
}

func newSourceView(s *iam.Source) *sourceView {
	if s == nil {
		return nil
	}
	return &sourceView{Kind: s.Of, Name: s.Policy, Via: s.Via, Number: s.Statement, Statement: s.Text, Principal: s.Principal}
}

func (o *can) run(ctx context.Context, words []string) error {
	q, err := o.question(words)
	if err != nil {
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
	who, err := o.subject(t, s)
	if err != nil {
		return err
	}
	d := iam.NewEvaluator(s).Decide(who, q)
	v := canView{
		Metadata: cli.Meta{Name: who.String()}, Who: who.String(), Action: q.Action, Resource: resourceWord(q), Allowed: d.Allowed,
		DecidedBy: newSourceView(d.By), Path: d.Path, Reasons: d.Reasons,
	}
	if o.probe {
		if v.Probe, err = o.try(ctx, t, s, who, q); err != nil {
			return err
		}
	}
	if err := o.print(v); err != nil {
		return err
	}
	switch {
	case v.Probe != nil && v.Probe.Allowed != nil && *v.Probe.Allowed != v.Allowed:
		return &cli.Found{Reason: fmt.Sprintf("the policies say %s, and the server says %s", yesNo(v.Allowed), yesNo(*v.Probe.Allowed))}
	case !v.Allowed:
		return &cli.Found{}
	}
	return nil
}

func (o *can) subject(t *target, s iam.Snapshot) (iam.Subject, error) {
	if o.as == "" {
		return subjectOf(t.credential.AccessKey, s)
	}
	return subjectOf(o.as, s)
}

// question reads the command line; nothing is sent yet.
func (o *can) question(words []string) (iam.Question, error) {
	action, ok := iam.ResolveAction(words[0])
	if !ok {
		err := cli.Usagef("there is no action %q", words[0])
		if near := iam.NearestActions(words[0], 3); len(near) > 0 {
			return iam.Question{}, err.WithHint("did you mean: %s", strings.Join(near, ", "))
		}
		return iam.Question{}, err.WithHint("actions are named as in policies: s3:GetObject, admin:ListUsers")
	}
	if strings.HasSuffix(action, ":*") {
		return iam.Question{}, cli.Usagef("%q is many actions, and each may be decided differently", action).WithHint("ask for one: s3:GetObject")
	}
	if o.as != "" {
		if err := checkSubject(o.as); err != nil {
			return iam.Question{}, err
		}
	}
	q := iam.Question{Action: action, Version: o.version, Values: map[string][]string{}}
	resource := ""
	if len(words) > 1 {
		resource = words[1]
	}
	if err := placeOf(&q, resource); err != nil {
		return q, err
	}
	return q, o.values(&q)
}

// placeOf reads RESOURCE.
func placeOf(q *iam.Question, resource string) error {
	family, _, _ := strings.Cut(q.Action, ":")
	arn := map[string]string{"s3": "arn:aws:s3:::", "kms": "arn:aws:kms:::"}[family]
	if strings.HasPrefix(resource, "arn:") && (arn == "" || !strings.HasPrefix(resource, arn)) {
		return cli.Usagef("%q is no resource of %s", resource, q.Action).WithHint("an ARN here begins with %s", arn)
	}
	resource = strings.TrimPrefix(resource, arn)
	switch {
	case family == "kms":
		q.Key = strings.TrimPrefix(resource, "key/")
		return nil
	case family != "s3":
		if resource != "" && resource != "*" {
			return cli.Usagef("%s is not asked about a resource", q.Action).WithHint("leave %q out", resource)
		}
		return nil
	case q.Action == "s3:ListAllMyBuckets":
		if resource != "" && resource != "*" {
			return cli.Usagef("s3:ListAllMyBuckets is about all buckets").WithHint("leave %q out, or ask for s3:ListBucket", resource)
		}
		return nil
	}
	bucket, key, slash := strings.Cut(resource, "/")
	q.Bucket, q.Key = bucket, key
	switch {
	case bucket == "":
		return cli.Usagef("the resource is missing: a bucket, or an object as BUCKET/KEY").WithHint("for example: kubectl rustfs can %s photos/a.jpg", q.Action)
	case iam.OnObjects(q.Action):
		if key == "" {
			q.Key = "*"
		}
	case strings.HasPrefix(q.Action, "s3:ListBucket") && slash:
		q.Values["prefix"], q.Key = []string{key}, ""
	case key != "":
		return cli.Usagef("%s is done to a bucket, not to an object", q.Action).WithHint("ask for %q", bucket)
	}
	return nil
}

// values reads the values for conditions.
func (o *can) values(q *iam.Question) error {
	for _, word := range o.context {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			return cli.Usagef("--context-key: %q is not KEY=VALUE", word).WithHint("for example: --context-key aws:UserAgent=curl")
		}
		key, ok := iam.ConditionKey(name)
		if !ok {
			return cli.Usagef("--context-key: there is no condition key %q", name).WithHint("keys are named as in policies, and capitals count: aws:SourceIp, s3:prefix")
		}
		if slices.Contains([]string{"userid", "username", "principaltype"}, key) {
			return cli.Usagef("--context-key: %s follows from who asks", name).WithHint("use --as")
		}
		q.Values[key] = append(q.Values[key], value)
	}
	if o.sourceIP != "" {
		a, err := netip.ParseAddr(o.sourceIP)
		if err != nil || a.Zone() != "" {
			return cli.Usagef("--source-ip: %q is no IP address", o.sourceIP).WithHint("for example: --source-ip 10.0.0.7")
		}
		q.Values["SourceIp"] = []string{a.String()}
	}
	return nil
}

func resourceWord(q iam.Question) string {
	switch {
	case q.Bucket == "" && q.Key == "":
		return "*"
	case q.Bucket == "":
		return "key/" + q.Key
	case q.Key == "" && len(q.Values["prefix"]) > 0:
		return q.Bucket + " with prefix " + strings.Join(q.Values["prefix"], ",")
	case q.Key == "":
		return q.Bucket
	}
	return q.Bucket + "/" + q.Key
}

func (o *can) print(v canView) error {
	if !o.HumanOutput() {
		return cli.Print(o.UI, cli.List[canView]{Kind: "Decision", Items: []canView{v}, Columns: canColumns(), Single: true})
	}
	if _, err := fmt.Fprintln(o.Out, yesNo(v.Allowed)); err != nil {
		return err
	}
	return cli.Page(o.Out, v.fields())
}

func (v canView) fields() []cli.Field {
	var path []string
	for _, s := range v.Path {
		path = append(path, s.Name+": "+s.Result)
	}
	out := []cli.Field{
		{Name: "Who", Value: v.Who},
		{Name: "Action", Value: v.Action},
		{Name: "Resource", Value: v.Resource},
		{Name: "Decided By", Value: v.DecidedBy.String()},
	}
	if v.DecidedBy != nil {
		out = append(out, cli.Field{Name: "Statement", Value: iam.Words(v.DecidedBy.Statement)})
	}
	out = append(out, cli.Field{Name: "Path", Value: strings.Join(path, "\n")}, cli.Field{Name: "Because", Value: strings.Join(v.Reasons, "\n")})
	if v.Probe != nil {
		out = append(out, cli.Field{Name: "Tried", Value: v.Probe.Result})
	}
	return out
}

func (s *sourceView) String() string {
	if s == nil {
		return ""
	}
	text := fmt.Sprintf("statement %d of %s %s", s.Number, s.Kind, s.Name)
	if s.Kind == "policy" {
		text += ", through " + s.Via
	}
	if len(s.Principal) > 0 {
		text += ", for " + strings.Join(s.Principal, ", ")
	}
	return text
}

func canColumns() []cli.Column[canView] {
	return []cli.Column[canView]{
		{Name: "Who", Value: func(v canView) string { return v.Who }},
		{Name: "Action", Value: func(v canView) string { return v.Action }},
		{Name: "Resource", Value: func(v canView) string { return v.Resource }},
		{Name: "Allowed", Value: func(v canView) string { return yesNo(v.Allowed) }},
		{Name: "Decided-By", Value: func(v canView) string { return orNone(v.DecidedBy.String()) }},
		{Name: "Because", Wide: true, Value: func(v canView) string { return orNone(strings.Join(v.Reasons, "; ")) }},
	}
}

// probeTime is how long the key of a trial lives, if it cannot be deleted.
const probeTime = 15 * time.Minute
