package rustfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type keyEdit struct {
	*plugin
	rights      profileFlags
	policyFile  string
	inherit     bool
	expires     string
	noExpiry    bool
	name        string
	description string

	cmd *cobra.Command
}

// keyPage is an access key as it is edited.
type keyPage struct {
	Description string          `json:"description"`
	Expires     string          `json:"expires"` // a time, or never
	Name        string          `json:"name"`
	Policy      json.RawMessage `json:"policy"` // null: all rights of its user
	Status      string          `json:"status"`
}

const never = "never"

func newKeyEdit(p *plugin) *cobra.Command {
	o := &keyEdit{plugin: p}
	cmd := &cobra.Command{
		Use:   "edit KEY",
		Short: "Change what an access key may do, until when, and what it is called",
		Long: "Change an access key: its policy, expiration, name, description and status. Flags say what; without one, a page of YAML\n" +
			"is opened in $KUBE_EDITOR, $EDITOR or vi. \"policy: null\" gives the key all rights of its user. Only what is different is\n" +
			"sent, and the secret stays.\n\n" +
			"A key whose time has passed cannot be changed. Servers from alpha.99 to rc.1 let only the key's own user do it, with\n" +
			"--access-key; those up to alpha.86 store a later expiration, and the key ends all the same when it was to end.\n\n" +
			cli.ExitHelp(""),
		Example: `  # In an editor
  kubectl rustfs key edit AKIA123

  # For another 90 days
  kubectl rustfs key edit AKIA123 --expires 90d

  # Narrowed to reading one bucket
  kubectl rustfs key edit AKIA123 --profile readonly --bucket photos --diff`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFirst(p.completeNames(keyNames), completeNothing),
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	o.cmd = cmd
	cmd.Flags().StringVar(&o.policyFile, "policy-file", "", "File with a policy that narrows the user's rights; - reads it from stdin")
	o.rights.flags(p, cmd)
	cmd.Flags().BoolVar(&o.inherit, "inherit", false, "Give the key all rights of its user")
	cmd.Flags().StringVar(&o.expires, "expires", "", "When the key ends: after 12h, 90d, 8w, 1y, or at 2030-01-31T00:00:00Z")
	cmd.Flags().BoolVar(&o.noExpiry, "no-expiry", false, "Let the key never end")
	cmd.Flags().StringVar(&o.name, "name", "", "Name to know the key by; empty takes it away")
	cmd.Flags().StringVar(&o.description, "description", "", "What the key is for; empty takes it away")
	o.AddDryRunFlag(cmd, false)
	o.AddDiffFlag(cmd)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *keyEdit) run(ctx context.Context, accessKey string) error {
	if err := validExisting(iam.Key, []string{accessKey}); err != nil {
		return err
	}
	by, err := o.byFlags()
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	k, err := t.admin.Key(ctx, accessKey)
	if err != nil {
		return found(err, iam.Key, accessKey)
	}
	if !k.Expires.IsZero() && !k.Expires.After(time.Now()) {
		return cli.Hintf(&iamError{iam.Key, accessKey, "has ended, and the server lets nobody change it any more"}, "make another one: kubectl rustfs key create --for %s", k.Parent)
	}
	now, err := newKeyPage(k)
	if err != nil {
		return err
	}
	after := now
	if by != nil {
		by(&after)
	} else {
		var changed bool
		if after, changed, err = editPage(ctx, o.plugin, "key", now, keyPage.check); err != nil || !changed {
			return err
		}
	}
	if sameDocument(now.Policy, after.Policy) {
		after.Policy = now.Policy
	}
	view := newKeyView(k)
	view.Name, view.Description, view.Status = after.Name, after.Description, after.Status
	view.Expires = stamp(after.expiry())
	if after.Policy != nil {
		view.Rights, view.Document = "policy", after.Policy
	} else if now.Policy != nil {
		view.Rights, view.Document = "user", nil
	}
	return o.change(ctx, change{
		kind: "Key", name: accessKey, what: "settings", before: yamlText(now), after: yamlText(after), verb: "edited", object: view,
		do: func(ctx context.Context) error {
			return found(t.admin.UpdateKey(ctx, accessKey, keyChange(now, after)), iam.Key, accessKey)
		},
	})
}

// byFlags is the change that the flags ask for; nil when there are none.
func (o *keyEdit) byFlags() (func(*keyPage), error) {
	given := func(flag string) bool { return o.cmd.Flags().Changed(flag) }
	switch {
	case o.noExpiry && o.expires != "":
		return nil, cli.Usagef("--expires and --no-expiry say two things").WithHint("use one of them")
	case o.inherit && (o.policyFile != "" || o.rights.given()):
		return nil, cli.Usagef("--inherit and a policy say two things").WithHint("use one of them")
	case given("expires") && o.expires == "":
		return nil, cli.Usagef("--expires is empty").WithHint("for a key that never ends, use --no-expiry")
	}
	for _, err := range []error{iam.ValidateTitle(o.name), iam.ValidateDescription(o.description)} {
		if err != nil {
			return nil, usage(err)
		}
	}
	at, err := parseExpiry(o.expires, time.Now())
	if err != nil {
		return nil, err
	}
	policy, err := o.keyPolicy(o.policyFile, &o.rights)
	if err != nil {
		return nil, err
	}
	changes := false
	for _, f := range []string{"policy-file", "profile", "bucket", "prefix", "inherit", "expires", "no-expiry", "name", "description"} {
		changes = changes || given(f)
	}
	if !changes {
		return nil, nil
	}
	return func(p *keyPage) {
		if given("name") {
			p.Name = o.name
		}
		if given("description") {
			p.Description = o.description
		}
		if o.noExpiry || !at.IsZero() {
			p.Expires = expiryText(at)
		}
		if policy != nil || o.inherit {
			p.Policy = policy
		}
	}, nil
}

func newKeyPage(k admin.Key) (keyPage, error) {
	p := keyPage{Description: k.Description, Expires: expiryText(k.Expires), Name: k.Name, Status: state(k.Enabled)}
	if !k.Own {
		return p, nil
	}
	d, err := iam.Parse(k.Policy)
	if err != nil {
		return p, fmt.Errorf("policy of access key %s: %w", k.AccessKey, err)
	}
	p.Policy = d.JSON()
	return p, nil
}

func expiryText(t time.Time) string {
	if t.IsZero() {
		return never
	}
	return t.UTC().Format(time.RFC3339)
}

// expiry is when the key ends; zero for never. The page has been checked.
func (p keyPage) expiry() time.Time {
	at, err := time.Parse(time.RFC3339, p.Expires)
	if err != nil {
		return time.Time{}
	}
	return at
}

// check refuses what servers would refuse.
func (p keyPage) check() error {
	for _, err := range []error{checkStatus(p.Status), iam.ValidateTitle(p.Name), iam.ValidateDescription(p.Description)} {
		if err != nil {
			return err
		}
	}
	if p.Expires != never {
		if _, err := parseExpiry(p.Expires, time.Now()); err != nil || p.expiry().IsZero() {
			return fmt.Errorf("expires: must be %s, or a time to come as 2030-01-31T00:00:00Z, not %q", never, p.Expires)
		}
	}
	if !hasDocument(p.Policy) {
		return nil
	}
	d, err := iam.Parse(p.Policy)
	if err != nil {
		return err
	}
	if fatal := iam.Fatal(iam.Lint(d)); len(fatal) > 0 {
		return errors.New(texts(fatal))
	}
	if n := len(d.JSON()); n > keyPolicyLimit {
		return fmt.Errorf("policy: %d bytes, and a key's policy may have %d", n, keyPolicyLimit)
	}
	return nil
}

func hasDocument(d json.RawMessage) bool { return len(d) > 0 && string(d) != "null" }

func sameDocument(a, b json.RawMessage) bool {
	if !hasDocument(a) || !hasDocument(b) {
		return hasDocument(a) == hasDocument(b)
	}
	return sameMeaning(a, b)
}

// keyChange is what the server is told.
func keyChange(now, after keyPage) admin.KeyChange {
	var c admin.KeyChange
	if now.Name != after.Name {
		c.Name = &after.Name
	}
	if now.Description != after.Description {
		c.Description = &after.Description
	}
	if now.Status != after.Status {
		on := after.Status == stateEnabled
		c.Enabled = &on
	}
	if now.Expires != after.Expires {
		at := after.expiry()
		c.Expires = &at
	}
	switch {
	case sameDocument(now.Policy, after.Policy):
	case !hasDocument(after.Policy):
		c.Policy = admin.InheritPolicy()
	default:
		if d, err := iam.Parse(after.Policy); err == nil {
			c.Policy = d.JSON()
		}
	}
	return c
}
