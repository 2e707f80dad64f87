package rustfs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/serverenv"
)

type config struct {
	*plugin
	all bool
}

// configView is one setting as it is printed; never a secret.
type configView struct {
	Metadata cli.Meta `json:"metadata"` // RUSTFS_ADDRESS, or scanner.speed
	Source   string   `json:"source"`
	Value    string   `json:"value"`
	Origin   string   `json:"origin"`
	Loses    []string `json:"overrides,omitempty"` // other settings of it, which lose
	Note     string   `json:"note,omitempty"`
}

// Where settings are from.
const (
	fromEnvironment = "environment"
	fromArguments   = "arguments"
	fromDefault     = "default"
	fromStore       = "stored"
)

func newConfig(p *plugin) *cobra.Command {
	o := &config{plugin: p}
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the server's configuration, and where each value is from",
		Long: "Show what a server is configured with: the variables of its container as the kubelet makes them, with the ConfigMap,\n" +
			"Secret or literal that each is from and what it overrides; its arguments; what holds where nothing is set; and what the\n" +
			"server keeps in its own store. Names that were replaced or that no server reads are marked.\n\n" +
			"Secrets are never shown, only how long they are. Scopes of the store that are switched off are left out without --all.\n\n" +
			cli.ExitHelp(""),
		Example: `  # All of it
  kubectl rustfs config

  # Also what is switched off, with everything that was overridden
  kubectl rustfs config --all -o wide

  # The address that the server listens on
  kubectl rustfs config -o jsonpath='{.items[?(@.metadata.name=="RUSTFS_ADDRESS")].value}'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "Also scopes of the server's store that are switched off, and empty values")
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *config) run(ctx context.Context) error {
	var views []configView
	if o.where.endpoint == "" {
		var err error
		if views, err = o.container(ctx); err != nil {
			return err
		}
	}
	stored, err := o.stored(ctx, views)
	if err != nil {
		return err
	}
	return cli.Print(o.UI, cli.List[configView]{Kind: "Setting", Items: append(views, stored...), Columns: configColumns(), Empty: "Nothing is configured."})
}

// container is what the pod's spec configures.
func (o *config) container(ctx context.Context) ([]configView, error) {
	k, err := o.kube(ctx)
	if err != nil {
		return nil, err
	}
	s, err := k.FindServer(ctx, o.where.server)
	if err != nil {
		return nil, err
	}
	variables, unread, err := k.EnvOfServer(s).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range unread {
		o.Warnf("not looked at: %s", u)
	}
	views := make([]configView, 0, len(variables))
	for _, v := range variables {
		if serverenv.Ours(v.Name) || alsoShown(v.Name) {
			views = append(views, variableView(v))
		}
	}
	if args := s.Args(); len(args) > 0 {
		views = append(views, configView{
			Metadata: cli.Meta{Name: "command"}, Source: fromArguments, Value: strings.Join(maskArgs(args), " "), Origin: "command and args of container " + s.Container,
		})
	}
	for _, d := range serverenv.Defaults() {
		if !slices.ContainsFunc(variables, func(v kube.Variable) bool { return v.Name == d.Name }) && (d.Value != "" || o.all) {
			views = append(views, configView{Metadata: cli.Meta{Name: d.Name}, Source: fromDefault, Value: d.Value, Origin: "RustFS 1.0.1, where nothing is set"})
		}
	}
	return views, nil
}

// alsoShown are variables of others that change what a server does.
func alsoShown(name string) bool {
	return slices.Contains([]string{"RUST_LOG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "TZ"}, strings.ToUpper(name))
}

func variableView(v kube.Variable) configView {
	in := v.InForce()
	view := configView{Metadata: cli.Meta{Name: v.Name}, Source: fromEnvironment, Value: shownValue(in), Origin: in.Origin}
	for _, lost := range v.Set[:len(v.Set)-1] {
		view.Loses = append(view.Loses, shownValue(lost)+" from "+lost.Origin)
	}
	if n, ok := serverenv.NoteOn(v.Name); ok {
		view.Note = noteText(n)
	}
	return view
}

func noteText(n serverenv.Note) string {
	text := "deprecated"
	if n.Unknown {
		text = "unknown"
	}
	text += ": " + n.Why
	switch {
	case n.Instead == "":
	case n.Unknown:
		text += "; did you mean " + n.Instead + "?"
	default:
		text += "; use " + n.Instead
	}
	return text
}

// shownValue is a value without what must not be seen.
func shownValue(v kube.Value) string {
	switch {
	case v.Unknown != "":
		return "<" + v.Unknown + ">"
	case !v.Secret.Empty() || serverenv.Secret(v.Name):
		return secretCell(len([]rune(v.Text())))
	}
	return serverenv.Shown(v.Plain)
}

func secretCell(n int) string {
	if n == 0 {
		return ""
	}
	return "<secret, " + cli.Plural(int64(n), "character") + ">"
}

// maskArgs hides the values of arguments that are secrets, in both ways to
// write them.
func maskArgs(args []string) []string {
	out := slices.Clone(args)
	for i, a := range args {
		name, value, joined := strings.Cut(a, "=")
		secret := strings.HasPrefix(name, "-") && serverenv.Secret(name)
		switch {
		case secret && joined:
			out[i] = name + "=" + secretCell(len([]rune(value)))
		case secret && i+1 < len(args):
			out[i+1] = secretCell(len([]rune(args[i+1])))
		case !secret && out[i] == a:
			out[i] = serverenv.Shown(a)
		}
	}
	return out
}

// stored is what the server keeps itself. A server that cannot be asked is no
// end of the rest.
func (o *config) stored(ctx context.Context, environment []configView) ([]configView, error) {
	t, err := o.target(ctx)
	var settings []admin.Setting
	if err == nil {
		settings, err = t.admin.Settings(ctx)
	}
	if err != nil {
		if ctx.Err() != nil || o.where.endpoint != "" {
			return nil, err
		}
		reason := err.Error()
		if admin.IsMissingRoute(err) {
			reason = "this version does not tell"
		}
		o.Warnf("not looked at: what the server keeps in its own store (%s)", reason)
		return nil, nil
	}
	off := map[string]bool{}
	for _, s := range settings {
		if s.Key == "enable" && s.Value == "off" {
			off[s.Scope] = true
		}
	}
	var views []configView
	for _, s := range settings {
		if !o.all && (off[s.Scope] || s.Value == "") {
			continue
		}
		views = append(views, storedView(s, environment))
	}
	return views, nil
}

// storedView is one key of the store. A variable of the same meaning goes
// before it.
func storedView(s admin.Setting, environment []configView) configView {
	v := configView{Metadata: cli.Meta{Name: s.Scope + "." + s.Key}, Source: fromStore, Value: serverenv.Shown(s.Value), Origin: "the server's store, or its default"}
	if serverenv.Secret(s.Key) && s.Value != "" {
		v.Value = secretCell(len([]rune(s.Value)))
	}
	scope, instance, several := strings.Cut(s.Scope, ":")
	name := serverenv.Prefix + strings.ToUpper(scope+"_"+s.Key)
	if several {
		name += "_" + strings.ToUpper(instance)
	}
	for _, e := range environment {
		if e.Metadata.Name == name && e.Source == fromEnvironment {
			v.Loses = []string{v.Value + " from " + v.Origin}
			v.Value, v.Origin = e.Value, fmt.Sprintf("variable %s, which goes before the store", name)
		}
	}
	return v
}

func configColumns() []cli.Column[configView] {
	return []cli.Column[configView]{
		{Name: "Name", Value: func(v configView) string { return v.Metadata.Name }},
		{Name: "Value", Value: func(v configView) string { return v.Value }},
		{Name: "Source", Value: func(v configView) string { return v.Source }},
		{Name: "Origin", Value: func(v configView) string { return v.Origin }},
		{Name: "Note", Value: func(v configView) string {
			if len(v.Loses) > 0 && v.Note == "" {
				return "overrides " + cli.Plural(int64(len(v.Loses)), "other setting")
			}
			return v.Note
		}},
		{Name: "Overrides", Wide: true, Value: func(v configView) string { return orNone(strings.Join(v.Loses, "; ")) }},
	}
}
