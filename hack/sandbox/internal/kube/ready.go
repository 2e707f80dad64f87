package kube

import (
	"context"
	"errors"
	"fmt"
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

// NodeRegistered says whether there are nodes.
func (c *Client) NodeRegistered(ctx context.Context) error {
	var list nodes

	err := c.Get(ctx, "/api/v1/nodes", &list)
	if err == nil && len(list.Items) == 0 {
		err = errors.New("there is none")
	}

	return err
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

// WorkloadReady says whether a DaemonSet, Deployment or StatefulSet has all its pods ready.
func (c *Client) WorkloadReady(ctx context.Context, namespace, resource, name string) error {
	var workload struct {
		Metadata struct{ Generation int64 }
		Spec     struct{ Replicas *int }
		Status   struct {
			ObservedGeneration     int64
			ReadyReplicas          int
			NumberReady            int
			DesiredNumberScheduled int
		}
	}

	if err := c.Get(ctx, "/apis/apps/v1/namespaces/"+namespace+"/"+resource+"/"+name, &workload); err != nil {
		return err
	}

	ready, want := workload.Status.ReadyReplicas, 1
	if workload.Spec.Replicas != nil {
		want = *workload.Spec.Replicas
	}

	if resource == "daemonsets" {
		ready, want = workload.Status.NumberReady, max(1, workload.Status.DesiredNumberScheduled)
	}

	if workload.Status.ObservedGeneration < workload.Metadata.Generation || ready < want {
		return fmt.Errorf("%d of %d pods are ready", ready, want)
	}

	return nil
}
