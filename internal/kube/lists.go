package kube

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// The API groups that lists are read from.
const (
	coreAPI       = "/api/v1"
	appsAPI       = "/apis/apps/v1"
	batchAPI      = "/apis/batch/v1"
	networkingAPI = "/apis/networking.k8s.io/v1"
	gatewayAPI    = "/apis/gateway.networking.k8s.io/v1"
	traefikAPI    = "/apis/traefik.io/v1alpha1"
)

const pageSize = "500"

// listAll reads a list of any kind, page by page, into a type that has what is
// wanted of it: no scheme has to know the kind.
func listAll[T any](ctx context.Context, c *Client, api, resource, namespace string) ([]T, error) {
	path := api
	if namespace != "" {
		path += "/namespaces/" + namespace
	}
	path += "/" + resource
	var out []T
	for next := ""; ; {
		request := c.core.Get().AbsPath(path).Param("limit", pageSize)
		if next != "" {
			request = request.Param("continue", next)
		}
		result := request.Do(ctx)
		if err := result.Error(); err != nil {
			return nil, err
		}
		body, err := result.Raw()
		if err != nil {
			return nil, err
		}
		var page struct {
			Metadata struct {
				Continue string `json:"continue"`
			} `json:"metadata"`
			Items []T `json:"items"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, fmt.Errorf("list of %s: %w", resource, err)
		}
		out = append(out, page.Items...)
		if next = page.Metadata.Continue; next == "" {
			return out, nil
		}
	}
}

// getOne reads one object of any kind into a type that has what is wanted of
// it; namespace is empty for objects of the cluster.
func getOne[T any](ctx context.Context, c *Client, api, resource, namespace, name string) (T, error) {
	var out T
	path := api
	if namespace != "" {
		path += "/namespaces/" + namespace
	}
	result := c.core.Get().AbsPath(path + "/" + resource + "/" + name).Do(ctx)
	if err := result.Error(); err != nil {
		return out, err
	}
	body, err := result.Raw()
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(body, &out)
}

// listWidely reads a list of the whole cluster, or of one namespace where the
// cluster's may not be read. where says what could not be read.
func listWidely[T any](ctx context.Context, c *Client, api, resource, namespace string) (items []T, unread string, err error) {
	items, err = listAll[T](ctx, c, api, resource, "")
	if err == nil || !apierrors.IsForbidden(err) {
		return items, "", err
	}
	items, err = listAll[T](ctx, c, api, resource, namespace)
	if apierrors.IsForbidden(err) {
		return nil, resource + " (forbidden)", nil
	}
	return items, resource + " outside namespace " + namespace + " (forbidden)", err
}
