package kube

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
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

// FindServers finds the RustFS servers: in namespace, or everywhere when it is
// empty. Labels are asked first (the charts' and the operator's), and only
// where none fits the images and variables of all pods are looked at.
func (c *Client) FindServers(ctx context.Context, namespace string) ([]Server, error) {
	for _, selector := range []string{"app.kubernetes.io/name=rustfs", "rustfs.tenant", "app=rustfs", ""} {
		list, err := c.pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return nil, err
		}
		if servers := groupServers(list.Items); len(servers) > 0 {
			return servers, nil
		}
	}
	return nil, nil
}

// FindServer finds the one server to use: the one named NAMESPACE/NAME or
// NAME, else the only one of the namespace in force, else the only one of the
// cluster where that may be asked.
func (c *Client) FindServer(ctx context.Context, want string) (Server, error) {
	namespace, name := c.Namespace, want
	if ns, n, ok := strings.Cut(want, "/"); ok {
		namespace, name = ns, n
	}
	servers, err := c.FindServers(ctx, namespace)
	if err != nil {
		return Server{}, err
	}
	everywhere := !c.Explicit && !strings.Contains(want, "/")
	if everywhere && !slices.ContainsFunc(servers, func(s Server) bool { return name == "" || s.Name == name }) {
		all, err := c.FindServers(ctx, "")
		switch {
		case apierrors.IsForbidden(err):
			return Server{}, &NoServerError{Namespace: namespace, Name: name, Narrow: true}
		case err != nil:
			return Server{}, err
		}
		servers, namespace = all, ""
	}
	servers = slices.DeleteFunc(servers, func(s Server) bool { return name != "" && s.Name != name })
	switch len(servers) {
	case 0:
		return Server{}, &NoServerError{Namespace: namespace, Name: name}
	case 1:
		return servers[0], nil
	}
	return Server{}, &ManyServersError{Servers: servers}
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

// groupServers sorts the pods that run RustFS by workload.
func groupServers(pods []corev1.Pod) []Server {
	found := map[string]*Server{}
	for _, p := range pods {
		container, ok := serverContainer(p)
		if !ok {
			continue
		}
		workload, name := owner(p)
		id := p.Namespace + "/" + workload + "/" + name
		if found[id] == nil {
			found[id] = &Server{Namespace: p.Namespace, Name: name, Workload: workload, Container: container}
		}
		found[id].Pods = append(found[id].Pods, p)
	}
	servers := make([]Server, 0, len(found))
	for _, s := range found {
		servers = append(servers, *s)
	}
	slices.SortFunc(servers, func(a, b Server) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Workload, b.Workload))
	})
	return servers
}

// serverContainer finds the container that is a RustFS server. Pods of Jobs,
// of the operator, of set-up hooks and of tests are no servers although their
// labels are the same.
func serverContainer(p corev1.Pod) (string, bool) {
	switch p.Labels["app.kubernetes.io/component"] {
	case "setup", "operator", "console", "console-frontend":
		return "", false
	}
	if strings.Contains(p.Annotations["helm.sh/hook"], "test") || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
		return "", false
	}
	for _, o := range p.OwnerReferences {
		if o.Kind == "Job" {
			return "", false
		}
	}
	for _, c := range p.Spec.Containers {
		if imageName(c.Image) == "rustfs" {
			return c.Name, true
		}
	}
	for _, c := range p.Spec.Containers {
		if hasServerEnv(c) {
			return c.Name, true
		}
	}
	for _, c := range p.Spec.Containers {
		if labelled(p) && c.Name == "rustfs" && !slices.Contains([]string{"rc", "operator", "console-web", "cli", "mc"}, imageName(c.Image)) {
			return c.Name, true
		}
	}
	return "", false
}

func hasServerEnv(c corev1.Container) bool {
	return slices.ContainsFunc(c.Env, func(v corev1.EnvVar) bool { return v.Name == "RUSTFS_VOLUMES" || v.Name == "RUSTFS_ADDRESS" })
}

func labelled(p corev1.Pod) bool {
	_, tenant := p.Labels["rustfs.tenant"]
	return tenant || p.Labels["app.kubernetes.io/name"] == "rustfs" || p.Labels["app"] == "rustfs"
}

// imageName is the last path component of an image reference.
func imageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = image[strings.LastIndex(image, "/")+1:]
	image, _, _ = strings.Cut(image, ":")
	return image
}

