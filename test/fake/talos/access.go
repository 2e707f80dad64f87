package talos

import (
	"context"
	"path"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// access is machined's rule table (services/machined.go) for the calls here.
func access(method string) []string {
	switch method {
	case "ServiceList", "Version", "List", "Get":
		return []string{"os:admin", "os:operator", "os:reader"}
	case "EtcdMemberList":
		return []string{"os:admin", "os:operator", "os:reader", "os:etcd:backup"}
	}
	return []string{"os:admin"}
}

// admit notes a call and refuses what machined and apid would.
func (n *Node) admit(ctx context.Context, full string) error {
	method := path.Base(full)
	md, _ := metadata.FromIncomingContext(ctx)
	if len(md.Get("nodes")) > 0 {
		return status.Error(codes.InvalidArgument, "one-to-many proxying is not for a restore")
	}
	nodes := md.Get("node")
	if len(nodes) > 1 {
		return status.Error(codes.InvalidArgument, "node metadata must be single-valued")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls = append(n.calls, method)
	n.nodes = append(n.nodes, append(nodes, "")[0])
	roles := n.faults.Roles
	if len(roles) == 0 {
		return nil
	}
	for _, r := range access(method) {
		if slices.Contains(roles, r) {
			return nil
		}
	}
	return status.Error(codes.PermissionDenied, "not authorized")
}

func (n *Node) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if err := n.admit(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	return handle(ctx, req)
}

func (n *Node) stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	if err := n.admit(s.Context(), info.FullMethod); err != nil {
		return err
	}
	return handle(srv, s)
}
