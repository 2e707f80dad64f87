package kube

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"
)

// Server is one RustFS in the cluster: the pods of one workload.
type Server struct {
	Namespace string
	Name      string // of the workload, or of the operator's Tenant
	Workload  string // "StatefulSet", "Deployment", "Tenant", "Pod"
	Container string // the server's container in the pods
	Pods      []corev1.Pod
}

// ID is how --server names it.
func (s Server) ID() string { return s.Namespace + "/" + s.Name }

// Pod is the pod to talk to; false when none is running.
func (s Server) Pod() (corev1.Pod, bool) { return pickPod(s.Pods) }

// spec is the pod spec that describes the server, also when nothing runs.
func (s Server) spec() corev1.PodSpec {
	if p, ok := s.Pod(); ok {
		return p.Spec
	}
	return s.Pods[0].Spec
}

func (s Server) container() corev1.Container {
	spec := s.spec()
	for _, c := range spec.Containers {
		if c.Name == s.Container {
			return c
		}
	}
	return spec.Containers[0]
}

// Image is the image of the server's container.
func (s Server) Image() string { return s.container().Image }

// Servers finds every RustFS server: in namespace, or everywhere when it is
// empty. It looks at the images, variables and labels of all pods, page by
// page, and asks for no label: beside servers that bear one there may be some
// that bear none, and who deletes must not be led to the wrong one.
func (c *Client) Servers(ctx context.Context, namespace string) ([]Server, error) {
	var pods []corev1.Pod
	list := pager.New(func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return c.pods(namespace).List(ctx, o)
	})
	err := list.EachListItem(ctx, metav1.ListOptions{}, func(o runtime.Object) error {
		if p, ok := o.(*corev1.Pod); ok {
			if _, ok := serverContainer(*p); ok {
				pods = append(pods, *p)
			}
		}
		return nil
	})
	return groupServers(pods), err
}

// FindServer finds the one server to use: the one named NAMESPACE/NAME or
// NAME, else the only one of the namespace in force, else the only one of the
// cluster where that may be asked.
func (c *Client) FindServer(ctx context.Context, want string) (Server, error) {
	namespace, name := c.Namespace, want
	if ns, n, ok := strings.Cut(want, "/"); ok {
		namespace, name = ns, n
	}
	servers, err := c.named(ctx, namespace, name)
	if err != nil {
		return Server{}, err
	}
	if len(servers) == 0 && !c.Explicit && !strings.Contains(want, "/") {
		servers, err = c.named(ctx, "", name)
		switch {
		case apierrors.IsForbidden(err):
			return Server{}, &NoServerError{Namespace: namespace, Name: name, Narrow: true}
		case err != nil:
			return Server{}, err
		}
		namespace = ""
	}
	switch len(servers) {
	case 0:
		return Server{}, &NoServerError{Namespace: namespace, Name: name}
	case 1:
		return servers[0], nil
	}
	return Server{}, &ManyServersError{Servers: servers}
}

// named finds the servers of a name, or all of them where it is empty.
func (c *Client) named(ctx context.Context, namespace, name string) ([]Server, error) {
	servers, err := c.Servers(ctx, namespace)
	return slices.DeleteFunc(servers, func(s Server) bool { return name != "" && s.Name != name }), err
}

// NoServerError says that no RustFS was found.
type NoServerError struct {
	Namespace, Name string
	Narrow          bool // only this namespace could be looked at
}

func (e *NoServerError) Error() string {
	what := "no RustFS server found"
	if e.Name != "" {
		what = fmt.Sprintf("no RustFS server %q found", e.Name)
	}
	if e.Namespace == "" {
		return what + " in any namespace"
	}
	if e.Narrow {
		return what + fmt.Sprintf(" in namespace %s, and other namespaces may not be looked at", e.Namespace)
	}
	return what + " in namespace " + e.Namespace
}

// Hint says where else to look.
func (e *NoServerError) Hint() string {
	if e.Namespace == "" {
		return "is this the right cluster? (kubectl config current-context); a server elsewhere is reached with --endpoint URL"
	}
	return "name its namespace with -n NAMESPACE, or the server with --server NAMESPACE/NAME"
}

// ManyServersError says that the choice is the person's.
type ManyServersError struct{ Servers []Server }

func (e *ManyServersError) Error() string {
	ids := make([]string, len(e.Servers))
	for i, s := range e.Servers {
		ids[i] = s.ID()
	}
	return fmt.Sprintf("%d RustFS servers found: %s", len(ids), strings.Join(ids, ", "))
}

// Hint shows the flag.
func (e *ManyServersError) Hint() string {
	return "choose one: --server " + e.Servers[0].ID()
}
