package kube

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// Value is one value of a container's environment and where it comes from.
// Values of Secrets are only reachable through Secret.
type Value struct {
	Name   string
	Plain  string       // of literals and ConfigMaps
	Secret secret.Value // of Secrets
	Origin string       // "Secret rustfs/rustfs, key access-key"; never the value
	// Unknown says why the value cannot be told; only Env.All gives such ones.
	Unknown string
}

// Text is the value, wherever it comes from.
func (v Value) Text() string {
	if !v.Secret.Empty() {
		return v.Secret.Reveal()
	}
	return v.Plain
}

// Env is the effective environment of a container, as the kubelet makes it:
// env over envFrom, a later envFrom over an earlier one. Secrets and
// ConfigMaps are read only when a value of theirs is asked for.
type Env struct {
	client    *Client
	namespace string
	pod       corev1.PodSpec
	container corev1.Container

	secrets map[string]*corev1.Secret
	configs map[string]*corev1.ConfigMap
}

// EnvOf is the environment of a container of a pod (or pod template).
func (c *Client) EnvOf(namespace string, pod corev1.PodSpec, container corev1.Container) *Env {
	return &Env{client: c, namespace: namespace, pod: pod, container: container, secrets: map[string]*corev1.Secret{}, configs: map[string]*corev1.ConfigMap{}}
}

// Lookup finds a variable. It is not there when neither env nor envFrom has
// it, or when an optional reference leads nowhere.
func (e *Env) Lookup(ctx context.Context, name string) (Value, bool, error) {
	return e.lookupBefore(ctx, name, len(e.container.Env))
}

// lookupBefore is Lookup among the first n entries of env: a variable may
// name those before it.
func (e *Env) lookupBefore(ctx context.Context, name string, n int) (Value, bool, error) {
	for i := n - 1; i >= 0; i-- {
		if e.container.Env[i].Name == name {
			return e.fromEnv(ctx, i)
		}
	}
	for i := len(e.container.EnvFrom) - 1; i >= 0; i-- {
		v, ok, err := e.fromSource(ctx, e.container.EnvFrom[i], name)
		if ok || err != nil {
			return v, ok, err
		}
	}
	return Value{}, false, nil
}

func (e *Env) fromEnv(ctx context.Context, i int) (Value, bool, error) {
	v := e.container.Env[i]
	switch from := v.ValueFrom; {
	case from == nil:
		return e.expand(ctx, Value{Name: v.Name, Plain: v.Value, Origin: "env of container " + e.container.Name}, i)
	case from.SecretKeyRef != nil:
		return e.secretKey(ctx, v.Name, from.SecretKeyRef.Name, from.SecretKeyRef.Key, optional(from.SecretKeyRef.Optional))
	case from.ConfigMapKeyRef != nil:
		return e.configKey(ctx, v.Name, from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key, optional(from.ConfigMapKeyRef.Optional))
	}
	return Value{}, false, &UnreadableError{Container: e.container.Name, Why: "variable " + v.Name + " is taken from the running pod"}
}

// Argument is a word of the container's command line, in which the kubelet
// replaces $(NAME) too.
func (e *Env) Argument(ctx context.Context, word string) (Value, error) {
	v, _, err := e.expand(ctx, Value{Plain: word, Origin: "arguments of container " + e.container.Name}, len(e.container.Env))
	return v, err
}

var reference = regexp.MustCompile(`\$?\$\([A-Za-z_][A-Za-z0-9_.-]*\)`)

// expand replaces $(NAME) by the variables before the nth, as the kubelet
// does; $$(NAME) is $(NAME) itself, and what is not there stays. A value with
// a Secret's in it is secret, and comes from there.
func (e *Env) expand(ctx context.Context, v Value, n int) (Value, bool, error) {
	var failed error
	origin, hidden := v.Origin, false
	text := reference.ReplaceAllStringFunc(v.Plain, func(r string) string {
		if strings.HasPrefix(r, "$$") {
			return r[1:]
		}
		inner, ok, err := e.lookupBefore(ctx, r[2:len(r)-1], n)
		var unreadable *UnreadableError
		switch {
		case errors.As(err, &unreadable):
			return r
		case err != nil:
			failed = err
		case ok && !inner.Secret.Empty():
			origin, hidden = inner.Origin, true
		}
		if !ok {
			return r
		}
		return inner.Text()
	})
	if failed != nil {
		return Value{}, false, failed
	}
	out := Value{Name: v.Name, Plain: text, Origin: origin}
	if hidden {
		out.Plain, out.Secret = "", secret.New(text)
	}
	return out, true, nil
}

func (e *Env) fromSource(ctx context.Context, s corev1.EnvFromSource, name string) (Value, bool, error) {
	key, ok := strings.CutPrefix(name, s.Prefix)
	if !ok || key == "" {
		return Value{}, false, nil
	}
	switch {
	case s.SecretRef != nil:
		return e.secretKey(ctx, name, s.SecretRef.Name, key, true)
	case s.ConfigMapRef != nil:
		return e.configKey(ctx, name, s.ConfigMapRef.Name, key, true)
	}
	return Value{}, false, nil
}

