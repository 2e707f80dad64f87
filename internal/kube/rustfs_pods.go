package kube

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

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

var poolNumber = regexp.MustCompile(`-pool-?[0-9]+$`)

// owner names the workload a pod belongs to.
func owner(p corev1.Pod) (kind, name string) {
	if t := p.Labels["rustfs.tenant"]; t != "" {
		return "Tenant", t
	}
	if len(p.OwnerReferences) > 0 {
		switch o := p.OwnerReferences[0]; o.Kind {
		case "StatefulSet":
			if pool := p.Labels["rustfs.com/pool"]; pool != "" { // of upstream's chart; the first pool has no number
				return o.Kind, poolNumber.ReplaceAllString(o.Name, "")
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
