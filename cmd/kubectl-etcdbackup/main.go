// Command kubectl-etcdbackup takes, proves and restores etcd backups of a Talos
// cluster.
package main

import (
	"os"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/plugins/etcdbackup"
)

func main() { os.Exit(cli.Main(etcdbackup.Program())) }
