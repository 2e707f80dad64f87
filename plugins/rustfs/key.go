package rustfs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func newKey(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "key",
		Aliases: []string{"keys"},
		Short:   "List, create, describe, edit, enable, disable and delete access keys",
		Long: "List, create, describe, edit, enable, disable and delete access keys: keys beside a user's own, with the user's rights\nor less.\n\n" +
			cli.ExitHelp(""),
		Example: "  # The keys of all users\n  kubectl rustfs key ls",
	}
	cmd.AddCommand(newKeyLs(p), newKeyDescribe(p), newKeyCreate(p), newKeyEdit(p), newKeyDelete(p), newKeyEnable(p), newKeyDisable(p))
	return cmd
}

// keyView is an access key as it is printed.
type keyView struct {
	Metadata    cli.Meta         `json:"metadata"`
	User        string           `json:"user,omitempty"`
	Status      string           `json:"status,omitempty"`
	Rights      string           `json:"rights,omitempty"` // "user" or "policy"
	Name        string           `json:"name,omitempty"`
	Description string           `json:"description,omitempty"`
	Expires     *metav1.Time     `json:"expires,omitempty"`
	Document    json.RawMessage  `json:"document,omitempty"`    // in force
	Credentials *credentialsView `json:"credentials,omitempty"` // only of a new key, with --show-once
}

func newKeyView(k admin.Key) keyView {
	v := keyView{
		Metadata: cli.Meta{Name: k.AccessKey}, User: k.Parent, Status: state(k.Enabled), Rights: "user", Name: k.Name,
		Description: k.Description, Expires: stamp(k.Expires), Document: k.Policy,
	}
	if k.Own {
		v.Rights = "policy"
	}
	return v
}

func keyColumns(now time.Time) []cli.Column[keyView] {
	return []cli.Column[keyView]{
		{Name: "Access-Key", Value: func(k keyView) string { return k.Metadata.Name }},
		{Name: "User", Value: func(k keyView) string { return orUnknown(k.User) }},
		{Name: "Status", Value: func(k keyView) string { return k.Status }},
		{Name: "Rights", Value: func(k keyView) string { return k.Rights }},
		{Name: "Expires", Value: func(k keyView) string { return k.expiry(now) }},
		{Name: "Name", Value: func(k keyView) string { return orNone(k.Name) }},
		{Name: "Description", Wide: true, Value: func(k keyView) string { return orNone(k.Description) }},
	}
}

// expiry is "never", "in 5d" or "5d ago".
func (k keyView) expiry(now time.Time) string {
	switch {
	case k.Expires == nil:
		return "never"
	case k.Expires.After(now):
		return "in " + cli.Age(now, k.Expires.Time)
	}
	return cli.Age(k.Expires.Time, now) + " ago"
}

// line is a key in a few words, for the page of its user.
func (k keyView) line() string {
	s := k.Metadata.Name + " (" + k.Status + ", expires " + k.expiry(time.Now()) + ")"
	if k.Name != "" {
		s += " " + k.Name
	}
	return s
}

// keyStatus is the work of key enable and key disable.
type keyStatus struct {
	*plugin
	enable bool
}

func (o *keyStatus) run(ctx context.Context, keys []string) error {
	return o.each(ctx, iam.Key, keys, o.set)
}

func (o *keyStatus) set(ctx context.Context, t *target, name string) error {
	k, err := t.admin.Key(ctx, name)
	if err != nil {
		return found(err, iam.Key, name)
	}
	verb := "unchanged"
	if k.Enabled != o.enable {
		verb = state(o.enable)
		if o.Rehearsing() == cli.DryRunNone {
			if err := t.admin.SetKeyStatus(ctx, name, o.enable); err != nil {
				return found(err, iam.Key, name)
			}
		}
	}
	k.Enabled = o.enable
	return cli.Report(o.UI, "Key", name, verb, newKeyView(k))
}
