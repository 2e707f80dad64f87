package rustfs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/archive"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/declared"
)

// restoring is a restore under way.
type restoring struct {
	*restore
	t    *target
	from restorable
	root string

	iam     archive.Plan
	changes []declared.Change // of buckets
	differ  []string          // buckets that exist and are different
	skipped []string          // of them, those that stay
}

// restoredView is one thing of an archive as it is printed.
type restoredView struct {
	Metadata cli.Meta `json:"metadata"`
	Action   string   `json:"action"`
	Reason   string   `json:"reason"`
}

func (w *restoring) have(ctx context.Context) (archive.Assets, error) {
	zip, err := w.t.admin.ExportIAM(ctx)
	if err != nil {
		return archive.Assets{}, err
	}
	a, err := readAssets(zip)
	if err != nil {
		err = fmt.Errorf("the server's export of users and policies: %w", err)
	}
	return a, err
}

func (w *restoring) planIAM(ctx context.Context) error {
	have, err := w.have(ctx)
	if err != nil {
		return err
	}
	w.iam = archive.NewPlan(w.from.assets, archive.Target{
		Have: have, Root: w.root, SourceRoot: w.from.manifest.Root, LeaveOut: w.leaveOut, Now: time.Now().UTC(),
	}, archive.Conflict(w.conflict))
	return nil
}

// planBuckets compares the settings of buckets. A bucket that exists counts as
// one thing: it is made what it was, or left as it is.
func (w *restoring) planBuckets(ctx context.Context) error {
	doc := w.from.buckets
	doc.Buckets = slices.DeleteFunc(slices.Clone(doc.Buckets), func(b declared.Bucket) bool { return slices.Contains(w.leaveOut, "bucket/"+b.Name) })
	if len(doc.Buckets) == 0 {
		return nil
	}
	var names []string
	for _, b := range doc.Buckets {
		names = append(names, b.Name)
	}
	s, err := readState(ctx, w.t, []declared.Kind{declared.KindBucket}, names)
	if err != nil {
		return err
	}
	changes, problems := declared.Diff(s.Document, doc, declared.Options{Exact: true, Root: w.root})
	exists := func(name string) bool {
		return slices.ContainsFunc(s.Buckets, func(b declared.Bucket) bool { return b.Name == name })
	}
	for _, c := range changes {
		if exists(c.Name) && !slices.Contains(w.differ, c.Name) {
			w.differ = append(w.differ, c.Name)
		}
	}
	if w.conflict == string(archive.Skip) {
		w.skipped = w.differ
		for _, p := range problems {
			w.skipped = append(w.skipped, strings.TrimPrefix(p.ID, "bucket/"))
		}
		skip := func(name string) bool { return slices.Contains(w.skipped, name) }
		changes = slices.DeleteFunc(changes, func(c declared.Change) bool { return skip(c.Name) })
		problems = nil
	}
	for _, p := range problems {
		w.iam.Problems = append(w.iam.Problems, p.ID+": "+p.Why)
	}
	w.changes = changes
	return nil
}

// judge says what stands in the way, and asks before something is overwritten.
func (w *restoring) judge(ctx context.Context) error {
	for _, n := range slices.Concat(w.from.notes, w.iam.Notes) {
		w.Remarkf("%s", n)
	}
	for _, i := range w.iam.Items {
		if i.Action == archive.ActionLeaveOut {
			w.Remarkf("%s is left out: %s", i.ID(), i.Why)
		}
	}
	if len(w.iam.Problems) > 0 {
		return cli.Hintf(errors.New(strings.Join(w.iam.Problems, "\n")), "nothing was changed; leave them out with --leave-out, or mend the archive")
	}
	var conflicts []string
	for _, i := range w.iam.Conflicts() {
		conflicts = append(conflicts, i.ID()+" ("+i.Why+")")
	}
	if w.conflict == string(archive.Fail) {
		for _, n := range w.differ {
			conflicts = append(conflicts, "bucket/"+n+" (different settings)")
		}
	}
	if len(conflicts) > 0 {
		return cli.Hintf(fmt.Errorf("%s on %s already, and different: %s; nothing was changed", there(len(conflicts)), w.t.name(), strings.Join(conflicts, ", ")),
			"keep what is there with --conflict skip, or replace it with --conflict overwrite")
	}
	lost := w.iam.Count(archive.ActionOverwrite)
	if w.conflict == string(archive.Overwrite) {
		lost += len(w.differ)
	}
	if lost == 0 {
		return nil
	}
	return w.Confirm(ctx, fmt.Sprintf("%s on %s will be overwritten by the archive", cli.Plural(int64(lost), "thing"), w.t.name()), "yes")
}

func there(n int) string {
	if n == 1 {
		return "1 thing is"
	}
	return fmt.Sprintf("%d things are", n)
}

