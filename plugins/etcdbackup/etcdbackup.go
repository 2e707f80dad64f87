// Package etcdbackup is the command tree of kubectl etcdbackup and of its
// companion talosctl-etcdbackup, one file per command: "kubectl etcdbackup
// run" is in run.go.
package etcdbackup

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

// Program is the executable kubectl-etcdbackup.
func Program() cli.Program {
	return cli.Program{Name: "kubectl-etcdbackup", Display: "kubectl etcdbackup", New: func(u *cli.UI) *cobra.Command { return newRoot(u, kubectlFlavour) }}
}

// Companion is the executable talosctl-etcdbackup: the same commands with
// talosctl's flag names, for the hour when there is no Kubernetes API.
// talosctl itself has no plugins.
func Companion() cli.Program {
	return cli.Program{Name: "talosctl-etcdbackup", Display: "talosctl-etcdbackup", New: func(u *cli.UI) *cobra.Command { return newRoot(u, talosctlFlavour) }}
}

// flavour says whose flag names the program has.
type flavour int

const (
	kubectlFlavour flavour = iota
	talosctlFlavour
)

// plugin is what all commands share.
type plugin struct {
	*cli.UI
	kubeFlags *genericclioptions.ConfigFlags
	where     whereFlags
	talos     talosFlags
	keys      identityFlags

	kube    cli.Connect[*kube.Client]
	archive cli.Connect[*archive]
}

func newRoot(u *cli.UI, f flavour) *cobra.Command {
	root := &cobra.Command{
		Short: "Take, prove and restore etcd backups of a Talos cluster",
		Long: "Take etcd backups by starting the talos-backup CronJob's Job, list and prove the encrypted snapshots in S3, and recover a\n" +
			"Talos control plane from one through the Talos API.\n\n" +
			"Where the backups are (endpoint, bucket, prefix, key) is read from the CronJob. Flags override each of it, so that\n" +
			"everything but run works while the Kubernetes API is down: --endpoint, --bucket, and the key in the variables\n" +
			"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.\n\n" + cli.ExitHelp(""),
		Example: examples(u, `  # Take a backup now and prove it
  {} run --wait --verify --identity age.key

  # What is there?
  {} list

  # The control plane is lost: get it back
  {} restore latest --nodes 10.5.0.2 --identity age.key`),
	}
	p := &plugin{UI: u}
	if f == talosctlFlavour {
		p.kubeFlags = u.AddKubeCompanionFlags(root)
	} else {
		p.kubeFlags = u.AddKubeFlags(root)
	}
	p.where.add(root)
	p.talos.add(root, f)
	p.kube = cli.Once(p.connectKube)
	p.archive = cli.Once(p.connectArchive)
	root.AddCommand(newRun(p), newList(p), newVerify(p), newFetch(p), newRestore(p))
	return root
}
