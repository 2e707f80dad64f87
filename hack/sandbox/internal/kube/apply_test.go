package kube

import "testing"

func TestPath(t *testing.T) {
	objects, err := parse([]byte(`apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
# nothing here
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
`))
	if err != nil {
		t.Fatal(err)
	}

	want := []string{
		"/api/v1/namespaces/shop?force=true&fieldManager=sandbox",
		"/apis/apps/v1/namespaces/shop/deployments/web?force=true&fieldManager=sandbox",
	}
	if len(objects) != len(want) {
		t.Fatalf("%d objects", len(objects))
	}

	for i, o := range objects {
		if got, err := o.path(); err != nil || got != want[i] {
			t.Errorf("got %s, %v; want %s", got, err, want[i])
		}
	}
}

func TestUnknownKind(t *testing.T) {
	if _, err := (object{APIVersion: "v2", Kind: "Gadget"}).path(); err == nil {
		t.Error("no error")
	}
}
