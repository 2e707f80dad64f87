package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// object is what of a manifest the request's path is made of.
type object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name      string `yaml:"name"`
		Namespace string `yaml:"namespace"`
	} `yaml:"metadata"`

	text []byte
}

// resources are the kinds that are applied here.
var resources = map[string]string{
	"v1/Namespace": "namespaces", "v1/ConfigMap": "configmaps", "v1/Secret": "secrets", "v1/Service": "services", "v1/ServiceAccount": "serviceaccounts",
	"v1/PersistentVolume": "persistentvolumes", "v1/PersistentVolumeClaim": "persistentvolumeclaims", "apps/v1/Deployment": "deployments",
	"apps/v1/StatefulSet": "statefulsets", "batch/v1/CronJob": "cronjobs", "talos.dev/v1alpha1/ServiceAccount": "serviceaccounts",
}

// path is the object's address on the API server.
func (o object) path() (string, error) {
	resource, ok := resources[o.APIVersion+"/"+o.Kind]
	if !ok {
		return "", fmt.Errorf("%s %s cannot be applied", o.APIVersion, o.Kind)
	}

	path := "/apis/" + o.APIVersion
	if o.APIVersion == "v1" {
		path = "/api/v1"
	}

	if o.Metadata.Namespace != "" {
		path += "/namespaces/" + o.Metadata.Namespace
	}

	return path + "/" + resource + "/" + o.Metadata.Name + "?force=true&fieldManager=" + manager, nil
}

// parse splits a stream of manifests.
func parse(manifests []byte) ([]object, error) {
	var objects []object

	for decoder := yaml.NewDecoder(bytes.NewReader(manifests)); ; {
		var document yaml.Node

		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}

		if err != nil {
			return nil, fmt.Errorf("read the manifests: %w", err)
		}

		var o object
		if err = document.Decode(&o); err != nil {
			return nil, fmt.Errorf("read the manifests: %w", err)
		}

		if o.Kind == "" {
			continue
		}

		if o.text, err = yaml.Marshal(&document); err != nil {
			return nil, err
		}

		objects = append(objects, o)
	}
}

// parallel is how many objects are applied at once.
const parallel = 8

// Apply makes the objects, or makes them look as they should: the namespaces first, then everything else at once.
// Kinds and namespaces may not be there yet, so what fails is tried again until time is up.
func (c *Client) Apply(ctx context.Context, manifests []byte) (int, error) {
	objects, err := parse(manifests)
	if err != nil {
		return 0, err
	}

	var first, rest []object

	for _, o := range objects {
		if o.Kind == "Namespace" {
			first = append(first, o)
		} else {
			rest = append(rest, o)
		}
	}

	if err = c.applyAll(ctx, first); err == nil {
		err = c.applyAll(ctx, rest)
	}

	return len(objects), err
}

func (c *Client) applyAll(ctx context.Context, objects []object) error {
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		failed error
		slots  = make(chan struct{}, parallel)
	)

	for _, o := range objects {
		slots <- struct{}{}

		wait.Go(func() {
			defer func() { <-slots }()

			if err := c.apply(ctx, o); err != nil {
				mu.Lock()
				failed = errors.Join(failed, fmt.Errorf("apply %s %s: %w", o.Kind, o.Metadata.Name, err))
				mu.Unlock()
			}
		})
	}

	wait.Wait()

	return failed
}

func (c *Client) apply(ctx context.Context, o object) error {
	path, err := o.path()
	if err != nil {
		return err
	}

	for {
		_, err = c.do(ctx, http.MethodPatch, path, "application/apply-patch+yaml", o.text)
		if err == nil || !temporary(err) {
			return err
		}

		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// temporary says whether the same request may succeed later: the kind or the namespace is not there yet, or the server is not.
func temporary(err error) bool {
	var status *statusError
	if !errors.As(err, &status) {
		return true
	}

	return status.code == http.StatusNotFound || status.code == http.StatusConflict || status.code == http.StatusForbidden ||
		status.code == http.StatusTooManyRequests || status.code >= http.StatusInternalServerError
}
