package rustfs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

type bucketLifecycleCheck struct {
	*plugin
	file         string
	grace, trace time.Duration
	limit        int
}

func newBucketLifecycleCheck(p *plugin) *cobra.Command {
	o := &bucketLifecycleCheck{plugin: p}
	cmd := &cobra.Command{
		Use:   "check NAME",
		Short: "Find out whether a bucket's lifecycle rules do what they say",
		Long: "Find out whether a bucket's lifecycle rules do what they say: asks the server about its scanner, lists the bucket, and\n" +
			"decides for each entry whether a rule should have acted on it, as the server decides it. Moves to tiers are not looked\n" +
			"at. --trace watches the scanner's work for a while, where the server shows it. With -f, nothing is asked of the scanner:\n" +
			"it tells what the rules of a file would act on now.\n\n" +
			cli.ExitHelp("the rules do nothing, or not all that they say"),
		Example: `  # Does the server expire anything?
  kubectl rustfs bucket lifecycle check logs

  # See it at work
  kubectl rustfs bucket lifecycle check logs --trace 2m

  # What would these rules delete?
  kubectl rustfs bucket lifecycle check logs -f rules.yaml`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeBuckets, completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	cmd.Flags().StringVarP(&o.file, "file", "f", "", "File with rules to try instead of the bucket's; - reads it from stdin")
	cmd.Flags().DurationVar(&o.grace, "grace", 24*time.Hour, "How long after its deadline an entry may still be there")
	cmd.Flags().DurationVar(&o.trace, "trace", 0, "Watch the scanner for this long")
	cmd.Flags().IntVar(&o.limit, "limit", countLimit, "List this many entries at most; 0 lists the whole bucket")
	o.AddPrintFlags(cmd)
	return cmd
}

// lifecycleCheckView is what check found of one bucket.
type lifecycleCheckView struct {
	Metadata   cli.Meta               `json:"metadata"`
	Works      bool                   `json:"works"`
	Versioning string                 `json:"versioning,omitempty"`
	Version    string                 `json:"serverVersion,omitempty"`
	Rules      []bucket.LifecycleRule `json:"rules"`
	Scanner    *lifecycleScannerView  `json:"scanner,omitempty"`
	Due        dueView                `json:"due"`
	Trace      []traceView            `json:"trace,omitempty"`
	Findings   []finding.Finding      `json:"findings"`
}

type lifecycleScannerView struct {
	Enabled  bool         `json:"enabled"`
	State    string       `json:"state,omitempty"`
	Round    *metav1.Time `json:"lastRound,omitempty"`
	Acted    int64        `json:"actedInLastRound"`
	Queued   int64        `json:"queued"`
	Failed   int64        `json:"failed"`
	Disabled string       `json:"disabledReason,omitempty"`
}

// dueView is what the rules should have acted on, or would.
type dueView struct {
	Entries int64        `json:"entries"`
	Late    int64        `json:"late"` // of them, for longer than --grace
	Bytes   int64        `json:"bytes"`
	Oldest  string       `json:"oldest,omitempty"` // its key
	Since   *metav1.Time `json:"since,omitempty"`
	Partial bool         `json:"partial,omitempty"`
}

// traceView is what the scanner did of one kind while it was watched.
type traceView struct {
	What  string `json:"what"`
	Count int    `json:"count"`
}

func (o *bucketLifecycleCheck) run(ctx context.Context, name string) error {
	if o.grace < 0 || o.trace < 0 || o.limit < 0 {
		return cli.Usagef("--grace, --trace and --limit may not be negative")
	}
	var rules []bucket.LifecycleRule
	if o.file != "" {
		var err error
		if rules, err = o.lifecycleFile(o.file); err != nil {
			return err
		}
	}
	return o.atBuckets(ctx, []string{name}, func(ctx context.Context, t *target, name string) error {
		v, err := o.look(ctx, t, name, rules)
		if err != nil {
			return err
		}
		return o.show(v)
	})
}

// look gathers what is known, and judges it.
func (o *bucketLifecycleCheck) look(ctx context.Context, t *target, name string, rules []bucket.LifecycleRule) (lifecycleCheckView, error) {
	v := lifecycleCheckView{Metadata: cli.Meta{Name: name}, Rules: rules}
	versioning, err := t.s3.Versioning(ctx, name)
	if soft(err) != nil || admin.IsCode(err, "NoSuchBucket") {
		return v, err
	}
	v.Versioning = string(versioning)
	if rules == nil {
		if v.Rules, err = t.s3.Lifecycle(ctx, name); err != nil {
			return v, err
		}
	}
	f := bucket.LifecycleFacts{Bucket: name, Rules: v.Rules, Versioning: v.Versioning, Grace: o.grace}
	if f.Overdue, err = (&overdueSearch{t: t, bucket: name, rules: v.Rules, now: time.Now(), grace: o.grace, limit: o.limit}).run(ctx); err != nil {
		return v, err
	}
	v.Due = newDueView(f.Overdue)
	if rules == nil {
		if err := o.askScanner(ctx, t, &v, &f); err != nil {
			return v, err
		}
	} else {
		f.Overdue, f.Scanner = bucket.Overdue{}, &bucket.Scanner{Enabled: true, State: "fresh"} // only the rules are judged
	}
	v.Findings = append([]finding.Finding{}, bucket.JudgeLifecycle(f)...)
	v.Works = !finding.Bad(v.Findings)
	return v, nil
}

func newDueView(d bucket.Overdue) dueView {
	return dueView{Entries: d.Entries, Late: d.Late, Bytes: d.Bytes, Oldest: d.Key, Since: stamp(d.Oldest.At), Partial: d.Partial}
}

// askScanner asks the server what it does, and watches it.
func (o *bucketLifecycleCheck) askScanner(ctx context.Context, t *target, v *lifecycleCheckView, f *bucket.LifecycleFacts) error {
	if info, err := t.admin.Info(ctx); err == nil && len(info.Nodes) > 0 {
		v.Version = info.Nodes[0].Tag()
	}
	e, err := t.admin.Expiry(ctx)
	if soft(err) != nil {
		return err
	}
	if err == nil {
		f.Scanner = &bucket.Scanner{Enabled: e.Enabled, Reason: e.Reason, State: e.State, Round: e.LastCycle, MaxAge: e.MaxAge, Paused: e.Paused, Failed: e.Failed, Missed: e.Missed, Measured: e.Measured}
		v.Scanner = &lifecycleScannerView{Enabled: e.Enabled, State: e.State, Round: stamp(e.LastCycle), Acted: e.LastActions, Queued: e.Queued, Failed: e.Failed, Disabled: e.Reason}
	}
	if o.trace == 0 {
		return nil
	}
	v.Trace, err = o.watch(ctx, t, f.Bucket)
	return err
}

// watch counts what the scanner does in a bucket while it is watched.
func (o *bucketLifecycleCheck) watch(ctx context.Context, t *target, name string) ([]traceView, error) {
	o.Remarkf("watching the scanner for %s", o.trace)
	watch, cancel := context.WithTimeout(ctx, o.trace)
	defer cancel()
	counts := map[string]int{}
	err := t.admin.ScannerTrace(watch, func(e admin.TraceEvent) bool {
		if e.Path == name || strings.HasPrefix(e.Path, name+"/") {
			counts[traceWords(e)]++
		}
		return true
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil && soft(err) == nil {
		o.Remarkf("the scanner cannot be watched: %s", err)
		return nil, nil
	}
	out := []traceView{}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, traceView{what, counts[what]})
	}
	return out, err
}

// traceWords are the kind of an event: "scanner.IlmAction delete queued".
func traceWords(e admin.TraceEvent) string {
	words := []string{e.Func}
	for _, k := range []string{"action", "state"} {
		if w := e.Custom[k]; w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// show prints what was found; anything bad is exit code 3.
func (o *bucketLifecycleCheck) show(v lifecycleCheckView) error {
	printed := func() error {
		return cli.Print(o.UI, cli.List[lifecycleCheckView]{Kind: "LifecycleCheck", Items: []lifecycleCheckView{v}, Single: true, Columns: lifecycleCheckColumns()})
	}
	if o.HumanOutput() {
		printed = func() error { return cli.Page(o.Out, o.fields(v)) }
	}
	if err := printed(); err != nil {
		return err
	}
	if v.Works {
		return nil
	}
	for _, f := range v.Findings {
		if f.Severity != finding.Info {
			return &cli.Found{Reason: fmt.Sprintf("bucket %q: %s", v.Metadata.Name, f.What), HintText: fixHint(f)}
		}
	}
	return nil
}

func fixHint(f finding.Finding) string {
	if f.Fix == "" {
		return ""
	}
	return "try: " + f.Fix
}

func lifecycleCheckColumns() []cli.Column[lifecycleCheckView] {
	return []cli.Column[lifecycleCheckView]{
		{Name: "Name", Value: func(v lifecycleCheckView) string { return v.Metadata.Name }},
		{Name: "Works", Value: func(v lifecycleCheckView) string { return yesNo(v.Works) }},
		{Name: "Rules", Value: func(v lifecycleCheckView) string { return strconv.Itoa(len(v.Rules)) }},
		{Name: "Due", Value: func(v lifecycleCheckView) string { return strconv.FormatInt(v.Due.Entries, 10) }},
		{Name: "Late", Value: func(v lifecycleCheckView) string { return strconv.FormatInt(v.Due.Late, 10) }},
	}
}

func (o *bucketLifecycleCheck) fields(v lifecycleCheckView) []cli.Field {
	works := "yes, as far as can be seen"
	if !v.Works {
		works = "no"
	}
	if o.file != "" {
		works = "" // nothing was asked of the server
	}
	return []cli.Field{
		{Name: "Bucket", Value: v.Metadata.Name},
		{Name: "Works", Value: works},
		{Name: "Server Version", Value: v.Version},
		{Name: "Versioning", Value: orUnknown(v.Versioning)},
		{Name: "Rules", Value: orNone(inLines(v.Rules, func(r bucket.LifecycleRule) string { return r.ID + ": " + r.Words() }))},
		{Name: "Scanner", Value: o.scannerWords(v.Scanner)},
		{Name: "Due Now", Value: v.Due.words(o.grace)},
		{Name: "Seen", Value: o.traceWords(v.Trace)},
		{Name: "Findings", Value: orNone(inLines(v.Findings, findingWords))},
	}
}

func (o *bucketLifecycleCheck) scannerWords(s *lifecycleScannerView) string {
	switch {
	case o.file != "":
		return ""
	case s == nil:
		return cli.Unknown
	case !s.Enabled:
		return "switched off"
	}
	round := "no round has ended yet"
	if s.Round != nil {
		round = "last round ended " + since(s.Round)
	}
	return fmt.Sprintf("%s, %s, %s", orUnknown(s.State), round, cli.Plural(s.Acted, "deletion")+" in it")
}

func (d dueView) words(grace time.Duration) string {
	switch {
	case d.Entries == 0 && d.Partial:
		return "nothing in what was listed; raise --limit for more"
	case d.Entries == 0:
		return "nothing"
	}
	s := fmt.Sprintf("%d (%s), %d of them for more than %s; the oldest is %q since %s", d.Entries, cli.Size(d.Bytes), d.Late, grace, d.Oldest, since(d.Since))
	if d.Partial {
		s = "at least " + s
	}
	return s
}

func (o *bucketLifecycleCheck) traceWords(seen []traceView) string {
	if o.trace == 0 || o.file != "" {
		return ""
	}
	if len(seen) == 0 {
		return "nothing in " + o.trace.String()
	}
	return inLines(seen, func(t traceView) string { return fmt.Sprintf("%d× %s", t.Count, t.What) })
}

func findingWords(f finding.Finding) string {
	s := fmt.Sprintf("%s: %s", f.Severity, f.What)
	if f.Proof != "" {
		s += " (" + f.Proof + ")"
	}
	return s
}
