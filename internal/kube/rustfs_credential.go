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

// RootCredential follows the pod spec to the server's root key: variables,
// files of volumes, legacy names, arguments, and at last RustFS' defaults
// (rustfs/src/config/cli.rs; precedence as in 1.0.1).
func (c *Client) RootCredential(ctx context.Context, s Server) (Credential, error) {
	env := c.EnvOf(s.Namespace, s.spec(), s.container())
	for _, names := range [][2]string{
		{"RUSTFS_ACCESS_KEY", "RUSTFS_SECRET_KEY"},
		{"RUSTFS_ACCESS_KEY_FILE", "RUSTFS_SECRET_KEY_FILE"},
		{"RUSTFS_ROOT_USER", "RUSTFS_ROOT_PASSWORD"},
		{"MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"},
	} {
		cred, ok, err := pairOf(ctx, env, names[0], names[1])
		if ok || err != nil {
			return cred, err
		}
	}
	args := slices.Concat(s.container().Command, s.container().Args)
	if a, b := argOf(args, "--access-key"), argOf(args, "--secret-key"); a != "" && b != "" {
		return Credential{AccessKey: a, SecretKey: secret.New(b), Origin: "arguments of container " + s.Container}, nil
	}
	return Credential{AccessKey: "rustfsadmin", SecretKey: secret.New("rustfsadmin"), Origin: "RustFS' built-in default", Default: true}, nil
}

func pairOf(ctx context.Context, env *Env, accessName, secretName string) (Credential, bool, error) {
	read := func(name string) (Value, bool, error) {
		v, ok, err := env.Lookup(ctx, name)
		if ok && err == nil && strings.HasSuffix(name, "_FILE") {
			return env.File(ctx, name, v.Text())
		}
		return v, ok, err
	}
	a, aok, err := read(accessName)
	if err != nil || !aok {
		return Credential{}, false, err
	}
	k, kok, err := read(secretName)
	if err != nil || !kok {
		return Credential{}, false, err
	}
	return Credential{AccessKey: strings.TrimSpace(a.Text()), SecretKey: secret.New(strings.TrimSpace(k.Text())), Origin: k.Origin}, true, nil
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