func (e *Env) secretKey(ctx context.Context, variable, name, key string, missingOK bool) (Value, bool, error) {
	s, ok := e.secrets[name]
	if !ok {
		var err error
		s, err = e.client.secrets(e.namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil && (!missingOK || !apierrors.IsNotFound(err)) {
			return Value{}, false, &ReferenceError{Variable: variable, Container: e.container.Name, Kind: "Secret", Namespace: e.namespace, Name: name, Err: err}
		}
		e.secrets[name] = s
	}
	if b, ok := s.Data[key]; ok {
		return Value{Name: variable, Secret: secret.New(string(b)), Origin: fmt.Sprintf("Secret %s/%s, key %s", e.namespace, name, key)}, true, nil
	}
	if missingOK {
		return Value{}, false, nil
	}
	return Value{}, false, &ReferenceError{Variable: variable, Container: e.container.Name, Kind: "Secret", Namespace: e.namespace, Name: name, Err: fmt.Errorf("it has no key %q", key)}
}

func (e *Env) configKey(ctx context.Context, variable, name, key string, missingOK bool) (Value, bool, error) {
	m, ok := e.configs[name]
	if !ok {
		var err error
		m, err = e.client.configMaps(e.namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil && (!missingOK || !apierrors.IsNotFound(err)) {
			return Value{}, false, &ReferenceError{Variable: variable, Container: e.container.Name, Kind: "ConfigMap", Namespace: e.namespace, Name: name, Err: err}
		}
		e.configs[name] = m
	}
	if v, ok := m.Data[key]; ok {
		return Value{Name: variable, Plain: v, Origin: fmt.Sprintf("ConfigMap %s/%s, key %s", e.namespace, name, key)}, true, nil
	}
	if missingOK {
		return Value{}, false, nil
	}
	return Value{}, false, &ReferenceError{Variable: variable, Container: e.container.Name, Kind: "ConfigMap", Namespace: e.namespace, Name: name, Err: fmt.Errorf("it has no key %q", key)}
}

// File reads a file of the container that a Secret or ConfigMap volume puts
// there, through the API: env NAME_FILE → mount → volume → key.
func (e *Env) File(ctx context.Context, variable, file string) (Value, bool, error) {
	for _, m := range e.container.VolumeMounts {
		rest, ok := strings.CutPrefix(path.Clean(file), path.Clean(m.MountPath)+"/")
		if m.SubPath != "" && path.Clean(file) == path.Clean(m.MountPath) {
			rest, ok = m.SubPath, true
		}
		if !ok {
			continue
		}
		for _, v := range e.pod.Volumes {
			if v.Name == m.Name {
				return e.fileOf(ctx, variable, v, rest)
			}
		}
	}
	return Value{}, false, &UnreadableError{Container: e.container.Name, Why: fmt.Sprintf("%s names the file %s, which no volume holds", variable, file)}
}

func (e *Env) fileOf(ctx context.Context, variable string, v corev1.Volume, rest string) (Value, bool, error) {
	key := func(items []corev1.KeyToPath) string {
		for _, i := range items {
			if i.Path == rest {
				return i.Key
			}
		}
		return rest
	}
	switch {
	case v.Secret != nil:
		return e.secretKey(ctx, variable, v.Secret.SecretName, key(v.Secret.Items), optional(v.Secret.Optional))
	case v.ConfigMap != nil:
		return e.configKey(ctx, variable, v.ConfigMap.Name, key(v.ConfigMap.Items), optional(v.ConfigMap.Optional))
	case v.Projected != nil:
		var errs []error
		for _, s := range v.Projected.Sources {
			var val Value
			var ok bool
			var err error
			switch {
			case s.Secret != nil:
				val, ok, err = e.secretKey(ctx, variable, s.Secret.Name, key(s.Secret.Items), true)
			case s.ConfigMap != nil:
				val, ok, err = e.configKey(ctx, variable, s.ConfigMap.Name, key(s.ConfigMap.Items), true)
			}
			if ok {
				return val, true, nil
			}
			errs = append(errs, err)
		}
		return Value{}, false, errors.Join(errs...)
	}
	return Value{}, false, &UnreadableError{Container: e.container.Name, Why: fmt.Sprintf("%s names a file of volume %s, which is neither a Secret nor a ConfigMap", variable, v.Name)}
}

func optional(b *bool) bool { return b != nil && *b }

// ReferenceError says that a variable's source cannot be read.
type ReferenceError struct {
	Variable, Container   string
	Kind, Namespace, Name string
	Err                   error
}

func (e *ReferenceError) Error() string {
	return fmt.Sprintf("%s of container %q comes from %s %s/%s: %v", e.Variable, e.Container, e.Kind, e.Namespace, e.Name, e.Err)
}

func (e *ReferenceError) Unwrap() error { return e.Err }

// Hint says the way round.
func (e *ReferenceError) Hint() string {
	const round = "give the key yourself: --access-key NAME and the secret in the environment or --secret-key-file"
	if apierrors.IsForbidden(e.Err) {
		return round
	}
	return fmt.Sprintf("look with: kubectl describe %s %s -n %s; or %s", strings.ToLower(e.Kind), e.Name, e.Namespace, round)
}

// UnreadableError says that something is known inside the pod alone.
type UnreadableError struct{ Container, Why string }

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("container %q: %s, and cannot be read from here", e.Container, e.Why)
}

// Hint says the way round.
func (e *UnreadableError) Hint() string {
	return "give the key yourself: --access-key NAME and the secret in the environment or --secret-key-file"
}
