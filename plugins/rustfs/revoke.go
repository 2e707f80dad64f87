package rustfs

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type revokeCommand struct {
	*plugin
	secret string
	empty  bool

	namespace, name string
}

func newRevoke(p *plugin) *cobra.Command {
	o := &revokeCommand{plugin: p}
	cmd := &cobra.Command{
		Use:   "revoke NAME",
		Short: "Take back what grant has given, and nothing else",
		Long: "Take back what grant has given: the access key, the user, the policy, the membership, the group and the Secret, as far as\n" +
			"the grant has made them. What was there before stays, and so does what others use by now: a policy that is attached\n" +
			"elsewhere, a group with other members. Access ends first; then the rest goes, after the name was typed or with --yes.\n\n" +
			"Buckets stay, unless --delete-empty-buckets takes those that the grant has made and that hold nothing. A Secret that\n" +
			"comes from a manifest stays too: remove it where it is kept. What a grant has made is read from the description of its\n" +
			"access key, or from the Secret that --secret names where the key is gone. Nothing to take back is no error.\n\n" +
			cli.ExitHelp(""),
		Example: `  # What would go
  kubectl rustfs revoke loki --dry-run

  # In a script, with buckets that were never used
  kubectl rustfs revoke loki --delete-empty-buckets --yes`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeNames(grantNames), completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	cmd.Flags().StringVar(&o.secret, "secret", "", "Secret NAMESPACE/NAME of the grant (default: as its access key tells)")
	cmd.Flags().BoolVar(&o.empty, "delete-empty-buckets", false, "Delete buckets too that the grant has made and that are empty")
	o.AddYesFlag(cmd)
	o.AddDryRunFlag(cmd, false)
	return cmd
}

// grantNames are the users who have access keys of grants.
func grantNames(ctx context.Context, t *target) ([]string, error) {
	keys, err := t.admin.Keys(ctx)
	var names []string
	for _, k := range keys {
		if r, ok := iam.ParseRecord(k.Description); ok && r.Granted && !slices.Contains(names, k.Parent) {
			names = append(names, k.Parent)
		}
	}
	return names, err
}

func (o *revokeCommand) run(ctx context.Context, name string) error {
	if err := validExisting(iam.User, []string{name}); err != nil {
		return err
	}
	if o.secret != "" {
		var err error
		if o.namespace, o.name, err = secretName("--secret", o.secret); err != nil {
			return err
		}
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	v, r, ok, err := o.look(ctx, t, name)
	if err != nil {
		return err
	}
	if !ok {
		if v.User != nil {
			o.Remarkf("user %q exists, and no access key of a grant; kubectl rustfs user delete %s deletes it", name, name)
		}
		_, err := fmt.Fprintf(o.Out, "grant/%s unchanged\n", name)
		return err
	}
	steps, kept := v.Plan(r)
	if r.Manifest && v.Secret == "" && r.Secret == "" {
		kept = append(kept, "the Secret, which comes from a manifest: remove it where that is kept")
	}
	if err := o.Confirm(ctx, fmt.Sprintf("grant %q on %s goes with %s", name, t.name(), cli.Plural(int64(len(steps)), "step")), name); err != nil {
		return err
	}
	if err := o.undo(ctx, t, name, r, steps); err != nil {
		return err
	}
	for _, k := range kept {
		o.Remarkf("stays: %s", k)
	}
	return nil
}

// look finds out what there is of the grant.
func (o *revokeCommand) look(ctx context.Context, t *target, name string) (v iam.Revoke, r iam.Record, ok bool, err error) {
	v.Name = name
	if v.User, v.Keys, err = userOn(ctx, t, name); err != nil {
		return v, r, false, err
	}
	r, ok = iam.RecordOf(v.Keys)
	if !ok && v.User != nil && !v.User.Enabled && len(v.User.Policies)+len(v.User.Groups)+len(v.Keys) == 0 {
		r, ok = iam.Record{Granted: true, User: true}, true // as a grant begins
	}
	if err := o.lookAtSecret(ctx, &v, &r, &ok); err != nil || !ok {
		return v, r, ok, err
	}
	if r.In != "" {
		if v.Group, err = groupOn(ctx, t, r.In); err != nil {
			return v, r, ok, err
		}
	}
	if r.Policy != "" {
		d, err := policyOn(ctx, t, r.Policy)
		if err != nil {
			return v, r, ok, err
		}
		v.Policy = d != nil
		use, err := t.admin.PolicyUse(ctx)
		if err != nil {
			return v, r, ok, err
		}
		v.Use = holdersOf(use[r.Policy])
	}
	if o.empty {
		v.Empty, err = emptyBuckets(ctx, t, r.Buckets)
	}
	return v, r, ok, err
}

// lookAtSecret finds the grant's Secret, and in it the record where the key is
// gone.
func (o *revokeCommand) lookAtSecret(ctx context.Context, v *iam.Revoke, r *iam.Record, ok *bool) error {
	namespace, name := o.namespace, o.name
	if o.secret == "" {
		if r.Secret == "" {
			return nil
		}
		var err error
		if namespace, name, err = secretName("the grant's Secret", r.Secret); err != nil {
			return err
		}
	}
	k, err := o.kube(ctx)
	if err != nil {
		return err
	}
	h, there, err := k.HeldSecret(ctx, namespace, name)
	if err != nil || !there {
		return err
	}
	if h.Owner != owner || h.Annotations[noteGrant] != v.Name {
		if o.secret != "" {
			return &kube.ForeignSecretError{Name: h.ID(), Owner: "the grant " + v.Name}
		}
		o.Remarkf("the Secret %s is another one's by now, and stays", h.ID())
		return nil
	}
	v.Secret = h.ID()
	if rec, is := iam.ParseRecord(h.Annotations[noteRecord]); is && !*ok {
		*r, *ok = rec, true
	}
	return nil
}

// emptyBuckets are those of buckets that exist and hold nothing.
func emptyBuckets(ctx context.Context, t *target, buckets []string) ([]string, error) {
	var out []string
	for _, b := range buckets {
		exists, err := t.s3.BucketExists(ctx, b)
		if err != nil {
			return nil, err
		}
		if !exists {
			continue
		}
		empty, err := t.holdsProbesOnly(ctx, b)
		if err != nil {
			return nil, err
		}
		if empty {
			out = append(out, b)
		}
	}
	return out, nil
}

// dropProbes deletes the probes of a bucket, and nothing else.
func (t *target) dropProbes(ctx context.Context, bucket string) error {
	for o, err := range t.s3.Objects(ctx, bucket, s3.List{Versions: true}) {
		if err == nil && isProbe(o.Key) {
			err = t.prober().Forget(ctx, bucket, o.Key, o.VersionID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// undo takes the steps.
func (o *revokeCommand) undo(ctx context.Context, t *target, name string, r iam.Record, steps []iam.Step) error {
	for i, s := range steps {
		suffix := " (dry run)"
		if o.Rehearsing() == cli.DryRunNone {
			suffix = ""
			if err := o.step(ctx, t, name, r, s); err != nil {
				if i == 0 {
					return err
				}
				return cli.Hintf(err, "revoke it again: it goes on where it stopped")
			}
		}
		if _, err := fmt.Fprintf(o.Out, "%s %s%s: %s\n", s.Kind, s.Name, suffix, s.Why); err != nil {
			return err
		}
	}
	return nil
}

func (o *revokeCommand) step(ctx context.Context, t *target, name string, r iam.Record, s iam.Step) error {
	a := t.admin
	switch s.Kind {
	case iam.StepDisable:
		return gone(a.SetUserStatus(ctx, s.Name, false))
	case iam.StepDisableKey:
		err := a.SetKeyStatus(ctx, s.Name, false)
		if admin.IsDenied(err) { // alpha.99 to rc.1: only the key's own user may
			return nil
		}
		return gone(err)
	case iam.StepNoSecret:
		k, err := o.kube(ctx)
		if err != nil {
			return err
		}
		namespace, secret, err := secretName("Secret", s.Name)
		if err != nil {
			return err
		}
		return k.DeleteHeld(ctx, namespace, secret)
	case iam.StepDetach:
		return a.DetachPolicies(ctx, admin.Holder{Name: name}, s.Name)
	case iam.StepDetachAll:
		return a.DetachPolicies(ctx, admin.Holder{Name: r.In, Group: true}, s.Name)
	case iam.StepLeave:
		return a.RemoveMembers(ctx, s.Name, name)
	case iam.StepNoGroup:
		return gone(a.RemoveGroup(ctx, s.Name))
	case iam.StepNoPolicy:
		return gone(a.RemovePolicy(ctx, s.Name))
	case iam.StepNoBucket:
		if err := t.dropProbes(ctx, s.Name); err != nil {
			return err
		}
		return t.s3.DeleteBucket(ctx, s.Name)
	case iam.StepNoKey:
		return gone(a.RemoveKey(ctx, s.Name))
	case iam.StepNoUser:
		return gone(a.RemoveUser(ctx, s.Name))
	default:
		return fmt.Errorf("revoke has no step %q", s.Kind)
	}
}
