package rustfs

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// handout is where a new secret goes: to stdout, once, or into a Secret.
type handout struct {
	showOnce bool
	toSecret string

	namespace, name string // of the Secret
}

// owner is how Secrets that this plugin makes are labelled.
const owner = "kubectl-rustfs"

func (h *handout) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&h.showOnce, "show-once", false, "Print the secret; nothing can show it again")
	cmd.Flags().StringVar(&h.toSecret, "to-secret", "", "Write the key into the Secret NAMESPACE/NAME, as access-key and secret-key")
}

// check refuses contradictions before anything is sent. Without a place to
// go, a generated secret would be lost.
func (h *handout) check(p *plugin, generated bool) error {
	switch {
	case h.showOnce && h.toSecret != "":
		return cli.Usagef("--show-once and --to-secret name two places for the secret").WithHint("use one of them")
	case h.showOnce && p.NamesOnly():
		return cli.Usagef("--show-once shows no secret with -o name").WithHint("use another format, or --to-secret NAMESPACE/NAME")
	case generated && !h.showOnce && h.toSecret == "":
		return cli.Usagef("the secret that is going to be generated needs a place to go").
			WithHint("add --to-secret NAMESPACE/NAME, or --show-once to print it")
	case h.toSecret == "":
		return nil
	}
	var err error
	h.namespace, h.name, err = secretName("--to-secret", h.toSecret)
	return err
}

// rehearse lets the API server say whether it would take the Secret, so that
// no key is made that cannot be kept.
func (h *handout) rehearse(ctx context.Context, p *plugin, accessKey string) error {
	replaced, err := h.write(ctx, p, accessKey, secret.Value{}, true)
	if err == nil && replaced != "" && replaced != accessKey {
		p.Warnf("Secret %s holds access key %s, whose secret goes with it", h.toSecret, replaced)
	}
	return err
}

// keep writes the Secret.
func (h *handout) keep(ctx context.Context, p *plugin, accessKey string, s secret.Value) error {
	if _, err := h.write(ctx, p, accessKey, s, false); err != nil {
		return err
	}
	if h.toSecret != "" {
		p.Remarkf("Secret %s holds the key as access-key and secret-key", h.toSecret)
	}
	return nil
}

func (h *handout) write(ctx context.Context, p *plugin, accessKey string, s secret.Value, rehearse bool) (replaced string, err error) {
	if h.toSecret == "" {
		return "", nil
	}
	k, err := p.kube(ctx)
	if err != nil {
		return "", err
	}
	return k.WriteKeySecret(ctx, kube.KeySecret{Namespace: h.namespace, Name: h.name, Owner: owner, AccessKey: accessKey, SecretKey: s}, rehearse)
}

// credentialsView is a key with its secret, for the one time it is shown.
type credentialsView struct {
	AccessKey string `json:"accessKey"`
	SecretKey string `json:"secretKey"`
}

// view is what -o shows of the secret: nothing, unless it is asked for.
func (h *handout) view(p *plugin, accessKey string, s secret.Value) *credentialsView {
	if !h.showOnce || p.Rehearsing() != cli.DryRunNone {
		return nil
	}
	return &credentialsView{AccessKey: accessKey, SecretKey: s.Reveal()}
}

// print shows the secret below the line that says what was made.
func (h *handout) show(p *plugin, v *credentialsView) error {
	if v == nil || !p.TableOutput() {
		return nil
	}
	_, err := fmt.Fprintf(p.Out, "access key: %s\nsecret key: %s\n", v.AccessKey, v.SecretKey)
	return err
}
