package kube

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Variable is one name of a container's environment with everything that sets
// it; the last one wins.
type Variable struct {
	Name string
	Set  []Value
}

// InForce is the value that the container sees.
func (v Variable) InForce() Value { return v.Set[len(v.Set)-1] }

// EnvOfServer is the environment of a server's container.
func (c *Client) EnvOfServer(s Server) *Env { return c.EnvOf(s.Namespace, s.spec(), s.container()) }

// Args are the command and arguments of a server's container.
func (s Server) Args() []string { return slices.Concat(s.container().Command, s.container().Args) }

// ContainerOf is the server's container in one of its pods.
func (s Server) ContainerOf(p corev1.Pod) corev1.Container {
	for _, c := range p.Spec.Containers {
		if c.Name == s.Container {
			return c
		}
	}
	return s.container()
}

// All is the whole environment, sorted by name: the names that envFrom brings,
// then env. A value that cannot be told has a reason in Unknown. unread are
// sources whose names cannot even be told.
func (e *Env) All(ctx context.Context) (all []Variable, unread []string, err error) {
	found := map[string][]Value{}
	for _, s := range e.container.EnvFrom {
		values, missed, err := e.source(ctx, s)
		if err != nil {
			return nil, nil, err
		}
		if missed != "" {
			unread = append(unread, missed)
		}
		for _, v := range values {
			found[v.Name] = append(found[v.Name], v)
		}
	}
	for i, v := range e.container.Env {
		value, ok := e.told(ctx, i)
		if ok {
			found[v.Name] = append(found[v.Name], value)
		}
	}
	for name, set := range found {
		all = append(all, Variable{Name: name, Set: set})
	}
	slices.SortFunc(all, func(a, b Variable) int { return cmp.Compare(a.Name, b.Name) })
	return all, unread, ctx.Err()
}

// told is the value of the ith entry of env, or why it cannot be told.
func (e *Env) told(ctx context.Context, i int) (Value, bool) {
	v := e.container.Env[i]
	if from := v.ValueFrom; from != nil {
		switch {
		case from.FieldRef != nil:
			return Value{Name: v.Name, Unknown: "differs from pod to pod", Origin: "field " + from.FieldRef.FieldPath + " of the pod"}, true
		case from.ResourceFieldRef != nil:
			return Value{Name: v.Name, Unknown: "set by the kubelet", Origin: "resource " + from.ResourceFieldRef.Resource + " of the container"}, true
		}
	}
	value, ok, err := e.fromEnv(ctx, i)
	if err != nil {
		return Value{Name: v.Name, Unknown: reason(err), Origin: refOf(v, e.namespace)}, true
	}
	return value, ok
}

func reason(err error) string {
	switch {
	case apierrors.IsForbidden(err):
		return "may not be read"
	case apierrors.IsNotFound(err):
		return "does not exist"
	}
	return err.Error()
}

func refOf(v corev1.EnvVar, namespace string) string {
	switch from := v.ValueFrom; {
	case from == nil:
		return ""
	case from.SecretKeyRef != nil:
		return fmt.Sprintf("Secret %s/%s, key %s", namespace, from.SecretKeyRef.Name, from.SecretKeyRef.Key)
	case from.ConfigMapKeyRef != nil:
		return fmt.Sprintf("ConfigMap %s/%s, key %s", namespace, from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key)
	}
	return ""
}

// source are all values of one envFrom.
func (e *Env) source(ctx context.Context, s corev1.EnvFromSource) (values []Value, missed string, err error) {
	var kind, name string
	var keys []string
	switch {
	case s.SecretRef != nil:
		kind, name = "Secret", s.SecretRef.Name
		// Asking for a key that no Secret has reads the Secret into e.secrets.
		_, _, err = e.secretKey(ctx, kind, name, "", true)
		if o := e.secrets[name]; o != nil {
			keys = slices.Sorted(maps.Keys(o.Data))
		}
	case s.ConfigMapRef != nil:
		kind, name = "ConfigMap", s.ConfigMapRef.Name
		_, _, err = e.configKey(ctx, kind, name, "", true)
		if o := e.configs[name]; o != nil {
			keys = slices.Sorted(maps.Keys(o.Data))
		}
	}
	if apierrors.IsForbidden(err) {
		return nil, fmt.Sprintf("%s %s/%s (forbidden), and the variables in it", kind, e.namespace, name), nil
	}
	if err != nil {
		return nil, "", err
	}
	for _, key := range keys {
		v, ok, err := e.fromSource(ctx, s, s.Prefix+key)
		if err != nil {
			return nil, "", err
		}
		if ok {
			v.Origin = strings.TrimSuffix(v.Origin, ", key "+key) + ", all keys"
			if s.Prefix != "" {
				v.Origin += " with prefix " + s.Prefix
			}
			values = append(values, v)
		}
	}
	return values, "", nil
}

// SecretTouched is when the data of a Secret changed last, by the API server's
// records of who manages its fields; the time of its creation where there are
// none.
func (c *Client) SecretTouched(ctx context.Context, namespace, name string) (time.Time, error) {
	s, err := c.secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return time.Time{}, err
	}
	last := s.CreationTimestamp.Time
	for _, f := range s.ManagedFields {
		if f.Time != nil && f.Time.After(last) && f.FieldsV1 != nil && strings.Contains(string(f.FieldsV1.GetRawBytes()), `"f:data"`) {
			last = f.Time.Time
		}
	}
	return last, nil
}
