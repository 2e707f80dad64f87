package rustfs

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

type policyProfileLs struct{ *plugin }

func newPolicyProfileLs(p *plugin) *cobra.Command {
	o := &policyProfileLs{p}
	cmd := &cobra.Command{
		Use:     "ls [NAME...]",
		Aliases: []string{"list", "get"},
		Short:   "List the profiles",
		Long:    "List the profiles and whom they are for; -o wide shows their actions. No server is asked.\n\n" + cli.ExitHelp(""),
		Example: `  # All profiles
  kubectl rustfs policy profile ls`,
		ValidArgsFunction: completeProfiles,
		RunE:              func(_ *cobra.Command, args []string) error { return o.run(args) },
	}
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *policyProfileLs) run(names []string) error {
	profiles, err := named(iam.Profiles(), names, func(p iam.Profile) string { return p.Name }, noSuchProfile)
	if err != nil {
		return err
	}
	var views []profileView
	for _, p := range profiles {
		views = append(views, newProfileView(p))
	}
	return cli.Print(o.UI, cli.List[profileView]{Kind: "Profile", Items: views, Columns: []cli.Column[profileView]{
		{Name: "Name", Value: func(v profileView) string { return v.Metadata.Name }},
		{Name: "For", Value: func(v profileView) string { return v.Short }},
		{Name: "Actions", Wide: true, Value: func(v profileView) string { return strings.Join(v.Actions, ",") }},
	}})
}
