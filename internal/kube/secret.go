package kube

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// Held is a Secret with credentials in it, as it is to be, or as it is.
type Held struct {
	Namespace, Name string
	Owner           string // value of the label managed-by
	Annotations     map[string]string
	Data            map[string]secret.Value
}

// ID is NAMESPACE/NAME.
func (h Held) ID() string { return h.Namespace + "/" + h.Name }

// ManagedBy is the label that says who looks after an object.
const ManagedBy = managedBy

// HeldSecret reads a Secret; false when there is none.
func (c *Client) HeldSecret(ctx context.Context, namespace, name string) (Held, bool, error) {
	s, err := c.secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return Held{}, false, nil
	}
	if err != nil {
		return Held{}, false, fmt.Errorf("read Secret %s/%s: %w", namespace, name, err)
	}
	h := Held{Namespace: namespace, Name: name, Owner: s.Labels[managedBy], Annotations: s.Annotations, Data: map[string]secret.Value{}}
	for k, v := range s.Data {
		h.Data[k] = secret.New(string(v))
	}
	return h, true, nil
}

// WriteHeld creates the Secret, or brings one that bears the owner's label to
// it; what else is in it stays, but for the keys in drop. rehearse lets the API
// server only say whether it would.
func (c *Client) WriteHeld(ctx context.Context, h Held, drop []string, rehearse bool) error {
	var dryRun []string
	if rehearse {
		dryRun = []string{metav1.DryRunAll}
	}
	data := map[string][]byte{}
	for k, v := range h.Data {
		data[k] = []byte(v.Reveal())
	}
	old, err := c.secrets(h.Namespace).Get(ctx, h.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		s := &corev1.Secret{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: metav1.ObjectMeta{
				Name: h.Name, Namespace: h.Namespace, Labels: map[string]string{managedBy: h.Owner}, Annotations: h.Annotations,
			},
			Type: corev1.SecretTypeOpaque,
			Data: data,
		}
		if _, err := c.secrets(h.Namespace).Create(ctx, s, metav1.CreateOptions{DryRun: dryRun, FieldManager: h.Owner}); err != nil {
			return fmt.Errorf("create Secret %s: %w", h.ID(), err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("read Secret %s: %w", h.ID(), err)
	}
	if old.Labels[managedBy] != h.Owner {
		return &ForeignSecretError{Name: h.ID(), Owner: h.Owner}
	}
	if old.Data == nil {
		old.Data = map[string][]byte{}
	}
	for _, k := range drop {
		delete(old.Data, k)
	}
	maps.Copy(old.Data, data)
	if old.Annotations == nil {
		old.Annotations = map[string]string{}
	}
	maps.Copy(old.Annotations, h.Annotations)
	if _, err := c.secrets(h.Namespace).Update(ctx, old, metav1.UpdateOptions{DryRun: dryRun, FieldManager: h.Owner}); err != nil {
		return fmt.Errorf("update Secret %s: %w", h.ID(), err)
	}
	return nil
}

// DeleteHeld deletes a Secret; none is no error.
func (c *Client) DeleteHeld(ctx context.Context, namespace, name string) error {
	err := c.secrets(namespace).Delete(ctx, name, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete Secret %s/%s: %w", namespace, name, err)
	}
	return nil
}

// SecretUser is a pod that takes something from a Secret.
type SecretUser struct {
	Pod      string
	Workload string // "StatefulSet/loki"; "Pod/NAME" for one of its own
	Started  metav1.Time
}

// UsersOfSecret are the running pods of the namespace that have variables or
// volumes from the Secret.
func (c *Client) UsersOfSecret(ctx context.Context, namespace, name string) ([]SecretUser, error) {
	list, err := c.pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("pods of namespace %s: %w", namespace, err)
	}
	var out []SecretUser
	for _, p := range list.Items {
		if p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed || !usesSecret(p.Spec, name) {
			continue
		}
		kind, workload := owner(p)
		started := p.CreationTimestamp
		if p.Status.StartTime != nil {
			started = *p.Status.StartTime
		}
		out = append(out, SecretUser{Pod: p.Name, Workload: kind + "/" + workload, Started: started})
	}
	return out, nil
}

func usesSecret(spec corev1.PodSpec, name string) bool {
	for _, v := range spec.Volumes {
		if v.Secret != nil && v.Secret.SecretName == name {
			return true
		}
		if v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool { return s.Secret != nil && s.Secret.Name == name }) {
			return true
		}
	}
	return slices.ContainsFunc(slices.Concat(spec.InitContainers, spec.Containers), func(c corev1.Container) bool {
		return slices.ContainsFunc(c.EnvFrom, func(e corev1.EnvFromSource) bool { return e.SecretRef != nil && e.SecretRef.Name == name }) ||
			slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool {
				return e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil && e.ValueFrom.SecretKeyRef.Name == name
			})
	})
}

// SealingCertificate asks the sealed-secrets controller for the certificate
// that Secrets are sealed for, through the API server's proxy of its service.
// (bitnami-labs/sealed-secrets: /v1/cert.pem)
func (c *Client) SealingCertificate(ctx context.Context, namespace, service string) ([]byte, error) {
	b, err := c.core.Get().Namespace(namespace).Resource("services").Name("http:" + service + ":").SubResource("proxy").Suffix("v1/cert.pem").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("certificate of the sealed-secrets controller %s/%s: %w", namespace, service, err)
	}
	return b, nil
}

// InClusterURL is where programs of the cluster reach the server: its service
// where there is one that leads to its port, else empty.
func (c *Client) InClusterURL(ctx context.Context, s Server, e Endpoint, scheme string) (string, error) {
	list, err := c.serviceList(ctx, s.Namespace)
	if err != nil {
		return "", err
	}
	pod, ok := s.Pod()
	if !ok {
		return "", nil
	}
	best := ""
	for _, svc := range list {
		if !selects(svc, []corev1.Pod{pod}) {
			continue
		}
		for _, port := range svc.Spec.Ports {
			target := int(port.TargetPort.IntVal)
			if name := port.TargetPort.StrVal; name != "" {
				target, _ = namedPort(s.container(), name)
			}
			if target == 0 {
				target = int(port.Port)
			}
			u := fmt.Sprintf("%s://%s.%s.svc:%d", scheme, svc.Name, svc.Namespace, port.Port)
			headless := svc.Spec.ClusterIP == corev1.ClusterIPNone
			if target == e.Port && (best == "" || !headless) {
				best = u
			}
		}
	}
	return best, nil
}

func (c *Client) serviceList(ctx context.Context, namespace string) ([]corev1.Service, error) {
	list := &corev1.ServiceList{}
	err := c.core.Get().Namespace(namespace).Resource("services").VersionedParams(&metav1.ListOptions{}, c.params).Do(ctx).Into(list)
	if err != nil {
		return nil, fmt.Errorf("services of namespace %s: %w", namespace, err)
	}
	return list.Items, nil
}
