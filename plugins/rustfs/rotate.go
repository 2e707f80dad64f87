package rustfs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

type rotateCommand struct {
	*plugin
	place   place
	key     string
	stage   string
	grace   string
	expires string
	force   bool
	newKey  bool

	wait time.Duration // grace
}

// The stages of a rotation.
const (
	stageNew    = "new"
	stageFinish = "finish"
)

func newRotate(p *plugin) *cobra.Command {
	o := &rotateCommand{plugin: p}
	cmd := &cobra.Command{
		Use:   "rotate [NAME]",
		Short: "Replace the access key of a grant, or any other, without a gap",
		Long: "Replace the access key of a grant, or the one of --key: a new key with the same rights goes into the Secret and is tried;\n" +
			"then the old one is disabled, and deleted when the grace is over. Pods that use the Secret are named: those that were\n" +
			"started before have the old key, and while there are any it stays enabled. Restart them, and rotate again: a rotation\n" +
			"that has begun is gone on with, never begun a second time.\n\n" +
			"--stage new only makes the new key, --stage finish only ends what was begun: the two halves for a repository, where\n" +
			"-o sealedsecret or -o sops prints the Secret and a controller applies it in between.\n\n" +
			cli.ExitHelp("the rotation waits: for pods with the old key, for the new Secret, or for the end of the grace"),
		Example: `  # Now, and again after the pods were restarted
  kubectl rustfs rotate loki

  # Through a repository
  kubectl rustfs rotate loki --stage new -o sealedsecret
  kubectl rustfs rotate loki --stage finish --grace 0

  # A key that no grant has made
  kubectl rustfs rotate --key AKIA123 --secret apps/photos-s3`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeFirst(p.completeNames(grantNames), completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.place.flags(cmd)
	cmd.Flags().StringVar(&o.key, "key", "", "Access key to replace, instead of that of a grant; needs --secret")
	cmd.Flags().StringVar(&o.stage, "stage", "", "Do only one half: new or finish")
	cmd.Flags().StringVar(&o.grace, "grace", "24h", "How long a disabled key is kept, in case somebody still needs it; 0 deletes it at once")
	cmd.Flags().StringVar(&o.expires, "expires", "", "When the new key ends, as with key create (default: never)")
	cmd.Flags().BoolVar(&o.force, "force", false, "Disable the old key although pods have it")
	cmd.Flags().BoolVar(&o.newKey, "new-key", false, "Begin again when the new key of a manifest was lost")
	completeFlag(cmd, "key", p.completeNames(keyNames))
	completeFlag(cmd, "stage", cobra.FixedCompletions([]string{stageNew, stageFinish}, cobra.ShellCompDirectiveNoFileComp))
	o.AddDryRunFlag(cmd, false)
	return cmd
}

func (o *rotateCommand) run(ctx context.Context, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	r := &rotation{plugin: o.plugin, o: o, t: t}
	if err := r.look(ctx, args); err != nil {
		return err
	}
	return r.run(ctx)
}

// check looks at the command line alone.
func (o *rotateCommand) check(args []string) error {
	switch {
	case len(args) == 0 && o.key == "":
		return cli.Usagef("what is to be rotated is missing").WithHint("name a grant, or a key: --key KEY --secret NAMESPACE/NAME")
	case len(args) == 1 && o.key != "":
		return cli.Usagef("a grant and --key name two keys").WithHint("use one of them")
	case o.key != "" && o.place.secret == "":
		return cli.Usagef("--key needs --secret").WithHint("name the Secret that holds the key: --secret NAMESPACE/NAME")
	case !slices.Contains([]string{"", stageNew, stageFinish}, o.stage):
		return cli.Usagef("--stage: %q is neither new nor finish", o.stage)
	case o.stage == stageFinish && o.place.manifest():
		return cli.Usagef("--stage finish prints no manifest").WithHint("leave out --output")
	}
	kind, name := iam.Key, o.key
	if len(args) == 1 {
		kind, name = iam.User, args[0]
	}
	if err := iam.ValidateExisting(kind, name); err != nil {
		return usage(err)
	}
	var err error
	if o.wait, err = parseSpan("--grace", o.grace); err != nil {
		return err
	}
	if _, err := parseExpiry(o.expires, now()); err != nil {
		return err
	}
	if o.place.secret == "" {
		o.place.secret = "x/x" // found later, in the grant's record
		defer func() { o.place.secret = "" }()
	}
	return o.place.check()
}

// parseSpan reads a span of time as --expires has them; 0 is none.
func parseSpan(flag, s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	if !span.MatchString(s) {
		return 0, cli.Usagef("%s: %q is no span of time", flag, s).WithHint("for example: %s 24h, or %s 7d", flag, flag)
	}
	from := now()
	at, err := parseExpiry(s, from)
	return at.Sub(from), err
}

// rotation is the work of rotate.
type rotation struct {
	*plugin
	o *rotateCommand
	t *target

	user    string
	current admin.Key   // the key that the Secret holds, or that is to be replaced
	pending admin.Key   // the new key, when it was made already
	retired []admin.Key // older ones, disabled
	was     kube.Held
	there   bool
	held    string // access key in the Secret
}

// look finds the keys of the rotation and what the Secret holds.
func (r *rotation) look(ctx context.Context, args []string) error {
	if err := r.find(ctx, args); err != nil {
		return err
	}
	k, err := r.kube(ctx)
	if err == nil {
		r.was, r.there, err = k.HeldSecret(ctx, r.o.place.namespace, r.o.place.name)
	}
	if err != nil && (!r.o.place.manifest() || r.o.stage != stageNew) {
		return err
	}
	r.held, _ = keyIn(r.was)
	if r.there && r.was.Owner != owner && !r.o.place.manifest() && r.o.stage != stageFinish {
		return &kube.ForeignSecretError{Name: r.was.ID(), Owner: owner}
	}
	return nil
}

// find sorts the user's keys into the one in use, the one that is to come and
// those that were.
func (r *rotation) find(ctx context.Context, args []string) error {
	var named iam.Record
	if r.o.key != "" {
		k, err := r.t.admin.Key(ctx, r.o.key)
		if err != nil {
			return found(err, iam.Key, r.o.key)
		}
		r.user = k.Parent
		named, _ = iam.ParseRecord(k.Description)
	} else {
		r.user = args[0]
	}
	all, err := r.t.admin.KeysOf(ctx, r.user)
	if err != nil {
		return err
	}
	for _, k := range all {
		rec, _ := iam.ParseRecord(k.Description)
		related := k.AccessKey == r.o.key || rec.Replaces == r.o.key || named.Replaces == k.AccessKey
		switch {
		case r.o.key == "" && !rec.Granted, r.o.key != "" && !related:
			continue
		case !rec.Retired.IsZero():
			r.retired = append(r.retired, k)
		case rec.Replaces != "" && slices.ContainsFunc(all, func(o admin.Key) bool { return o.AccessKey == rec.Replaces && isInUse(o) }):
			r.pending = k
		default:
			r.current = k
		}
		if r.o.place.secret == "" {
			r.o.place.secret = rec.Secret
		}
	}
	if r.current.AccessKey == "" {
		return cli.Hintf(&iamError{iam.User, r.user, "has no access key of a grant"}, "see: kubectl rustfs key ls --for %s; any other key is rotated with --key KEY --secret NAMESPACE/NAME", r.user)
	}
	if r.o.place.secret == "" {
		return cli.Usagef("the Secret of the grant %q is not known, for it was printed as a manifest", r.user).WithHint("add --secret NAMESPACE/NAME")
	}
	r.o.place.namespace, r.o.place.name, err = secretName("--secret", r.o.place.secret)
	return err
}

// isInUse tells whether no other key has come after this one.
func isInUse(k admin.Key) bool {
	rec, _ := iam.ParseRecord(k.Description)
	return rec.Retired.IsZero()
}

func (r *rotation) run(ctx context.Context) error {
	if err := r.repair(ctx); err != nil {
		return err
	}
	if r.pending.AccessKey == "" && r.o.stage != stageFinish && !r.closing() {
		if err := r.begin(ctx); err != nil {
			return err
		}
	}
	if r.o.stage == stageNew || r.o.place.manifest() {
		return nil
	}
	return r.finish(ctx)
}

// closing tells whether only the grace of an earlier rotation is left, which
// another call is to end, not to begin a rotation.
func (r *rotation) closing() bool { return len(r.retired) > 0 && r.o.stage == "" }

// repair removes a new key that was lost: it was made and got nowhere.
func (r *rotation) repair(ctx context.Context) error {
	if r.pending.AccessKey == "" || r.pending.AccessKey == r.held || r.o.stage == stageFinish {
		return nil
	}
	rec, _ := iam.ParseRecord(r.pending.Description)
	if rec.Manifest && !r.o.newKey {
		return &cli.Found{
			Reason:   fmt.Sprintf("access key %s was made for a manifest, and the Secret %s does not hold it yet", r.pending.AccessKey, r.o.place.secret),
			HintText: "apply the manifest, then: kubectl rustfs rotate --stage finish; or begin again with --new-key",
		}
	}
	if err := r.say(iam.StepNoKey, r.pending.AccessKey, "its secret is in no Secret", func() error {
		return gone(r.t.admin.RemoveKey(ctx, r.pending.AccessKey))
	}); err != nil {
		return err
	}
	r.pending = admin.Key{}
	return nil
}

// say takes one step and tells of it; in a dry run it only tells.
func (r *rotation) say(kind iam.StepKind, name, why string, do func() error) error {
	suffix := " (dry run)"
	if r.Rehearsing() == cli.DryRunNone {
		suffix = ""
		if err := do(); err != nil {
			return err
		}
	}
	line := fmt.Sprintf("%s %s%s: %s", kind, name, suffix, why)
	if r.o.place.manifest() {
		r.Remarkf("%s", line)
		return nil
	}
	_, err := fmt.Fprintln(r.Out, line)
	return err
}

// begin makes the new key, hands it out and tries it.
func (r *rotation) begin(ctx context.Context) error {
	if err := r.o.place.prepare(ctx, r.plugin); err != nil {
		return err
	}
	k, err := r.successor(ctx)
	if err != nil {
		return err
	}
	h, err := r.secretFor(ctx, k)
	if err != nil {
		return err
	}
	if !r.o.place.manifest() {
		c, err := r.kube(ctx)
		if err != nil {
			return err
		}
		if err := c.WriteHeld(ctx, h, nil, true); err != nil {
			return err
		}
	}
	if err := r.say(iam.StepKey, k.AccessKey, "it replaces "+r.current.AccessKey, func() error { return r.t.admin.AddKey(ctx, k) }); err != nil {
		return err
	}
	if err := r.say(iam.StepSecret, r.o.place.secret, "it gets the new key", func() error { return r.o.place.handOut(ctx, r.plugin, h, nil) }); err != nil {
		return err
	}
	was := r.was
	r.pending = admin.Key{AccessKey: k.AccessKey, Parent: k.Parent, Enabled: true, Description: k.Description}
	r.held, r.was, r.there = k.AccessKey, h, true
	if r.Rehearsing() != cli.DryRunNone {
		return nil
	}
	return r.prove(ctx, k.AccessKey, k.SecretKey, was)
}

// successor is a key like the one in use.
func (r *rotation) successor(ctx context.Context) (admin.NewKey, error) {
	k, err := generateKey(r.user)
	if err != nil {
		return k, err
	}
	full, err := r.t.admin.Key(ctx, r.current.AccessKey)
	if err != nil {
		return k, err
	}
	if full.Own {
		d, err := iam.Parse(full.Policy)
		if err != nil {
			return k, fmt.Errorf("policy of access key %s: %w", r.current.AccessKey, err)
		}
		k.Policy = d.JSON()
	}
	if full.Name != "" && iam.ValidateTitle(full.Name) == nil {
		k.Name = full.Name
	}
	if k.Expires, err = parseExpiry(r.o.expires, now()); err != nil {
		return k, err
	}
	if k.Expires.IsZero() && !full.Expires.IsZero() {
		r.Warnf("access key %s ends at %s, and the new one never does; say otherwise with --expires", full.AccessKey, full.Expires.Format(time.RFC3339))
	}
	rec := r.record(r.current)
	rec.Replaces, rec.Manifest = r.current.AccessKey, r.o.place.manifest()
	k.Description = rec.String()
	return k, iam.ValidateDescription(k.Description)
}

// record is what a key's description says, or keeps of it.
func (r *rotation) record(k admin.Key) iam.Record {
	rec, ok := iam.ParseRecord(k.Description)
	if !ok {
		rec.Note = k.Description
	}
	return rec
}

// secretFor is the Secret with a new key; what else it says stays.
func (r *rotation) secretFor(ctx context.Context, k admin.NewKey) (kube.Held, error) {
	c := keyContents{accessKey: k.AccessKey, secretKey: k.SecretKey}
	c.endpoint = r.endpointFor(ctx, r.t, r.o.place.endpoint)
	data, _ := r.o.place.data(c)
	h := kube.Held{Namespace: r.o.place.namespace, Name: r.o.place.name, Owner: owner, Data: data, Annotations: map[string]string{noteServer: r.t.name(), noteRotated: now().Format(time.RFC3339)}}
	if rec := r.record(r.current); rec.Granted {
		h.Annotations[noteGrant], h.Annotations[noteRecord] = r.user, k.Description
	}
	if !r.there {
		if r.o.place.manifest() {
			r.Warnf("the Secret %s is not in the cluster: the manifest tells the key, and not what else was in it", h.ID())
		}
		return h, nil
	}
	maps.DeleteFunc(h.Data, func(name string, _ secret.Value) bool { _, has := r.was.Data[name]; return !has })
	if r.held == "" || !holds(h, k) {
		names := fieldNames()
		return h, cli.Hintf(fmt.Errorf("the Secret %s has no access key and secret under %s and %s, nor under %s and %s", h.ID(), names["access"][0], names["secret"][0], names["access"][1], names["secret"][1]),
			"choose another Secret, or write the key under these names with: kubectl rustfs key create --to-secret")
	}
	if r.held != r.current.AccessKey {
		r.Warnf("Secret %s holds access key %s, not %s; its secret goes with it", h.ID(), r.held, r.current.AccessKey)
	}
	if r.o.place.manifest() {
		for name, v := range r.was.Data {
			if _, ours := h.Data[name]; !ours {
				h.Data[name] = v
			}
		}
	}
	return h, nil
}

// holds tells whether the Secret would hold the key and its secret.
func holds(h kube.Held, k admin.NewKey) bool {
	accessKey, s := keyIn(h)
	return accessKey == k.AccessKey && s == k.SecretKey
}

// prove tries the new key: the server must know it, and let it read what it
// lets the old one read in the buckets that the Secret names.
func (r *rotation) prove(ctx context.Context, accessKey string, s secret.Value, was kube.Held) error {
	p, err := newProof(r.plugin, r.t, accessKey, s)
	if err != nil {
		return err
	}
	if err := p.known(ctx); err != nil {
		return &cli.Found{Reason: "the proof failed: " + err.Error(), HintText: "the old key still works; look at the new one with: kubectl rustfs key describe " + accessKey}
	}
	old, oldSecret := keyIn(was)
	buckets := bucketsIn(was)
	if old != r.current.AccessKey || len(buckets) == 0 {
		r.Remarkf("proven: the server knows access key %s", accessKey)
		return nil
	}
	before, err := r.t.as(old, oldSecret)
	if err != nil {
		return err
	}
	return p.same(ctx, before, buckets)
}

// finish disables the old key and deletes those whose grace is over.
func (r *rotation) finish(ctx context.Context) error {
	var wait error
	if r.pending.AccessKey != "" {
		if r.held != r.pending.AccessKey {
			return &cli.Found{
				Reason:   fmt.Sprintf("the Secret %s does not hold the new access key %s yet", r.o.place.secret, r.pending.AccessKey),
				HintText: "apply the manifest that rotate --stage new has printed, then finish again",
			}
		}
		if wait = r.retire(ctx); wait != nil && !isFound(wait) {
			return wait
		}
	} else if len(r.retired) == 0 {
		_, err := fmt.Fprintf(r.Out, "grant/%s unchanged\n", r.user)
		return err
	}
	if err := r.bury(ctx, &wait); err != nil {
		return err
	}
	return wait
}

func isFound(err error) bool {
	_, ok := err.(*cli.Found) //nolint:errorlint // it was made a line above
	return ok
}

// retire disables the old key, when no pod has it any more.
func (r *rotation) retire(ctx context.Context) error {
	k, err := r.kube(ctx)
	if err != nil {
		return err
	}
	users, err := k.UsersOfSecret(ctx, r.o.place.namespace, r.o.place.name)
	if err != nil {
		return err
	}
	made := r.when()
	var late, workloads []string
	for _, u := range users {
		if !u.Started.After(made) {
			late = append(late, u.Pod)
			if !slices.Contains(workloads, u.Workload) {
				workloads = append(workloads, u.Workload)
			}
		}
	}
	if len(late) > 0 && !r.o.force {
		return &cli.Found{
			Reason:   fmt.Sprintf("the old access key %s stays enabled, for pods were started with it: %s", r.current.AccessKey, inSentence(late)),
			HintText: fmt.Sprintf("restart them (%s in namespace %s), then rotate again; or add --force", inSentence(workloads), r.o.place.namespace),
		}
	}
	if r.o.wait == 0 {
		return r.say(iam.StepNoKey, r.current.AccessKey, "the Secret holds "+r.pending.AccessKey, func() error {
			return gone(r.t.admin.RemoveKey(ctx, r.current.AccessKey))
		})
	}
	rec := r.record(r.current)
	rec.Retired = now()
	text, off := rec.String(), false
	if err := r.say(iam.StepDisableKey, r.current.AccessKey, "the Secret holds "+r.pending.AccessKey, func() error {
		return r.t.admin.UpdateKey(ctx, r.current.AccessKey, admin.KeyChange{Enabled: &off, Description: &text})
	}); err != nil {
		if admin.IsDenied(err) {
			return cli.Hintf(err, "servers from alpha.99 to rc.1 let only the user itself change a key; delete the old one at once with --grace 0")
		}
		return err
	}
	r.current.Description, r.current.Enabled = text, false
	r.retired = append(r.retired, r.current)
	return nil
}

// when is the time since when the Secret holds the new key, as far as it is
// noted.
func (r *rotation) when() time.Time {
	at, err := time.Parse(time.RFC3339, r.was.Annotations[noteRotated])
	if err != nil {
		return now()
	}
	return at
}

// bury deletes disabled keys whose grace is over.
func (r *rotation) bury(ctx context.Context, wait *error) error {
	for _, k := range r.retired {
		rec, _ := iam.ParseRecord(k.Description)
		end := rec.Retired.Add(r.o.wait)
		if end.After(time.Now()) {
			r.Remarkf("access key %s is disabled; rotate deletes it after %s", k.AccessKey, end.Format(time.RFC3339))
			if r.pending.AccessKey == "" && *wait == nil {
				*wait = &cli.Found{Reason: fmt.Sprintf("access key %s is kept until its grace is over", k.AccessKey), HintText: "end it now with --grace 0; begin another rotation with --stage new"}
			}
			continue
		}
		if err := r.say(iam.StepNoKey, k.AccessKey, "it was replaced, and its grace is over", func() error { return gone(r.t.admin.RemoveKey(ctx, k.AccessKey)) }); err != nil {
			return err
		}
	}
	return nil
}
