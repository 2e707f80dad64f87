package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Endpoint is where a server is reached inside its pod and how.
type Endpoint struct {
	PodPort
	ConsolePort int  // 0: the console is off
	MaybeTLS    bool // RUSTFS_TLS_PATH is set: try TLS first
	ServerName  string
}

// EndpointOf reads the port and TLS settings from the pod spec.
func (c *Client) EndpointOf(ctx context.Context, s Server) (Endpoint, error) {
	pod, ok := s.Pod()
	if !ok {
		return Endpoint{}, &NotRunningError{Server: s}
	}
	env := c.EnvOf(s.Namespace, pod.Spec, s.container())
	e := Endpoint{PodPort: PodPort{Namespace: pod.Namespace, Pod: pod.Name, Port: 9000}, ServerName: s.Name + "." + s.Namespace + ".svc"}
	args := slices.Concat(s.container().Command, s.container().Args)
	setting := func(variable, flag string) (string, bool, error) {
		if v := argOf(args, flag); v != "" {
			return v, true, nil
		}
		return lookupSoft(ctx, env, variable)
	}
	address, _, err := setting("RUSTFS_ADDRESS", "--address")
	if err != nil {
		return Endpoint{}, err
	}
	if n, ok := portOf(address); ok {
		e.Port = n
	} else {
		for _, name := range []string{"api", "endpoint", "http", "s3", "http-rustfs", "https-rustfs"} {
			if n, ok := namedPort(s.container(), name); ok {
				e.Port = n
				break
			}
		}
	}
	enabled, found, err := setting("RUSTFS_CONSOLE_ENABLE", "--console-enable")
	if err != nil {
		return Endpoint{}, err
	}
	if !found || enabled == "true" || enabled == "1" {
		e.ConsolePort = 9001
		console, _, err := setting("RUSTFS_CONSOLE_ADDRESS", "--console-address")
		if err != nil {
			return Endpoint{}, err
		}
		if n, ok := portOf(console); ok {
			e.ConsolePort = n
		}
	}
	tls, _, err := setting("RUSTFS_TLS_PATH", "--tls-path")
	e.MaybeTLS = tls != ""
	return e, err
}

// lookupSoft reads a setting; a source that may not be read counts as unset.
func lookupSoft(ctx context.Context, env *Env, name string) (string, bool, error) {
	v, ok, err := env.Lookup(ctx, name)
	var unreadable *UnreadableError
	if err != nil {
		if apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || errors.As(err, &unreadable) {
			return "", false, nil
		}
		return "", false, err
	}
	return strings.TrimSpace(v.Text()), ok, nil
}

func portOf(address string) (int, bool) {
	i := strings.LastIndex(address, ":")
	if i < 0 {
		return 0, false
	}
	n, err := strconv.Atoi(address[i+1:])
	return n, err == nil && n > 0
}

func namedPort(c corev1.Container, name string) (int, bool) {
	for _, p := range c.Ports {
		if p.Name == name {
			return int(p.ContainerPort), true
		}
	}
	return 0, false
}

// NotRunningError says that the server exists and no pod of it runs.
type NotRunningError struct{ Server Server }

func (e *NotRunningError) Error() string {
	reasons := make([]string, 0, len(e.Server.Pods))
	for _, p := range e.Server.Pods {
		reasons = append(reasons, p.Name+" "+WhyNotRunning(p))
	}
	return fmt.Sprintf("no pod of RustFS server %s is running: %s", e.Server.ID(), strings.Join(reasons, "; "))
}

// Hint says how to look at it.
func (e *NotRunningError) Hint() string {
	return fmt.Sprintf("kubectl describe pod %s -n %s", e.Server.Pods[0].Name, e.Server.Namespace)
}
