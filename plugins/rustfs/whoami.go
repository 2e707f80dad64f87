package rustfs

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type whoami struct{ *plugin }

// identityView is the caller as it is printed.
type identityView struct {
	Metadata cli.Meta        `json:"metadata"`
	User     string          `json:"user,omitempty"`
	Type     string          `json:"type,omitempty"`
	Admin    bool            `json:"admin"`
	Groups   []string        `json:"groups,omitempty"`
	Policies []string        `json:"policies,omitempty"`
	Document json.RawMessage `json:"document,omitempty"` // all policies of the user in one
	Origin   string          `json:"origin"`
	Server   string          `json:"server"`
}

func newWhoami(p *plugin) *cobra.Command {
	o := &whoami{p}
	cmd := &cobra.Command{
		Use:   "whoami",
		Short: "Show which key is in use, where it is from, and what it may do",
		Long: "Show which access key is in use, where it was found, whose it is, and which policies and groups the server knows of it.\n" +
			"It is also the quickest proof that a key works.\n\n" + cli.ExitHelp(""),
		Example: `  # The key that commands use here
  kubectl rustfs whoami

  # Does this key work?
  kubectl rustfs whoami --access-key AKIA123 --secret-key-file secret.txt`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *whoami) run(ctx context.Context) error {
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	i, err := t.admin.WhoAmI(ctx)
	if err != nil {
		return err
	}
	v := identityView{
		Metadata: cli.Meta{Name: i.AccessKey}, User: i.Account, Type: i.Type, Admin: i.Admin, Groups: i.Groups, Policies: i.Policies,
		Document: i.Policy, Origin: t.credential.Origin, Server: t.name(),
	}
	if o.HumanOutput() {
		return cli.Page(o.Out, v.fields())
	}
	return cli.Print(o.UI, cli.List[identityView]{Kind: "Identity", Items: []identityView{v}, Columns: identityColumns(), Single: true})
}

func (v identityView) fields() []cli.Field {
	return []cli.Field{
		{Name: "Access Key", Value: v.Metadata.Name},
		{Name: "From", Value: v.Origin},
		{Name: "Server", Value: v.Server},
		{Name: "User", Value: orUnknown(v.User)},
		{Name: "Type", Value: orUnknown(v.Type)},
		{Name: "Administrator", Value: yesNo(v.Admin)},
		{Name: "Groups", Value: namesCell(v.Groups)},
		{Name: "Policies", Value: namesCell(v.Policies)},
		{Name: "Rights", Value: pretty(v.Document)},
	}
}

func identityColumns() []cli.Column[identityView] {
	return []cli.Column[identityView]{
		{Name: "Access-Key", Value: func(v identityView) string { return v.Metadata.Name }},
		{Name: "User", Value: func(v identityView) string { return orUnknown(v.User) }},
		{Name: "Type", Value: func(v identityView) string { return orUnknown(v.Type) }},
		{Name: "Administrator", Value: func(v identityView) string { return yesNo(v.Admin) }},
		{Name: "Policies", Value: func(v identityView) string { return namesCell(v.Policies) }},
		{Name: "From", Wide: true, Value: func(v identityView) string { return v.Origin }},
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
