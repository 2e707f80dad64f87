package cli

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// AddKubeFlags gives root kubectl's own flags (--kubeconfig, --context, -n, …)
// and returns what they say. --server, the address of the API server, is left
// out: it names a RustFS server here, and contexts name API servers.
func (u *UI) AddKubeFlags(root *cobra.Command) *genericclioptions.ConfigFlags {
	f := genericclioptions.NewConfigFlags(true)
	f.APIServer = nil
	u.wrapKube(f)
	f.AddFlags(root.PersistentFlags())
	return f
}

// AddKubeCompanionFlags gives root the three flags by which a companion of
// talosctl, whose letters mean Talos' things, still finds a cluster.
func (u *UI) AddKubeCompanionFlags(root *cobra.Command) *genericclioptions.ConfigFlags {
	f := genericclioptions.NewConfigFlags(true)
	u.wrapKube(f)
	fs := root.PersistentFlags()
	fs.StringVar(f.KubeConfig, "kubeconfig", "", "Path to the kubeconfig file")
	fs.StringVar(f.Context, "kube-context", "", "The kubeconfig context to use")
	fs.StringVar(f.Namespace, "namespace", "", "The Kubernetes namespace to look in")
	fs.StringVar(f.Timeout, "request-timeout", "0", "How long to wait for a single answer of the Kubernetes API; 0 means no limit")
	return f
}

// wrapKube sets what every request to the API server carries, once.
func (u *UI) wrapKube(f *genericclioptions.ConfigFlags) {
	u.Check(func() error {
		if _, err := clientcmd.ParseTimeout(*f.Timeout); err != nil {
			return Usagef("--request-timeout: %q is no time", *f.Timeout).WithHint("for example: --request-timeout 10s")
		}
		return nil
	})
	f.WrapConfigFn = func(c *rest.Config) *rest.Config {
		c.UserAgent = u.program.Name + "/" + Version()
		c.QPS, c.Burst = 50, 300 // as kubectl: a command is not a controller
		c.WarningHandler = rest.NewWarningWriter(u.ErrOut, rest.WarningWriterOptions{
			Deduplicate: true, Color: printers.AllowsColorOutput(u.ErrOut),
		})
		return c
	}
}
