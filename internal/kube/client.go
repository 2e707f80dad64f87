// Package kube is the one place that knows client-go: it finds RustFS servers
// and backup CronJobs, follows credentials through pod specs, carries network
// connections into pods without a local listener, and runs Jobs.
package kube

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/gentype"
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
//
// It speaks of six kinds only. client-go's clientset knows all of them, and
// would make each program 20 MiB larger.
type Client struct {
	Config    *rest.Config
	Namespace string // of -n, else of the context, else "default"
	Explicit  bool   // the namespace was named on the command line

	core, batch rest.Interface
	params      runtime.ParameterCodec
	dialPod     podDialer // how a connection into a pod is made; replaced in tests
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
	c := &Client{Config: config, Namespace: ns, Explicit: explicit}
	if err := c.open(); err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	c.dialPod = c.tunnel
	return c, nil
}

// open makes the clients of the two API groups, over one transport.
func (c *Client) open() error {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, batchv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	c.params = runtime.NewParameterCodec(scheme)
	codecs := serializer.NewCodecFactory(scheme).WithoutConversion()
	transport, err := rest.HTTPClientFor(c.Config)
	if err != nil {
		return err
	}
	group := func(path string, gv schema.GroupVersion) (rest.Interface, error) {
		config := rest.CopyConfig(c.Config)
		config.APIPath, config.GroupVersion, config.NegotiatedSerializer = path, &gv, codecs
		config.ContentType, config.AcceptContentTypes = runtime.ContentTypeJSON, runtime.ContentTypeJSON
		return rest.RESTClientForConfigAndClient(config, transport)
	}
	if c.core, err = group("/api", corev1.SchemeGroupVersion); err != nil {
		return err
	}
	c.batch, err = group("/apis", batchv1.SchemeGroupVersion)
	return err
}

func (c *Client) pods(ns string) *gentype.ClientWithList[*corev1.Pod, *corev1.PodList] {
	return gentype.NewClientWithList("pods", c.core, c.params, ns, func() *corev1.Pod { return &corev1.Pod{} }, func() *corev1.PodList { return &corev1.PodList{} })
}

func (c *Client) services(ns string) *gentype.Client[*corev1.Service] {
	return gentype.NewClient("services", c.core, c.params, ns, func() *corev1.Service { return &corev1.Service{} })
}

func (c *Client) secrets(ns string) *gentype.Client[*corev1.Secret] {
	return gentype.NewClient("secrets", c.core, c.params, ns, func() *corev1.Secret { return &corev1.Secret{} })
}

func (c *Client) configMaps(ns string) *gentype.Client[*corev1.ConfigMap] {
	return gentype.NewClient("configmaps", c.core, c.params, ns, func() *corev1.ConfigMap { return &corev1.ConfigMap{} })
}

func (c *Client) cronJobs(ns string) *gentype.ClientWithList[*batchv1.CronJob, *batchv1.CronJobList] {
	return gentype.NewClientWithList("cronjobs", c.batch, c.params, ns, func() *batchv1.CronJob { return &batchv1.CronJob{} }, func() *batchv1.CronJobList { return &batchv1.CronJobList{} })
}

func (c *Client) jobs(ns string) *gentype.Client[*batchv1.Job] {
	return gentype.NewClient("jobs", c.batch, c.params, ns, func() *batchv1.Job { return &batchv1.Job{} })
}
