package etcdbackup

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/seal"
)

// The variables that identities may come from.
const (
	identityEnv     = "ETCDBACKUP_IDENTITY"      // the identity itself
	identityFileEnv = "ETCDBACKUP_IDENTITY_FILE" // a file
)

// identityFlags say which private keys open the backups.
type identityFlags struct {
	files   []string
	secrets []string
}

func (f *identityFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&f.files, "identity", "i", nil, "File with the age identity (private key) that opens the backups; may be repeated")
	cmd.Flags().StringArrayVar(&f.secrets, "identity-secret", nil, "Secret with the identity, [NAMESPACE/]NAME[:KEY]; may be repeated")
}

const identityHelp = "The age identity comes from --identity FILE (an age key file, also one locked with a passphrase, or an SSH key), from\n" +
	"--identity-secret, or from the variables " + identityFileEnv + " (a file) or " + identityEnv + " (the identity itself)."

// identities reads all identities that were named, in that order. None is no
// error: a backup may not be encrypted.
func (p *plugin) identities(ctx context.Context) ([]seal.Identity, error) {
	ask := func(prompt string) (string, error) { return p.Passphrase(ctx, prompt) }
	files := p.keys.files
	if len(files) == 0 && len(p.keys.secrets) == 0 {
		if f := os.Getenv(identityFileEnv); f != "" {
			files = []string{f}
		}
	}
	var all []seal.Identity
	for _, name := range files {
		ids, err := readIdentityFile(name, ask)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	for _, ref := range p.keys.secrets {
		ids, err := p.identitySecret(ctx, ref, ask)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	if text := os.Getenv(identityEnv); text != "" && len(all) == 0 {
		return seal.ParseIdentities(strings.NewReader(text), "$"+identityEnv, ask)
	}
	return all, nil
}

func readIdentityFile(name string, ask func(string) (string, error)) ([]seal.Identity, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &cli.UsageError{Err: fmt.Errorf("--identity: %w", err), HintText: "give the file that age-keygen wrote"}
	}
	defer f.Close() //nolint:errcheck // it was only read
	return seal.ParseIdentities(f, name, ask)
}

func (p *plugin) identitySecret(ctx context.Context, ref string, ask func(string) (string, error)) ([]seal.Identity, error) {
	name, key, _ := strings.Cut(ref, ":")
	k, err := p.kube(ctx)
	if err != nil {
		return nil, err
	}
	text, where, err := k.SecretValue(ctx, name, key)
	if err != nil {
		return nil, fmt.Errorf("--identity-secret %s: %w", ref, err)
	}
	return seal.ParseIdentities(strings.NewReader(text.Reveal()), where, ask)
}
