package etcdbackup

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/talos"
)

// talosFlags say which node is meant and with which talosconfig. Under
// talosctl's flavour they have talosctl's names and letters; under kubectl's
// those that do not clash with kubectl's.
type talosFlags struct {
	talosconfig string
	context     string
	nodes       []string
	endpoints   []string
}

func (t *talosFlags) add(root *cobra.Command, f flavour) {
	fs := root.PersistentFlags()
	fs.StringVar(&t.talosconfig, "talosconfig", "", "Path to the talosconfig file (default: $TALOSCONFIG, ~/.talos/config)")
	fs.StringSliceVarP(&t.endpoints, "endpoints", "e", nil, "Talos API addresses to connect to, instead of the node itself")
	if f == talosctlFlavour {
		fs.StringVar(&t.context, "context", "", "Context of the talosconfig to use")
		fs.StringSliceVarP(&t.nodes, "nodes", "n", nil, "Node to restore, the address of a control plane")
		return
	}
	fs.StringVar(&t.context, "talos-context", "", "Context of the talosconfig to use")
	fs.StringSliceVar(&t.nodes, "nodes", nil, "Node to restore, the address of a control plane")
}

// load reads the talosconfig and names the one node.
func (t *talosFlags) load() (*talos.Config, string, error) {
	for _, e := range t.endpoints {
		if strings.Contains(e, "://") {
			return nil, "", cli.Usagef("--endpoints %s: the Talos API has an address, not a URL", e).WithHint("the S3 store's URL is --endpoint")
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	cfg, err := talos.Load(talos.Options{Talosconfig: t.talosconfig, Context: t.context, Nodes: t.nodes, Endpoints: t.endpoints}, os.Getenv, home)
	if err != nil {
		return nil, "", err
	}
	node, err := cfg.Target()
	if err != nil {
		return nil, "", &cli.UsageError{Err: err}
	}
	return cfg, node, nil
}
