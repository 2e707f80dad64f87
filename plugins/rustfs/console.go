package rustfs

import (
	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

func newConsole(p *plugin) *cobra.Command {
	o := &listen{plugin: p, what: "console", urlPath: "/rustfs/console/", podPort: func(e kube.Endpoint) (int, error) {
		if e.ConsolePort == 0 {
			return 0, cli.Hintf(&consoleOffError{e.Namespace + "/" + e.Pod}, "set RUSTFS_CONSOLE_ENABLE=true in the server's environment")
		}
		return e.ConsolePort, nil
	}}
	cmd := &cobra.Command{
		Use:   "console",
		Short: "Open the server's web console on this machine until interrupted",
		Long: "Listen on 127.0.0.1 and carry connections to the server's web console, until interrupted. No ingress, tunnel or second\n" +
			"login is needed. The key to log in with is only shown on --show-credentials.\n\n" + cli.ExitHelp(""),
		Example: `  # Print the URL to open in a browser
  kubectl rustfs console

  # With the key to log in
  kubectl rustfs console --show-credentials`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.flags(cmd)
	return cmd
}

type consoleOffError struct{ pod string }

func (e *consoleOffError) Error() string { return "pod " + e.pod + " runs without a console" }
