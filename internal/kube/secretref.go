package kube

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// SecretValue reads one key of a Secret, named NAME or NAMESPACE/NAME; key may
// be empty where there is only one. where says what was read, without the
// value.
func (c *Client) SecretValue(ctx context.Context, name, key string) (v secret.Value, where string, err error) {
	namespace := c.Namespace
	if ns, n, ok := strings.Cut(name, "/"); ok {
		namespace, name = ns, n
	}
	s, err := c.secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return v, "", err
	}
	keys := slices.Sorted(maps.Keys(s.Data))
	if key == "" {
		if len(keys) != 1 {
			return v, "", fmt.Errorf("the Secret has %d keys (%s); say which one: %s/%s:KEY", len(keys), strings.Join(keys, ", "), namespace, name)
		}
		key = keys[0]
	}
	b, ok := s.Data[key]
	if !ok {
		return v, "", fmt.Errorf("the Secret has no key %q, only: %s", key, strings.Join(keys, ", "))
	}
	return secret.New(string(b)), fmt.Sprintf("Secret %s/%s, key %s", namespace, name, key), nil
}
