package rustfs

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

type keyCreate struct {
	*plugin
	handout     handout
	user        string
	policyFile  string
	rights      profileFlags
	expires     string
	name        string
	description string
}

func newKeyCreate(p *plugin) *cobra.Command {
	o := &keyCreate{plugin: p}
	cmd := &cobra.Command{
		Use:     "create --for USER",
		Aliases: []string{"add"},
		Short:   "Create an access key for a user, with all of its rights or less",
		Long: "Create an access key for a user. Key and secret are generated; they are only shown on --show-once, and go into a Secret\n" +
			"with --to-secret. A policy of its own narrows the user's rights, never widens them. If the Secret cannot be written,\n" +
			"the key is removed again.\n\n" + cli.ExitHelp(""),
		Example: `  # Straight into a Secret of the cluster, for 90 days
  kubectl rustfs key create --for loki --expires 90d --to-secret monitoring/loki-s3

  # For reading one bucket, whatever else the user may do
  kubectl rustfs key create --for alice --profile readonly --bucket photos --show-once

  # Only what a policy says
  kubectl rustfs key create --for alice --policy-file read-photos.json --name laptop --show-once`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: completeNothing,
		RunE:              func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	cmd.Flags().StringVar(&o.user, "for", "", "User whose rights the key has")
	cmd.Flags().StringVar(&o.policyFile, "policy-file", "", "File with a policy that narrows the user's rights; - reads it from stdin")
	o.rights.flags(p, cmd)
	cmd.Flags().StringVar(&o.expires, "expires", "", "When the key ends: after 12h, 90d, 8w, 1y, or at 2030-01-31T00:00:00Z (default: never)")
	cmd.Flags().StringVar(&o.name, "name", "", "Name to know the key by")
	cmd.Flags().StringVar(&o.description, "description", "", "What the key is for")
	completeFlag(cmd, "for", p.completeNames(userNames))
	o.handout.flags(cmd)
	o.AddDryRunFlag(cmd, false)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *keyCreate) run(ctx context.Context) error {
	k, err := o.newKey()
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	if k.Parent != t.credential.AccessKey { // root is no user that one can ask for
		if _, err := t.admin.User(ctx, k.Parent); err != nil {
			return found(err, iam.User, k.Parent)
		}
	}
	if err := o.handout.rehearse(ctx, o.plugin, k.AccessKey); err != nil {
		return err
	}
	if o.Rehearsing() == cli.DryRunNone {
		if err := o.create(ctx, t, k); err != nil {
			return err
		}
	}
	v := newKeyView(admin.Key{
		AccessKey: k.AccessKey, Parent: k.Parent, Enabled: true, Own: k.Policy != nil, Policy: k.Policy,
		Name: k.Name, Description: k.Description, Expires: k.Expires,
	})
	v.Credentials = o.handout.view(o.plugin, k.AccessKey, k.SecretKey)
	if err := cli.Report(o.UI, "Key", k.AccessKey, "created", v); err != nil {
		return err
	}
	return o.handout.show(o.plugin, v.Credentials)
}

func (o *keyCreate) create(ctx context.Context, t *target, k admin.NewKey) error {
	if err := t.admin.AddKey(ctx, k); err != nil {
		return found(err, iam.User, k.Parent)
	}
	if err := o.handout.keep(ctx, o.plugin, k.AccessKey, k.SecretKey); err != nil {
		return undo(ctx, iam.Key, k.AccessKey, err, t.admin.RemoveKey)
	}
	return nil
}

// keyPolicyLimit is how long the server lets a key's policy be, in bytes.
const keyPolicyLimit = 4096

// newKey makes the key out of the command line; nothing is sent yet.
func (o *keyCreate) newKey() (admin.NewKey, error) {
	k := admin.NewKey{Parent: o.user, Name: o.name, Description: o.description}
	if o.user == "" {
		return k, cli.Usagef("--for is missing").WithHint("name the user whose rights the key has: --for USER")
	}
	for _, err := range []error{iam.ValidateExisting(iam.User, o.user), iam.ValidateTitle(o.name), iam.ValidateDescription(o.description)} {
		if err != nil {
			return k, usage(err)
		}
	}
	if err := o.handout.check(o.plugin, true); err != nil {
		return k, err
	}
	var err error
	if k.Expires, err = parseExpiry(o.expires, time.Now()); err != nil {
		return k, err
	}
	if k.Policy, err = o.policy(); err != nil {
		return k, err
	}
	if k.AccessKey, err = iam.GenerateKey(rand.Reader); err != nil {
		return k, err
	}
	text, err := iam.GenerateSecret(rand.Reader)
	k.SecretKey = secret.New(text)
	return k, err
}

// policy is the key's own policy; nil for none.
func (o *keyCreate) policy() ([]byte, error) { return o.keyPolicy(o.policyFile, &o.rights) }

// keyPolicy is the policy that a file or a profile gives to an access key; nil
// when neither was named.
func (p *plugin) keyPolicy(file string, rights *profileFlags) ([]byte, error) {
	var d iam.Document
	var err error
	flag := "--policy-file"
	switch {
	case file != "" && rights.given():
		return nil, cli.Usagef("--policy-file and --profile say two things").WithHint("use one of them")
	case file != "":
		d, err = p.readDocument(flag, file)
	case rights.given():
		flag = "--profile"
		d, err = rights.document()
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text := d.JSON()
	if len(text) > keyPolicyLimit {
		return nil, cli.Usagef("%s: %d bytes, and a key's policy may have %d", flag, len(text), keyPolicyLimit).
			WithHint("put it to the server with policy put, attach it to a user, and make the key for that one")
	}
	return text, nil
}

var span = regexp.MustCompile(`^([1-9][0-9]{0,4})([mhdwy])$`)

// parseExpiry reads when a key ends: a time, or how long from now.
func parseExpiry(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	const hint = "for example: --expires 90d, or --expires 2030-01-31T00:00:00Z"
	if m := span.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return time.Time{}, usage(fmt.Errorf("--expires: %w", err))
		}
		at := after(now, n, m[2])
		if at.Year() >= 9999 {
			return time.Time{}, cli.Usagef("--expires: %s is too long", s).WithHint("leave it out for a key that never ends")
		}
		return at.UTC().Truncate(time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, s)
	switch {
	case err != nil:
		return time.Time{}, cli.Usagef("--expires: %q is neither a time nor a span", s).WithHint(hint)
	case !at.After(now):
		return time.Time{}, cli.Usagef("--expires: %s has passed", s).WithHint(hint)
	}
	return at.UTC(), nil
}

// after is n units after t. Years and months are those of the calendar.
func after(t time.Time, n int, unit string) time.Time {
	switch unit {
	case "m":
		return t.Add(time.Duration(n) * time.Minute)
	case "h":
		return t.Add(time.Duration(n) * time.Hour)
	case "w":
		return t.AddDate(0, 0, 7*n)
	case "y":
		return t.AddDate(n, 0, 0)
	}
	return t.AddDate(0, 0, n)
}
