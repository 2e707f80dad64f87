package rustfs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketEncryptionGet(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "get [NAME...]",
		Short:             "Show how buckets encrypt new objects",
		Long:              "Show how buckets encrypt new objects where nobody says otherwise. Without a name, of all buckets.\n\n" + cli.ExitHelp(""),
		Example:           "  # Of all buckets\n  kubectl rustfs bucket encryption get",
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return p.getEncryption(c.Context(), args) },
	}
	p.AddPrintFlags(cmd)
	return cmd
}

func (p *plugin) getEncryption(ctx context.Context, names []string) error {
	for _, n := range names {
		p.equivalent("mc", "encrypt", "info", "rustfs/"+n)
	}
	views, err := ofBuckets(ctx, p, names, func(ctx context.Context, t *target, name string) (settingView, error) {
		v := newSettingView(name)
		e, err := t.s3.DefaultEncryption(ctx, name)
		v.Encryption = e
		return v, err
	})
	if err != nil {
		return err
	}
	return p.printSettings(views, names, settingColumns("Encryption", func(v settingView) string { return orNone(encryptionWords(v.Encryption)) }))
}
