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
		Short: "Look after a RustFS server inside the cluster: buckets, objects, users and keys",
		Long: "Look after a RustFS server inside the cluster, with nothing but a kubeconfig: its health, its buckets and what is in\n" +
			"them, its users, groups, policies and access keys. Give a program access in one act, ask who may do what, keep the\n" +
			"server's state in a repository, save it and bring it back, or run mc, aws and others against it.\n\n" +
			"The server is found by its pods: the only one in the namespace in use, else the only one in the cluster, else the one\n" +
			"that --server names. Its root key is found by following the pod spec, and its API is reached through the Kubernetes\n" +
			"API, without a listener. A server outside the cluster is reached with --endpoint; another key than root's is given\n" +
			"with --access-key, its secret in the variable RUSTFS_SECRET_KEY or in --secret-key-file, never on the command line.\n\n" +
			cli.ExitHelp("looked, and found what one does not hope for, where the command's own help names it"),
		Example: `  # What is there, is it well, and what is wrong?
  kubectl rustfs status
  kubectl rustfs doctor

  # The buckets, and what is in one
  kubectl rustfs bucket ls
  kubectl rustfs ls photos/

  # Access for a program: bucket, policy, user and key, straight into a Secret
  kubectl rustfs grant loki --profile loki --bucket loki-chunks --secret monitoring/loki-s3

  # May it?
  kubectl rustfs can PutObject loki-chunks/a --as user/loki`,
	}
	p := &plugin{UI: u, kubeFlags: u.AddKubeFlags(root)}
	p.where.add(root)
	u.Check(p.where.checkServer)
	root.PersistentFlags().BoolVar(&p.showEquivalent, "show-equivalent", false, "Say on stderr which mc, rc or aws command would do the same")
	p.kube = cli.Once(p.connectKube)
	p.target = cli.Once(p.connectTarget)
	p.complete(root)
	for _, f := range families(p) {
		root.AddGroup(&cobra.Group{ID: f.id, Title: f.title})
		for _, c := range f.commands {
			c.GroupID = f.id
		}
		root.AddCommand(f.commands...)
	}
	return root
}
