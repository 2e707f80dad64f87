package rustfs

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// profileFlags make a policy out of a profile and what it is for.
type profileFlags struct {
	profile string
	buckets []string
	prefix  string
}

func (f *profileFlags) flags(p *plugin, cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.profile, "profile", "", "Rights by name, as policy profile ls shows them")
	cmd.Flags().StringSliceVarP(&f.buckets, "bucket", "b", nil, "Bucket that the rights are on; may be repeated")
	cmd.Flags().StringVar(&f.prefix, "prefix", "", "Narrow the rights to keys that begin so, for example logs/")
	completeFlag(cmd, "profile", completeProfiles)
	completeFlag(cmd, "bucket", p.completeBuckets)
}

// completeProfiles offers the names of profiles with what they are for.
func completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, p := range iam.Profiles() {
		out = append(out, p.Name+"\t"+p.Short)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// given tells whether any of the flags was used.
func (f *profileFlags) given() bool { return f.profile != "" || len(f.buckets) > 0 || f.prefix != "" }

// scope checks what the rights are for. A bucket named twice counts once.
func (f *profileFlags) scope() (iam.Scope, error) {
	s := iam.Scope{Prefix: f.prefix}
	if len(f.buckets) == 0 {
		return s, cli.Usagef("--bucket is missing").WithHint("name what the rights are on: --bucket BUCKET")
	}
	for _, b := range f.buckets {
		if err := bucket.ValidateName(b); err != nil {
			return s, usage(fmt.Errorf("--bucket: %w", err))
		}
		if !slices.Contains(s.Buckets, b) {
			s.Buckets = append(s.Buckets, b)
		}
	}
	if err := iam.ValidatePrefix(f.prefix); err != nil {
		return s, usage(fmt.Errorf("--prefix: %w", err))
	}
	return s, nil
}

// read is the profile and its scope.
func (f *profileFlags) read() (iam.Profile, iam.Scope, error) {
	if f.profile == "" {
		return iam.Profile{}, iam.Scope{}, cli.Usagef("--profile is missing").WithHint("see the names with: kubectl rustfs policy profile ls")
	}
	p, err := iam.ProfileNamed(f.profile)
	if err != nil {
		return p, iam.Scope{}, usage(fmt.Errorf("--profile: %w", err))
	}
	s, err := f.scope()
	return p, s, err
}

// document is the policy that the flags ask for.
func (f *profileFlags) document() (iam.Document, error) {
	p, s, err := f.read()
	if err != nil {
		return iam.Document{}, err
	}
	return p.Document(s), nil
}
