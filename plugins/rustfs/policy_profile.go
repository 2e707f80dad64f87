package rustfs

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func newPolicyProfile(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "profile",
		Aliases: []string{"profiles"},
		Short:   "Show the profiles that policies can be made of",
		Long:    "Show the profiles: rights by name, which policy put, key create and grant make into policies for buckets.\n\n" + cli.ExitHelp(""),
		Example: "  # All profiles\n  kubectl rustfs policy profile ls",
	}
	cmd.AddCommand(newPolicyProfileLs(p), newPolicyProfileDescribe(p))
	return cmd
}

// profileView is a profile as it is printed.
type profileView struct {
	Metadata cli.Meta        `json:"metadata"`
	Short    string          `json:"short"`
	Can      []string        `json:"can"`
	Cannot   []string        `json:"cannot"`
	Actions  []string        `json:"actions"`
	Document json.RawMessage `json:"document,omitempty"` // for the buckets asked for
}

func newProfileView(p iam.Profile) profileView {
	return profileView{Metadata: cli.Meta{Name: p.Name}, Short: p.Short, Can: p.Can, Cannot: p.Cannot, Actions: p.Actions()}
}

// noSuchProfile makes the error for a name that is none.
func noSuchProfile(name string) error {
	_, err := iam.ProfileNamed(name)
	return usage(err)
}
