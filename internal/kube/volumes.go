package kube

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Volume is a place where a pod keeps data, followed as far as the API may be
// read: pod → claim → volume → node.
type Volume struct {
	Pod    string
	Mount  string // the path in the container
	Source string // "PersistentVolumeClaim", "emptyDir", "hostPath"

	Claim   string // name of the claim
	Class   string // of storage
	Phase   string // of the claim: "Bound"
	Bytes   int64  // capacity; 0: unknown
	Name    string // of the PersistentVolume
	Reclaim string // "Delete", "Retain"
	Driver  string // "local", "hostPath", or the CSI driver's name

	Path         string // on the node; empty: not on a node's disk
	Node         string // the one node it lies on; empty: it can move
	ControlPlane bool   // that node is one of the control plane
	Talos        bool   // that node runs Talos
}

// Volumes are those that a server's pods write to. unread says what could not
// be looked at.
func (c *Client) Volumes(ctx context.Context, s Server) (volumes []Volume, unread []string) {
	f := follower{client: c, nodes: map[string]nodeFacts{}}
	for _, p := range s.Pods {
		for _, m := range mountsOf(p, s.Container) {
			i := slices.IndexFunc(p.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
			if i < 0 || m.ReadOnly {
				continue
			}
			v, ok := f.follow(ctx, p, p.Spec.Volumes[i])
			if ok {
				v.Pod, v.Mount = p.Name, m.MountPath
				volumes = append(volumes, v)
			}
		}
	}
	slices.Sort(f.unread)
	return volumes, slices.Compact(f.unread)
}

func mountsOf(p corev1.Pod, container string) []corev1.VolumeMount {
	for _, c := range p.Spec.Containers {
		if c.Name == container {
			return c.VolumeMounts
		}
	}
	return nil
}

// follower follows volumes and remembers the nodes seen.
type follower struct {
	client *Client
	nodes  map[string]nodeFacts
	unread []string
}

type nodeFacts struct{ controlPlane, talos bool }

func (f *follower) missed(err error, what string) {
	switch {
	case apierrors.IsForbidden(err):
		f.unread = append(f.unread, what+" (forbidden)")
	case apierrors.IsNotFound(err):
		f.unread = append(f.unread, what+" (not found)")
	default:
		f.unread = append(f.unread, fmt.Sprintf("%s (%v)", what, err))
	}
}

// follow is false for volumes that hold no data of the server's: Secrets,
// ConfigMaps, projections.
func (f *follower) follow(ctx context.Context, p corev1.Pod, v corev1.Volume) (Volume, bool) {
	switch {
	case v.EmptyDir != nil:
		return Volume{Source: "emptyDir", Node: p.Spec.NodeName}, true
	case v.HostPath != nil:
		out := Volume{Source: "hostPath", Path: v.HostPath.Path, Node: p.Spec.NodeName}
		f.at(ctx, &out)
		return out, true
	case v.PersistentVolumeClaim != nil:
		return f.claim(ctx, p, v.PersistentVolumeClaim.ClaimName), true
	case v.Ephemeral != nil:
		return f.claim(ctx, p, p.Name+"-"+v.Name), true
	}
	return Volume{}, false
}

func (f *follower) claim(ctx context.Context, p corev1.Pod, name string) Volume {
	out := Volume{Source: "PersistentVolumeClaim", Claim: name}
	pvc, err := getOne[corev1.PersistentVolumeClaim](ctx, f.client, coreAPI, "persistentvolumeclaims", p.Namespace, name)
	if err != nil {
		f.missed(err, "PersistentVolumeClaim "+p.Namespace+"/"+name)
		return out
	}
	out.Phase, out.Name = string(pvc.Status.Phase), pvc.Spec.VolumeName
	if pvc.Spec.StorageClassName != nil {
		out.Class = *pvc.Spec.StorageClassName
	}
	if q, ok := pvc.Status.Capacity[corev1.ResourceStorage]; ok {
		out.Bytes = q.Value()
	} else if q, ok := pvc.Spec.Resources.Requests[corev1.ResourceStorage]; ok {
		out.Bytes = q.Value()
	}
	if out.Name == "" {
		return out
	}
	pv, err := getOne[corev1.PersistentVolume](ctx, f.client, coreAPI, "persistentvolumes", "", out.Name)
	if err != nil {
		f.missed(err, "PersistentVolume "+out.Name)
		return out
	}
	f.volume(ctx, p, pv, &out)
	return out
}

func (f *follower) volume(ctx context.Context, p corev1.Pod, pv corev1.PersistentVolume, out *Volume) {
	out.Reclaim = string(pv.Spec.PersistentVolumeReclaimPolicy)
	switch s := pv.Spec.PersistentVolumeSource; {
	case s.Local != nil:
		out.Driver, out.Path = "local", s.Local.Path
	case s.HostPath != nil:
		out.Driver, out.Path = "hostPath", s.HostPath.Path
	case s.CSI != nil:
		out.Driver = s.CSI.Driver
	case s.NFS != nil:
		out.Driver = "nfs"
	}
	out.Node = pinned(pv.Spec.NodeAffinity)
	if out.Node == "" && out.Path != "" {
		out.Node = p.Spec.NodeName // a path without affinity lies where the pod runs
	}
	f.at(ctx, out)
}

// pinned is the one node that a volume's affinity names; empty: none, or
// several.
func pinned(a *corev1.VolumeNodeAffinity) string {
	if a == nil || a.Required == nil || len(a.Required.NodeSelectorTerms) != 1 {
		return ""
	}
	term := a.Required.NodeSelectorTerms[0]
	for _, e := range slices.Concat(term.MatchExpressions, term.MatchFields) {
		host := e.Key == corev1.LabelHostname || e.Key == "metadata.name" || strings.HasSuffix(e.Key, "/node") || strings.HasSuffix(e.Key, "/hostname")
		if host && e.Operator == corev1.NodeSelectorOpIn && len(e.Values) == 1 {
			return e.Values[0]
		}
	}
	return ""
}

// at looks at the node that a volume lies on.
func (f *follower) at(ctx context.Context, v *Volume) {
	if v.Node == "" {
		return
	}
	facts, ok := f.nodes[v.Node]
	if !ok {
		n, err := getOne[corev1.Node](ctx, f.client, coreAPI, "nodes", "", v.Node)
		if err != nil {
			f.missed(err, "Node "+v.Node)
		} else {
			_, controlPlane := n.Labels["node-role.kubernetes.io/control-plane"]
			facts = nodeFacts{controlPlane: controlPlane, talos: strings.HasPrefix(n.Status.NodeInfo.OSImage, "Talos")}
		}
		f.nodes[v.Node] = facts
	}
	v.ControlPlane, v.Talos = facts.controlPlane, facts.talos
}
