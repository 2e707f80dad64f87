package rustfs

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type grantCommand struct {
	*plugin
	rights     profileFlags
	place      place
	policy     string
	policyName string
	group      string
	create     bool
	newKey     bool
	expires    string
	prove      bool
}

// defaultProfile is what a grant gives when nothing is said.
const defaultProfile = "readwrite"

func newGrant(p *plugin) *cobra.Command {
	o := &grantCommand{plugin: p}
	cmd := &cobra.Command{
		Use:   "grant NAME --bucket BUCKET --secret NAMESPACE/NAME",
		Short: "Give a program access to buckets: user, policy and key, straight into a Secret",
		Long: "Give a program access to buckets in one act: the buckets where they are missing, a policy made of a profile, a user who\n" +
			"has it, and an access key of that user, which goes into a Secret and is never shown. Then it is proven with the new key:\n" +
			"what the profile promises must work, and everything else must be refused. The proof reads, and tries to write under a\n" +
			"name of its own; nothing of it stays.\n\n" +
			"It can be given again at any time: what is there already is left alone, and an interrupted grant is completed. What a\n" +
			"grant has made is noted in the description of its access key; revoke takes exactly that back. With --group the group\n" +
			"gets the policy and the user joins it; the key is then narrowed to the policy, whatever else the group may do.\n\n" +
			"The user's own secret is kept nowhere. With -o sealedsecret or -o sops nothing is written into the cluster: the Secret is\n" +
			"printed, encrypted, for a repository. -o yaml prints it in the clear, and wants --show-once too.\n\n" +
			cli.ExitHelp("the proof failed: the key may do less or more than it is to"),
		Example: `  # Three buckets for Loki, in one act
  kubectl rustfs grant loki --profile loki --bucket loki-chunks,loki-ruler,loki-admin --secret monitoring/loki-s3

  # A backup that can write and neither read nor delete, for a repository
  kubectl rustfs grant talos-backup --profile backup-writer --bucket etcd-backups --secret backup/talos-backup-s3 -o sealedsecret

  # Encrypted for those whom .sops.yaml names
  kubectl rustfs grant restic --profile restic --bucket restic --prefix home/ --secret apps/restic-s3 -o sops

  # What would be done
  kubectl rustfs grant loki --profile loki --bucket loki-chunks --secret monitoring/loki-s3 --dry-run --diff`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	o.rights.flags(p, cmd)
	o.place.flags(cmd)
	cmd.Flags().StringVar(&o.policy, "policy", "", "Give this policy, which is there already, instead of one made of a profile")
	cmd.Flags().StringVar(&o.policyName, "policy-name", "", "Name of the policy that is made (default: that of the grant)")
	cmd.Flags().StringVar(&o.group, "group", "", "Group that gets the policy and the user; it is made where there is none")
	cmd.Flags().BoolVar(&o.create, "create-buckets", true, "Create buckets that do not exist; with =false they are an error")
	cmd.Flags().BoolVar(&o.newKey, "new-key", false, "Replace the access key of an earlier grant, and delete it")
	cmd.Flags().StringVar(&o.expires, "expires", "", "When a new key ends: after 12h, 90d, 8w, 1y, or at 2030-01-31T00:00:00Z (default: never)")
	cmd.Flags().BoolVar(&o.prove, "prove", true, "Try with the key what must work and what must not")
	completeFlag(cmd, "policy", p.completeNames(policyNames))
	completeFlag(cmd, "group", p.completeNames(groupNames))
	o.AddDryRunFlag(cmd, false)
	o.AddDiffFlag(cmd)
	return cmd
}

func (o *grantCommand) run(ctx context.Context, name string) error {
	g, err := o.wish(name)
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	w := &granting{plugin: o.plugin, t: t, grant: g, place: &o.place, rights: o.rights, foreign: o.policy != ""}
	if w.expires, err = parseExpiry(o.expires, now()); err != nil {
		return err
	}
	if err := o.place.prepare(ctx, o.plugin); err != nil {
		return err
	}
	if err := w.look(ctx); err != nil {
		return err
	}
	changed, err := w.bring(ctx)
	if err != nil || !o.prove || o.Rehearsing() != cli.DryRunNone {
		return err
	}
	return w.prove(ctx, changed)
}

// wish reads the command line; nothing is sent yet.
func (o *grantCommand) wish(name string) (iam.Grant, error) {
	g := iam.Grant{Name: name, Policy: name, Group: o.group, KeepBuckets: !o.create, NewKey: o.newKey}
	if err := iam.ValidateUser(name); err != nil {
		return g, usage(err)
	}
	if o.group != "" {
		if err := iam.ValidateGroup(o.group); err != nil {
			return g, usage(fmt.Errorf("--group: %w", err))
		}
	}
	if _, err := parseExpiry(o.expires, now()); err != nil {
		return g, err
	}
	if err := o.place.check(); err != nil {
		return g, err
	}
	if !o.place.manifest() {
		g.Secret = o.place.secret
	}
	return o.policyOf(g)
}

// policyOf fills in the policy that the grant gives.
func (o *grantCommand) policyOf(g iam.Grant) (iam.Grant, error) {
	s, err := o.rights.scope()
	if err != nil {
		return g, err
	}
	g.Buckets = s.Buckets
	if o.policy != "" {
		if o.rights.profile != "" || o.rights.prefix != "" || o.policyName != "" {
			return g, cli.Usagef("--policy names a policy that is there, and --profile, --prefix and --policy-name make one").WithHint("use one way or the other")
		}
		g.Policy = o.policy
		return g, validExisting(iam.Policy, []string{o.policy})
	}
	if o.rights.profile == "" {
		o.rights.profile = defaultProfile
	}
	if o.policyName != "" {
		g.Policy = o.policyName
	}
	if err := iam.ValidatePolicy(g.Policy); err != nil {
		return g, usageHint(err, "choose the policy's name with --policy-name")
	}
	d, err := o.rights.document()
	g.Doc = &d
	return g, err
}

func usageHint(err error, hint string) error {
	return &cli.UsageError{Err: err, HintText: hint}
}
