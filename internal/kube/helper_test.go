package kube_test

import (
	"os"
	"path/filepath"
	"testing"

	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/apiserver"
)

// cluster is a fake API server with the given objects, and a client of it.
func cluster(t *testing.T, namespace, objects string) (*apiserver.Server, *kube.Client) {
	t.Helper()
	s := apiserver.New()
	t.Cleanup(s.Close)
	if err := s.Add([]byte(objects)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, s.Kubeconfig("default"), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig = &file
	if namespace != "" {
		flags.Namespace = &namespace
	}
	c, err := kube.Connect(flags)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}
