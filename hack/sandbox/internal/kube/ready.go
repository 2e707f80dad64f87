package kube

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// nodes is what of a list of nodes matters here.
type nodes struct {
	Items []struct {
		Metadata struct{ Name string }
		Status   struct {
			Conditions []struct{ Type, Status, Message string }
		}
	}
}

// NodeAlive says whether a node's kubelet has talked to the API server since a moment. What the Node object says may be older.
func (c *Client) NodeAlive(ctx context.Context, name string, since time.Time) error {
	var lease struct {
		Spec struct{ RenewTime time.Time }
	}

	if err := c.Get(ctx, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/"+name, &lease); err != nil {
		return err
	}

	if lease.Spec.RenewTime.Before(since) {
		return errors.New("its kubelet has not been heard of yet")
	}

	return nil
}

// NodeReady says whether there are nodes and all of them are ready.
func (c *Client) NodeReady(ctx context.Context) error {
	var list nodes

	if err := c.Get(ctx, "/api/v1/nodes", &list); err != nil {
		return err
	}

	if len(list.Items) == 0 {
		return errors.New("no node has registered")
	}

	for _, n := range list.Items {
		for _, condition := range n.Status.Conditions {
			if condition.Type == "Ready" && condition.Status != "True" {
				return fmt.Errorf("node %s: %s", n.Metadata.Name, condition.Message)
			}
		}
	}

	return nil
}

// WorkloadReady says whether a DaemonSet, Deployment or StatefulSet has all its pods ready, and whether these run since the node was started: after a power
// cut the API server tells for a while what was true before it.
func (c *Client) WorkloadReady(ctx context.Context, namespace, resource, name string, since time.Time) error {
	var workload struct {
		Metadata struct{ Generation int64 }
		Spec     struct{ Replicas *int }
		Status   struct {
			ObservedGeneration     int64
			DesiredNumberScheduled int
		}
	}

	if err := c.Get(ctx, "/apis/apps/v1/namespaces/"+namespace+"/"+resource+"/"+name, &workload); err != nil {
		return err
	}

	want := 1
	if workload.Spec.Replicas != nil {
		want = *workload.Spec.Replicas
	}

	if resource == "daemonsets" {
		want = max(1, workload.Status.DesiredNumberScheduled)
	}

	if workload.Status.ObservedGeneration < workload.Metadata.Generation {
		return errors.New("it was not looked at yet")
	}

	ready, err := c.freshPods(ctx, namespace, name, since)
	if err == nil && ready < want {
		err = fmt.Errorf("%d of %d pods are ready", ready, want)
	}

	return err
}

// pod is what of a pod matters here.
type pod struct {
	Metadata struct{ Name string }
	Status   struct {
		ContainerStatuses []struct {
			Ready bool
			State struct {
				Running *struct{ StartedAt time.Time }
			}
		}
	}
}

// fresh says whether all containers are ready and run since a moment.
func (p pod) fresh(since time.Time) bool {
	for _, s := range p.Status.ContainerStatuses {
		if !s.Ready || s.State.Running == nil || s.State.Running.StartedAt.Before(since.Truncate(time.Second)) {
			return false
		}
	}

	return len(p.Status.ContainerStatuses) > 0
}

// freshPods counts a workload's pods that are ready and run since a moment.
func (c *Client) freshPods(ctx context.Context, namespace, workload string, since time.Time) (int, error) {
	pods, err := c.pods(ctx, namespace, workload)
	count := 0

	for _, p := range pods {
		if p.fresh(since) {
			count++
		}
	}

	return count, err
}

// pods lists a workload's pods.
func (c *Client) pods(ctx context.Context, namespace, workload string) ([]pod, error) {
	var list struct{ Items []pod }
	if err := c.Get(ctx, "/api/v1/namespaces/"+namespace+"/pods", &list); err != nil {
		return nil, err
	}

	return slices.DeleteFunc(list.Items, func(p pod) bool { return !strings.HasPrefix(p.Metadata.Name, workload+"-") }), nil
}

// DNSReady asks every CoreDNS itself, after WorkloadReady. A kubelet that is started anew takes containers that it finds running for ready until it has
// probed them, and CoreDNS answers SERVFAIL to everything until it has seen the cluster's Services.
func (c *Client) DNSReady(ctx context.Context) error {
	pods, err := c.pods(ctx, "kube-system", "coredns")
	if err != nil {
		return err
	}

	if len(pods) == 0 {
		return errors.New("it has no pods")
	}

	for _, p := range pods {
		if _, err = c.do(ctx, http.MethodGet, "/api/v1/namespaces/kube-system/pods/"+p.Metadata.Name+":8181/proxy/ready", "", nil); err != nil {
			return fmt.Errorf("%s: %w", p.Metadata.Name, err)
		}
	}

	return nil
}
