package kube

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ServiceName is a Service of the cluster.
type ServiceName struct{ Namespace, Name string }

// ParseServiceHost tells whether a URL's host is a Service of the cluster:
// "rustfs" (in namespace), "rustfs.store", "rustfs.store.svc" or with any
// cluster domain behind svc. An IP address, "localhost" and every other name
// of two parts or more that does not end like this are foreign.
//
// "rustfs.store" could also be a host of the internet; a Service is meant when
// it has two parts and the second is no top-level domain that a person would
// type in a URL: it is taken for a Service, as pods do.
func ParseServiceHost(host, namespace string) (ServiceName, bool) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if slices.Contains(parts, "") || isIP(host) || host == "localhost" {
		return ServiceName{}, false
	}
	switch {
	case len(parts) == 1:
		return ServiceName{Namespace: namespace, Name: parts[0]}, true
	case len(parts) == 2 && !publicSuffix(parts[1]):
		return ServiceName{Namespace: parts[1], Name: parts[0]}, true
	case len(parts) >= 3 && parts[2] == "svc":
		return ServiceName{Namespace: parts[1], Name: parts[0]}, true
	}
	return ServiceName{}, false
}

func isIP(host string) bool {
	return strings.Contains(host, ":") || strings.Trim(host, "0123456789.") == ""
}

// publicSuffix knows the endings that a namespace is hardly called and a host
// of the internet or of a home network is.
func publicSuffix(s string) bool {
	return slices.Contains([]string{
		"com", "net", "org", "io", "dev", "de", "eu", "uk", "us", "fr", "nl", "ch", "at", "cloud", "app", "local", "lan", "home", "internal", "localdomain", "localhost", "test", "example",
	}, s)
}

// ResolveService finds a ready pod behind a port of a Service and the port of
// that pod, as kubectl port-forward does: named target ports and headless
// Services included.
func (c *Client) ResolveService(ctx context.Context, s ServiceName, port int) (PodPort, error) {
	svc, err := c.services(s.Namespace).Get(ctx, s.Name, metav1.GetOptions{})
	if err != nil {
		return PodPort{}, fmt.Errorf("service %s/%s: %w", s.Namespace, s.Name, err)
	}
	if len(svc.Spec.Selector) == 0 {
		return PodPort{}, fmt.Errorf("service %s/%s has no selector, so no pod can be found behind it", s.Namespace, s.Name)
	}
	pods, err := c.pods(s.Namespace).List(ctx, metav1.ListOptions{LabelSelector: labels.SelectorFromSet(svc.Spec.Selector).String()})
	if err != nil {
		return PodPort{}, fmt.Errorf("pods of service %s/%s: %w", s.Namespace, s.Name, err)
	}
	pod, ok := pickPod(pods.Items)
	if !ok {
		return PodPort{}, &NoPodError{Service: s, Pods: len(pods.Items)}
	}
	target, err := targetPort(svc, pod, port)
	if err != nil {
		return PodPort{}, err
	}
	return PodPort{Namespace: pod.Namespace, Pod: pod.Name, Port: target}, nil
}

// NoPodError says that a Service has no pod to talk to.
type NoPodError struct {
	Service ServiceName
	Pods    int // that exist but do not run
}

func (e *NoPodError) Error() string {
	if e.Pods == 0 {
		return fmt.Sprintf("service %s/%s: no pod matches its selector", e.Service.Namespace, e.Service.Name)
	}
	return fmt.Sprintf("service %s/%s: none of its %d pods is running", e.Service.Namespace, e.Service.Name, e.Pods)
}

// Hint says how to look at it.
func (e *NoPodError) Hint() string {
	return fmt.Sprintf("kubectl get pods -n %s", e.Service.Namespace)
}

func targetPort(svc *corev1.Service, pod corev1.Pod, port int) (int, error) {
	for _, p := range svc.Spec.Ports {
		if int(p.Port) != port {
			continue
		}
		switch {
		case svc.Spec.ClusterIP == corev1.ClusterIPNone && p.TargetPort.Type == intstr.Int && p.TargetPort.IntValue() == 0:
			return port, nil
		case p.TargetPort.Type == intstr.String:
			if n, ok := containerPort(pod, p.TargetPort.StrVal); ok {
				return n, nil
			}
			return 0, fmt.Errorf("service %s/%s: pod %s has no port named %q", svc.Namespace, svc.Name, pod.Name, p.TargetPort.StrVal)
		case p.TargetPort.IntValue() > 0:
			return p.TargetPort.IntValue(), nil
		}
		return port, nil
	}
	return 0, fmt.Errorf("service %s/%s has no port %d", svc.Namespace, svc.Name, port)
}

func containerPort(pod corev1.Pod, name string) (int, bool) {
	for _, c := range pod.Spec.Containers {
		for _, p := range c.Ports {
			if p.Name == name {
				return int(p.ContainerPort), true
			}
		}
	}
	return 0, false
}

// pickPod chooses the pod to talk to: ready before running, not being
// deleted, the one that is ready longest, then by name.
func pickPod(pods []corev1.Pod) (corev1.Pod, bool) {
	running := slices.DeleteFunc(slices.Clone(pods), func(p corev1.Pod) bool { return p.Status.Phase != corev1.PodRunning })
	slices.SortStableFunc(running, func(a, b corev1.Pod) int {
		for _, less := range []func(corev1.Pod) bool{func(p corev1.Pod) bool { return p.DeletionTimestamp == nil }, Ready} {
			if x, y := less(a), less(b); x != y {
				if x {
					return -1
				}
				return 1
			}
		}
		return strings.Compare(a.Name, b.Name)
	})
	if len(running) == 0 {
		return corev1.Pod{}, false
	}
	return running[0], true
}

// Ready reports a pod's Ready condition.
func Ready(p corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
