package kube

import (
	"context"
	"errors"
	"fmt"
	"path"
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
	for i := len(e.container.Env) - 1; i >= 0; i-- {
		if v := e.container.Env[i]; v.Name == name {
			return e.fromEnv(ctx, v)
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

func (e *Env) fromEnv(ctx context.Context, v corev1.EnvVar) (Value, bool, error) {
	switch from := v.ValueFrom; {
	case from == nil:
		return Value{Name: v.Name, Plain: e.expand(v.Value), Origin: "env of container " + e.container.Name}, true, nil
	case from.SecretKeyRef != nil:
		return e.secretKey(ctx, v.Name, from.SecretKeyRef.Name, from.SecretKeyRef.Key, optional(from.SecretKeyRef.Optional))
	case from.ConfigMapKeyRef != nil:
		return e.configKey(ctx, v.Name, from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key, optional(from.ConfigMapKeyRef.Optional))
	}
	return Value{}, false, fmt.Errorf("variable %s of container %s is taken from the running pod and cannot be read here", v.Name, e.container.Name)
}

// expand replaces $(NAME) by literal variables defined before, as the kubelet
// does; others stay as they are.
func (e *Env) expand(s string) string {
	for _, v := range e.container.Env {
		if v.ValueFrom == nil && strings.Contains(s, "$("+v.Name+")") && !strings.Contains(v.Value, "$(") {
			s = strings.ReplaceAll(s, "$("+v.Name+")", v.Value)
		}
	}
	return s
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
	return Value{}, false, fmt.Errorf("%s names the file %s, which no volume of container %s holds", variable, file, e.container.Name)
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
	return Value{}, false, fmt.Errorf("%s names a file of volume %s, which is neither a Secret nor a ConfigMap", variable, v.Name)
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
	if apierrors.IsForbidden(e.Err) {
		return "give the key yourself: --access-key NAME and the secret in the environment or --secret-key-file"
	}
	return fmt.Sprintf("kubectl describe %s %s -n %s", strings.ToLower(e.Kind), e.Name, e.Namespace)
}
