package kube

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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

// managedBy is the label that says who looks after an object.
const managedBy = "app.kubernetes.io/managed-by"

// ForeignSecretError is a Secret that somebody else looks after.
type ForeignSecretError struct{ Name, Owner string }

func (e *ForeignSecretError) Error() string {
	return "Secret " + e.Name + " exists and is not of " + e.Owner + "'s making; it was left as it is"
}

// Hint says what to do about it.
func (e *ForeignSecretError) Hint() string {
	return "choose another name, or label it " + managedBy + "=" + e.Owner
}

// KeySecret is a Secret for an access key, under the two keys that the
// RustFS charts use.
type KeySecret struct {
	Namespace, Name string
	Owner           string // value of the label managed-by
	AccessKey       string
	SecretKey       secret.Value
}

// The keys of a KeySecret.
const (
	accessKeyField = "access-key"
	secretKeyField = "secret-key"
)

// WriteKeySecret creates the Secret, or brings one that bears the owner's
// label to the key; other keys in it stay. rehearse lets the API server only
// say whether it would. replaced is the access key that was in it.
func (c *Client) WriteKeySecret(ctx context.Context, k KeySecret, rehearse bool) (replaced string, err error) {
	id := k.Namespace + "/" + k.Name
	var dryRun []string
	if rehearse {
		dryRun = []string{metav1.DryRunAll}
	}
	data := map[string][]byte{accessKeyField: []byte(k.AccessKey), secretKeyField: []byte(k.SecretKey.Reveal())}
	old, err := c.secrets(k.Namespace).Get(ctx, k.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		s := &corev1.Secret{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: metav1.ObjectMeta{Name: k.Name, Namespace: k.Namespace, Labels: map[string]string{managedBy: k.Owner}},
			Type:       corev1.SecretTypeOpaque,
			Data:       data,
		}
		if _, err := c.secrets(k.Namespace).Create(ctx, s, metav1.CreateOptions{DryRun: dryRun, FieldManager: k.Owner}); err != nil {
			return "", fmt.Errorf("create Secret %s: %w", id, err)
		}
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read Secret %s: %w", id, err)
	}
	if old.Labels[managedBy] != k.Owner {
		return "", &ForeignSecretError{Name: id, Owner: k.Owner}
	}
	replaced = string(old.Data[accessKeyField])
	if old.Data == nil {
		old.Data = map[string][]byte{}
	}
	maps.Copy(old.Data, data)
	if _, err := c.secrets(k.Namespace).Update(ctx, old, metav1.UpdateOptions{DryRun: dryRun, FieldManager: k.Owner}); err != nil {
		return "", fmt.Errorf("update Secret %s: %w", id, err)
	}
	return replaced, nil
}