// owner names the workload a pod belongs to.
func owner(p corev1.Pod) (kind, name string) {
	if t := p.Labels["rustfs.tenant"]; t != "" {
		return "Tenant", t
	}
	if len(p.OwnerReferences) > 0 {
		switch o := p.OwnerReferences[0]; o.Kind {
		case "StatefulSet":
			if pool := p.Labels["rustfs.com/pool"]; pool != "" {
				return o.Kind, p.Labels["app.kubernetes.io/instance"]
			}
			return o.Kind, o.Name
		case "ReplicaSet":
			return "Deployment", strings.TrimSuffix(o.Name, "-"+p.Labels["pod-template-hash"])
		default:
			return o.Kind, o.Name
		}
	}
	return "Pod", p.Name
}

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
	address, _, err := lookupSoft(ctx, env, "RUSTFS_ADDRESS")
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
	enabled, found, err := lookupSoft(ctx, env, "RUSTFS_CONSOLE_ENABLE")
	if err != nil {
		return Endpoint{}, err
	}
	if !found || enabled == "true" || enabled == "1" {
		e.ConsolePort = 9001
		console, _, err := lookupSoft(ctx, env, "RUSTFS_CONSOLE_ADDRESS")
		if err != nil {
			return Endpoint{}, err
		}
		if n, ok := portOf(console); ok {
			e.ConsolePort = n
		}
	}
	tls, _, err := lookupSoft(ctx, env, "RUSTFS_TLS_PATH")
	e.MaybeTLS = tls != ""
	return e, err
}

// lookupSoft reads a setting; a source that may not be read counts as unset.
func lookupSoft(ctx context.Context, env *Env, name string) (string, bool, error) {
	v, ok, err := env.Lookup(ctx, name)
	if err != nil {
		if apierrors.IsForbidden(err) || apierrors.IsNotFound(err) {
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

// Credential is a key pair and where it was found.
type Credential struct {
	AccessKey string
	SecretKey secret.Value
	Origin    string // "Secret rustfs/rustfs"; never a value
	Default   bool   // the built-in rustfsadmin
}

// RootCredential follows the pod spec to the server's root key: variables,
// files of volumes, legacy names, arguments, and at last RustFS' defaults
// (rustfs/src/config/cli.rs; precedence as in 1.0.1).
func (c *Client) RootCredential(ctx context.Context, s Server) (Credential, error) {
	env := c.EnvOf(s.Namespace, s.spec(), s.container())
	for _, names := range [][2]string{
		{"RUSTFS_ACCESS_KEY", "RUSTFS_SECRET_KEY"},
		{"RUSTFS_ACCESS_KEY_FILE", "RUSTFS_SECRET_KEY_FILE"},
		{"RUSTFS_ROOT_USER", "RUSTFS_ROOT_PASSWORD"},
		{"MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"},
	} {
		cred, ok, err := pairOf(ctx, env, names[0], names[1])
		if ok || err != nil {
			return cred, err
		}
	}
	args := slices.Concat(s.container().Command, s.container().Args)
	if a, b := argOf(args, "--access-key"), argOf(args, "--secret-key"); a != "" && b != "" {
		return Credential{AccessKey: a, SecretKey: secret.New(b), Origin: "arguments of container " + s.Container}, nil
	}
	return Credential{AccessKey: "rustfsadmin", SecretKey: secret.New("rustfsadmin"), Origin: "RustFS' built-in default", Default: true}, nil
}

func pairOf(ctx context.Context, env *Env, accessName, secretName string) (Credential, bool, error) {
	read := func(name string) (Value, bool, error) {
		v, ok, err := env.Lookup(ctx, name)
		if ok && err == nil && strings.HasSuffix(name, "_FILE") {
			return env.File(ctx, name, v.Text())
		}
		return v, ok, err
	}
	a, aok, err := read(accessName)
	if err != nil || !aok {
		return Credential{}, false, err
	}
	k, kok, err := read(secretName)
	if err != nil || !kok {
		return Credential{}, false, err
	}
	return Credential{AccessKey: strings.TrimSpace(a.Text()), SecretKey: secret.New(strings.TrimSpace(k.Text())), Origin: k.Origin}, true, nil
}

func argOf(args []string, name string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, name+"="); ok {
			return v
		}
		if a == name && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}
