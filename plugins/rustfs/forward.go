package rustfs

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

// listen is a forward to one port of the server: the S3 API or the console.
type listen struct {
	*plugin
	port            int
	showCredentials bool

	podPort func(kube.Endpoint) (int, error)
	urlPath string
	what    string
}

func newForward(p *plugin) *cobra.Command {
	o := &listen{plugin: p, what: "S3 and admin API", podPort: func(e kube.Endpoint) (int, error) { return e.Port, nil }}
	cmd := &cobra.Command{
		Use:   "forward",
		Short: "Open the server's S3 API on this machine until interrupted",
		Long: "Listen on 127.0.0.1 and carry connections to the server's S3 and admin API, until interrupted. For other programs; the\n" +
			"commands of this plugin need no listener. The key to use is only shown on --show-credentials.\n\n" + cli.ExitHelp(""),
		Example: `  # On a random port
  kubectl rustfs forward

  # On port 9000, with the key
  kubectl rustfs forward --port 9000 --show-credentials`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.flags(cmd)
	return cmd
}

func (o *listen) flags(cmd *cobra.Command) {
	cmd.Flags().IntVar(&o.port, "port", 0, "Port on 127.0.0.1; 0 takes a free one")
	cmd.Flags().BoolVar(&o.showCredentials, "show-credentials", false, "Print the access key and its secret")
}

func (o *listen) run(ctx context.Context) error {
	if o.port < 0 || o.port > 65535 {
		return cli.Usagef("--port %d: not a port", o.port)
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	if t.server == nil {
		return cli.Usagef("--endpoint is reached directly; there is nothing to forward").WithHint("open %s", t.url.Redacted())
	}
	port, err := o.podPort(t.endpoint)
	if err != nil {
		return err
	}
	k, err := o.kube(ctx)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)))
	if err != nil {
		return cli.Hintf(err, "choose another port, or leave --port out")
	}
	if _, err := fmt.Fprintf(o.Out, "%s://%s%s\n", t.url.Scheme, l.Addr(), o.urlPath); err != nil {
		return err
	}
	if o.showCredentials {
		if _, err := fmt.Fprintf(o.Out, "access key: %s\nsecret key: %s\n", t.credential.AccessKey, t.credential.SecretKey.Reveal()); err != nil {
			return err
		}
	} else {
		o.Remarkf("log in with the key from %s (--show-credentials prints it)", t.credential.Origin)
	}
	o.Remarkf("%s of %s until interrupted (ctrl-C)", o.what, t.name())
	to := kube.PodPort{Namespace: t.endpoint.Namespace, Pod: t.endpoint.Pod, Port: port}
	if err := k.Forward(ctx, l, to, func(err error) { o.Warnf("%v", err) }); err != nil {
		return err
	}
	return ctx.Err()
}
