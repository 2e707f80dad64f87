package talos

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
)

// Options are what a person said on the command line; all may be empty.
type Options struct {
	// Talosconfig is the path of the configuration file.
	Talosconfig string
	// Context is the name of a context in it.
	Context string
	// Nodes and Endpoints replace those of the context.
	Nodes, Endpoints []string
}

// Config is one context of a talosconfig. It prints without its keys.
type Config struct {
	// Path is the file it was read from.
	Path string
	// Context is the context's name, Cluster the cluster it names, if any.
	Context, Cluster string
	// Endpoints are the addresses to dial, Nodes those the requests are for.
	Endpoints, Nodes []string
	// Credentials are what the client certificate says.
	Credentials Credentials

	pinned bool // endpoints were given by hand and are not replaced by the node
	file   *clientconfig.Config
}

// String names the file and the context.
func (c *Config) String() string { return fmt.Sprintf("talosconfig %s, context %s", c.Path, c.Context) }

// GoString is String: the keys never print.
func (c *Config) GoString() string { return c.String() }

// Load reads the talosconfig as talosctl does, with two differences: it never
// creates a file, and a TALOSCONFIG that names a missing file is an error
// instead of a silent step to another cluster. The order is o.Talosconfig,
// $TALOSCONFIG, $TALOS_HOME/config or home/.talos/config, and the file a Talos
// ServiceAccount mounts. The first that exists counts; nothing is merged.
//
// env reads an environment variable; home may be empty. The error is a
// [*ConfigError].
func Load(o Options, env func(string) string, home string) (*Config, error) {
	path, err := find(o, env, home)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &ConfigError{Path: path, Reason: cause(err), HintText: "check the file's permissions"}
	}
	file, err := parse(data)
	if err != nil {
		return nil, &ConfigError{Path: path, Reason: "not a talosconfig" + lineOf(err), HintText: "`talosctl config info --talosconfig FILE` reads one"}
	}
	return choose(file, path, o)
}

func choose(file *clientconfig.Config, path string, o Options) (*Config, error) {
	names := slices.Sorted(maps.Keys(file.Contexts))
	name := file.Context
	if o.Context != "" {
		name = o.Context
	}
	ctx := file.Contexts[name]
	switch {
	case len(names) == 0:
		return nil, &ConfigError{Path: path, Reason: "it has no contexts", HintText: "`talosctl config merge FILE` adds one"}
	case ctx == nil && name == "":
		return nil, &ConfigError{Path: path, Reason: "no context is selected", HintText: "choose one of " + strings.Join(names, ", ")}
	case ctx == nil:
		return nil, &ConfigError{Path: path, Reason: fmt.Sprintf("no context %q", name), HintText: "there are " + strings.Join(names, ", ")}
	}
	c := &Config{Path: path, Context: name, Cluster: ctx.Cluster, Endpoints: ctx.Endpoints, Nodes: ctx.Nodes, file: file}
	if len(o.Endpoints) > 0 {
		c.Endpoints, c.pinned = o.Endpoints, true
	}
	if len(o.Nodes) > 0 {
		c.Nodes = o.Nodes
	}
	if len(c.Endpoints) == 0 && len(c.Nodes) == 0 {
		return nil, &ConfigError{Path: path, Reason: fmt.Sprintf("context %q names neither endpoints nor nodes", name), HintText: "give --nodes with the address of a control plane node"}
	}
	var err error
	if c.Credentials, err = credentials(ctx); err != nil {
		return nil, &ConfigError{Path: path, Reason: fmt.Sprintf("context %q: %s", name, err), HintText: "get a new talosconfig for this cluster"}
	}
	return c, nil
}

// Target is the one node a restore is for.
func (c *Config) Target() (string, error) {
	switch len(c.Nodes) {
	case 1:
		return c.Nodes[0], nil
	case 0:
		return "", &ConfigError{Path: c.Path, Reason: fmt.Sprintf("context %q names no node", c.Context), HintText: "give --nodes with the address of one control plane node"}
	}
	return "", &ConfigError{Path: c.Path, Reason: fmt.Sprintf("%d nodes (%s), etcd is restored on exactly one", len(c.Nodes), strings.Join(c.Nodes, ", ")), HintText: "choose one with --nodes; the others join it by themselves"}
}
