// Command kubectl-rustfs is the kubectl plugin "kubectl rustfs".
package main

import (
	"os"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/plugins/rustfs"
)

func main() { os.Exit(cli.Main(rustfs.Program())) }