// do makes the changes and looks whether the server is then what the archive
// says.
func (w *restoring) do(ctx context.Context) error {
	if w.Rehearsing() == cli.DryRunNone {
		if err := w.importIAM(ctx); err != nil {
			return err
		}
	}
	same := 0
	for _, i := range w.iam.Items {
		verb := map[string]string{archive.ActionCreate: "created", archive.ActionOverwrite: "overwritten", archive.ActionSkip: "skipped"}[i.Action]
		if verb == "" {
			if i.Action == archive.ActionUnchanged {
				same++
			}
			continue
		}
		kind, name, _ := strings.Cut(i.ID(), "/")
		if err := cli.Report(w.UI, kindWord(declared.Kind(kind)), name, verb, restoredView{cli.Meta{Name: name}, i.Action, i.Why}); err != nil {
			return err
		}
	}
	for _, n := range w.skipped {
		if err := cli.Report(w.UI, "Bucket", n, "skipped", restoredView{cli.Meta{Name: n}, archive.ActionSkip, "different settings"}); err != nil {
			return err
		}
	}
	a := &applier{plugin: w.plugin, t: w.t}
	if err := a.apply(ctx, w.changes); err != nil {
		return err
	}
	if same > 0 {
		w.Remarkf("%s unchanged", cli.Plural(int64(same), "thing"))
	}
	if len(w.changes)+w.iam.Count(archive.ActionCreate)+w.iam.Count(archive.ActionOverwrite) == 0 {
		w.Remarkf("nothing to do")
	}
	return nil
}

// importIAM sends the archive. Up to alpha.82 groups must be there before, and
// what is attached to groups goes astray: it is attached again.
func (w *restoring) importIAM(ctx context.Context) error {
	send := w.iam.Import
	if send.Empty() {
		return nil
	}
	groups, err := w.t.admin.Groups(ctx)
	if err != nil {
		return err
	}
	for name := range send.Groups {
		if !slices.Contains(groups, name) {
			if err := w.t.admin.AddMembers(ctx, name); err != nil {
				return err
			}
		}
	}
	zip, err := send.Zip()
	if err != nil {
		return err
	}
	failures, err := w.t.admin.ImportIAM(ctx, zip)
	if err != nil {
		return err
	}
	if len(failures) > 0 {
		var lines []string
		for _, f := range failures {
			lines = append(lines, f.String())
		}
		return cli.Hintf(fmt.Errorf("the server did not take everything:\n%s", strings.Join(lines, "\n")), "the rest is restored; leave these out with --leave-out and run it again")
	}
	if err := w.mend(ctx, send); err != nil {
		return err
	}
	return w.prove(ctx, send)
}

// mend gives users and groups what an import did not: policies that were lost
// are attached, others that an overwritten one had are taken away, and groups
// that were switched off are switched on.
func (w *restoring) mend(ctx context.Context, send archive.Assets) error {
	for name := range send.Users {
		u, err := w.t.admin.User(ctx, name)
		if err == nil {
			err = w.attachAs(ctx, admin.Holder{Name: name}, u.Policies, send.UserPolicies[name].Policies)
		}
		if err != nil {
			return err
		}
	}
	for name, g := range send.Groups {
		now, err := w.t.admin.Group(ctx, name)
		if err == nil && now.Enabled != g.Enabled {
			err = w.t.admin.SetGroupStatus(ctx, name, g.Enabled)
		}
		if err == nil {
			err = w.attachAs(ctx, admin.Holder{Name: name, Group: true}, now.Policies, send.GroupPolicies[name].Policies)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *restoring) attachAs(ctx context.Context, h admin.Holder, now, want []string) error {
	without := func(list, other []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(n string) bool { return slices.Contains(other, n) })
	}
	if err := w.t.admin.AttachPolicies(ctx, h, without(want, now)...); err != nil {
		return err
	}
	return w.t.admin.DetachPolicies(ctx, h, without(now, want)...)
}

// prove asks the server for everything again, and compares.
func (w *restoring) prove(ctx context.Context, sent archive.Assets) error {
	have, err := w.have(ctx)
	if err != nil {
		return err
	}
	again := archive.NewPlan(sent, archive.Target{Have: have, Root: w.root, Now: time.Now().UTC()}, archive.Fail)
	var wrong []string
	for _, i := range again.Items {
		if i.Action != archive.ActionUnchanged && i.Action != archive.ActionLeaveOut {
			wrong = append(wrong, i.ID()+" ("+i.Why+")")
		}
	}
	if len(wrong) > 0 {
		return cli.Hintf(fmt.Errorf("the server took the archive, and is not what it says: %s", strings.Join(wrong, ", ")), "run it again with --conflict overwrite")
	}
	return nil
}
