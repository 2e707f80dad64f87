package kube

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Workload is something that runs pods, and what its containers run.
type Workload struct {
	Kind, Namespace, Name string
	Containers            []ContainerUse
}

// ContainerUse is the image of a container and its command line.
type ContainerUse struct {
	Name, Image string
	Command     []string // command and args
}

// templated is an object with a pod template in it, at either of two places;
// a pod is its own template.
type templated struct {
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		Template    corev1.PodTemplateSpec `json:"template"`
		JobTemplate struct {
			Spec struct {
				Template corev1.PodTemplateSpec `json:"template"`
			} `json:"spec"`
		} `json:"jobTemplate"`
		Containers     []corev1.Container `json:"containers"`
		InitContainers []corev1.Container `json:"initContainers"`
	} `json:"spec"`
}

func (t templated) containers() []corev1.Container {
	var out []corev1.Container
	for _, s := range []corev1.PodSpec{t.Spec.Template.Spec, t.Spec.JobTemplate.Spec.Template.Spec} {
		out = slices.Concat(out, s.InitContainers, s.Containers)
	}
	return slices.Concat(out, t.Spec.InitContainers, t.Spec.Containers)
}

// Workloads are all Deployments, StatefulSets, DaemonSets, CronJobs, Jobs and
// pods of a namespace, or of the cluster when it is empty. What one of them
// makes is left out. unread says what could not be looked at.
func (c *Client) Workloads(ctx context.Context, namespace string) (all []Workload, unread []string, err error) {
	owned := []string{"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "CronJob", "Job"}
	for _, k := range []struct{ api, resource, kind string }{
		{appsAPI, "deployments", "Deployment"},
		{appsAPI, "statefulsets", "StatefulSet"},
		{appsAPI, "daemonsets", "DaemonSet"},
		{batchAPI, "cronjobs", "CronJob"},
		{batchAPI, "jobs", "Job"},
		{coreAPI, "pods", "Pod"},
	} {
		list, err := listAll[templated](ctx, c, k.api, k.resource, namespace)
		if apierrors.IsForbidden(err) {
			where := "in all namespaces"
			if namespace != "" {
				where = "in namespace " + namespace
			}
			unread = append(unread, fmt.Sprintf("%s %s (forbidden)", k.resource, where))
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		for _, t := range list {
			if slices.ContainsFunc(t.OwnerReferences, func(o metav1.OwnerReference) bool { return slices.Contains(owned, o.Kind) }) {
				continue
			}
			w := Workload{Kind: k.kind, Namespace: t.Namespace, Name: t.Name}
			for _, ct := range t.containers() {
				w.Containers = append(w.Containers, ContainerUse{Name: ct.Name, Image: ct.Image, Command: slices.Concat(ct.Command, ct.Args)})
			}
			all = append(all, w)
		}
	}
	return all, unread, nil
}
