package talos

import (
	"context"
	"sync"

	cosi "github.com/cosi-project/runtime/api/v1alpha1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// cosiState serves resources as YAML, by type and id.
type cosiState struct {
	cosi.UnimplementedStateServer

	mu    sync.Mutex
	specs map[[2]string]string
}

func newState() *cosiState {
	return &cosiState{specs: map[[2]string]string{
		{"MachineTypes.config.talos.dev", "machine-type"}: "controlplane",
		{"TimeStatuses.v1alpha1.talos.dev", "node"}:       "synced: true\nepoch: 1\nsyncDisabled: false\n",
		{"EtcdSpecs.etcd.talos.dev", "etcd"}:              "name: cp-1\nadvertisedAddresses:\n    - 10.5.0.2\nimage: gcr.io/etcd-development/etcd:v3.6.12\n",
		{"OperatorSpecs.net.talos.dev", "dhcp4/eth0"}:     "operator: dhcp4\nlinkName: eth0\nrequireUp: true\nlayer: default\n",
	}}
}

func (s *cosiState) set(kind, id, spec string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if spec == "" {
		delete(s.specs, [2]string{kind, id})
		return
	}
	s.specs[[2]string{kind, id}] = spec
}

func (s *cosiState) spec(kind, id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.specs[[2]string{kind, id}]
}

// Get gives one resource.
func (s *cosiState) Get(_ context.Context, req *cosi.GetRequest) (*cosi.GetResponse, error) {
	spec := s.spec(req.GetType(), req.GetId())
	if spec == "" {
		return nil, status.Errorf(codes.NotFound, "resource %s(%s/%s) doesn't exist", req.GetType(), req.GetNamespace(), req.GetId())
	}
	return &cosi.GetResponse{Resource: resource(req.GetNamespace(), req.GetType(), req.GetId(), spec)}, nil
}

// List gives all resources of a type.
func (s *cosiState) List(req *cosi.ListRequest, stream cosi.State_ListServer) error {
	s.mu.Lock()
	var all []*cosi.Resource
	for key, spec := range s.specs {
		if key[0] == req.GetType() {
			all = append(all, resource(req.GetNamespace(), key[0], key[1], spec))
		}
	}
	s.mu.Unlock()
	for _, r := range all {
		if err := stream.Send(&cosi.ListResponse{Resource: r}); err != nil {
			return err
		}
	}
	return nil
}

func resource(namespace, kind, id, spec string) *cosi.Resource {
	return &cosi.Resource{
		Metadata: &cosi.Metadata{
			Namespace: namespace, Type: kind, Id: id, Version: "1", Phase: "running",
			Created: timestamppb.Now(), Updated: timestamppb.Now(),
		},
		Spec: &cosi.Spec{YamlSpec: spec},
	}
}
