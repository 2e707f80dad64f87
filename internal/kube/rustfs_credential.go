package kube

import (
	"context"
	"slices"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// Credential is a key pair and where it was found.
type Credential struct {
	AccessKey string
	SecretKey secret.Value
	Origin    string // "Secret rustfs/rustfs"; never a value
	Default   bool   // the built-in rustfsadmin
}

// defaultKey is RustFS' built-in access key, and its secret.
const defaultKey = "rustfsadmin"

// RootCredential follows the pod spec to the server's root key. Each half is
// looked for by itself, as the server does: an argument, the variable, a file,
// the older names, and at last RustFS' default.
// (rustfs/src/config/cli.rs and config_struct.rs at 1.0.1)
func (c *Client) RootCredential(ctx context.Context, s Server) (Credential, error) {
	l := keyLookup{env: c.EnvOf(s.Namespace, s.spec(), s.container()), args: slices.Concat(s.container().Command, s.container().Args)}
	access, _, err := l.half(ctx, "--access-key", "RUSTFS_ACCESS_KEY", "RUSTFS_ROOT_USER", "MINIO_ROOT_USER")
	if err != nil {
		return Credential{}, err
	}
	key, own, err := l.half(ctx, "--secret-key", "RUSTFS_SECRET_KEY", "RUSTFS_ROOT_PASSWORD", "MINIO_ROOT_PASSWORD")
	if err != nil {
		return Credential{}, err
	}
	return Credential{AccessKey: access.Text(), SecretKey: secret.New(key.Text()), Origin: key.Origin, Default: !own}, nil
}

// keyLookup looks where a server finds its root key.
type keyLookup struct {
	env  *Env
	args []string
}

// half finds the access key or its secret; found is false for the default.
// White space around it is the server's to cut. An empty one counts as none.
func (l keyLookup) half(ctx context.Context, flag, variable string, older ...string) (v Value, found bool, err error) {
	steps := []func() (Value, bool, error){
		func() (Value, bool, error) { return l.argument(ctx, flag) },
		func() (Value, bool, error) { return l.env.Lookup(ctx, variable) },
		func() (Value, bool, error) { return l.file(ctx, flag+"-file", l.argument) },
		func() (Value, bool, error) { return l.file(ctx, variable+"_FILE", l.env.Lookup) },
	}
	for _, name := range older {
		steps = append(steps, func() (Value, bool, error) { return l.env.Lookup(ctx, name) })
	}
	for _, step := range steps {
		v, ok, err := step()
		if err != nil {
			return Value{}, false, err
		}
		if text := strings.TrimSpace(v.Text()); ok && text != "" {
			return Value{Name: v.Name, Secret: secret.New(text), Origin: v.Origin}, true, nil
		}
	}
	return Value{Plain: defaultKey, Origin: "RustFS' built-in default"}, false, nil
}

// argument is the value of a flag on the container's command line.
func (l keyLookup) argument(ctx context.Context, flag string) (Value, bool, error) {
	word := argOf(l.args, flag)
	if word == "" {
		return Value{}, false, nil
	}
	v, err := l.env.Argument(ctx, word)
	return v, err == nil, err
}

// file reads the file that a variable or a flag names.
func (l keyLookup) file(ctx context.Context, name string, lookup func(context.Context, string) (Value, bool, error)) (Value, bool, error) {
	v, ok, err := lookup(ctx, name)
	if err != nil || !ok || v.Text() == "" {
		return Value{}, false, err
	}
	return l.env.File(ctx, name, v.Text())
}

func argOf(args []string, name string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, name+"="); ok {
			return v
		}
		if a == name && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}
