// Package kube is the one place that knows client-go: it finds RustFS servers
// and backup CronJobs, follows credentials through pod specs, carries network
// connections into pods without a local listener, and runs Jobs.
package kube

import (
	"fmt"

	"k8s.io/client-go/kubernetes"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // the login methods that kubeconfigs may name
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Getter is what the kubeconfig flags give: cli-runtime's RESTClientGetter has
// these methods.
type Getter interface {
	ToRESTConfig() (*rest.Config, error)
	ToRawKubeConfigLoader() clientcmd.ClientConfig
}

// Client is a Kubernetes API server and the namespace in force.
type Client struct {
	API       kubernetes.Interface
	Config    *rest.Config
	Namespace string // of -n, else of the context, else "default"
	Explicit  bool   // the namespace was named on the command line

	dialPod podDialer // how a connection into a pod is made; replaced in tests
}

// Connect makes a client from the kubeconfig flags. It sends nothing yet.
func Connect(g Getter) (*Client, error) {
	config, err := g.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	ns, explicit, err := g.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	api, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	c := &Client{API: api, Config: config, Namespace: ns, Explicit: explicit}
	c.dialPod = c.tunnel
	return c, nil
}
