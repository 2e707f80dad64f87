// Package rustfs is the command tree of kubectl rustfs, one file per command:
// "kubectl rustfs bucket create" is in bucket_create.go.
package rustfs

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

// Program is the executable kubectl-rustfs.
func Program() cli.Program {
	return cli.Program{Name: "kubectl-rustfs", Display: "kubectl rustfs", New: New}
}

// plugin is what all commands share.
type plugin struct {
	*cli.UI
	kubeFlags *genericclioptions.ConfigFlags
	where     whereFlags

	showEquivalent bool

	kube   cli.Connect[*kube.Client]
	target cli.Connect[*target]
}

// New builds the command tree.
func New(u *cli.UI) *cobra.Command {
	root := &cobra.Command{
		Short: "Look after a RustFS server inside the cluster",
		Long: "Look after the buckets, users and access keys of a RustFS server inside the cluster, with nothing but a kubeconfig: the\n" +
			"server is found by its pods, its root key by following the pod spec, and its API is reached through the Kubernetes\n" +
			"API, without a listener.\n\n" +
			"A server outside the cluster is reached with --endpoint; another key than root's is given with --access-key, its\n" +
			"secret in the variable RUSTFS_SECRET_KEY or in --secret-key-file, never on the command line.\n\n" + cli.ExitHelp(""),
		Example: `  # What is there, and is it well?
  kubectl rustfs status

  # The buckets
  kubectl rustfs bucket ls`,
	}
	p := &plugin{UI: u, kubeFlags: u.AddKubeFlags(root)}
	p.where.add(root)
	u.Check(p.where.checkServer)
	root.PersistentFlags().BoolVar(&p.showEquivalent, "show-equivalent", false, "Say on stderr which mc, rc or aws command would do the same")
	p.kube = cli.Once(p.connectKube)
	p.target = cli.Once(p.connectTarget)
	p.complete(root)
	for _, family := range [][]*cobra.Command{
		serverCommands(p), bridgeCommands(p), bucketCommands(p), objectCommands(p), iamCommands(p), answerCommands(p), declaredCommands(p),
	} {
		root.AddCommand(family...)
	}
	return root
}
