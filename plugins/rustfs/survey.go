package rustfs

import (
	"context"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

// survey finds servers and connects to each, for commands that look at all of
// them. Connections are kept, so that it can be repeated.
type survey struct {
	*plugin
	allNamespaces bool

	known map[string]*target // by server and pod
}

// surveyed is one server: as it was found, and how it is reached.
type surveyed struct {
	server *kube.Server // nil with --endpoint
	target *target      // nil: see err
	err    error        // why it cannot be talked to
}

func (s *survey) addFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&s.allNamespaces, "all-namespaces", "A", false, "Look in all namespaces, and fail where that is not allowed")
}

// look finds the servers: the one named, those of the namespace named, or all
// of the cluster where that may be asked.
func (s *survey) look(ctx context.Context) ([]surveyed, error) {
	if s.where.endpoint != "" {
		if s.allNamespaces {
			return nil, cli.Usagef("--endpoint and --all-namespaces name two places").WithHint("use one of them")
		}
		t, err := s.target(ctx)
		if err != nil {
			return nil, err
		}
		return []surveyed{{target: t}}, nil
	}
	servers, err := s.servers(ctx)
	if err != nil {
		return nil, err
	}
	cred, given, err := s.where.credential(s.In)
	if err != nil {
		return nil, err
	}
	out := make([]surveyed, 0, len(servers))
	for _, found := range servers {
		one := surveyed{server: &found}
		one.target, one.err = s.reach(ctx, found, cred, given)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		out = append(out, one)
	}
	return out, nil
}

// servers are those that the flags mean.
func (s *survey) servers(ctx context.Context) ([]kube.Server, error) {
	k, err := s.kube(ctx)
	if err != nil {
		return nil, err
	}
	if s.where.server != "" {
		found, err := k.FindServer(ctx, s.where.server)
		return []kube.Server{found}, err
	}
	scope := ""
	if k.Explicit && !s.allNamespaces {
		scope = k.Namespace
	}
	servers, err := k.Servers(ctx, scope)
	if apierrors.IsForbidden(err) && scope == "" && !s.allNamespaces {
		scope = k.Namespace
		servers, err = k.Servers(ctx, scope)
	}
	if err != nil {
		return nil, err
	}
	if len(servers) == 0 {
		e := &kube.NoServerError{Namespace: scope}
		return nil, &cli.Found{Reason: e.Error(), HintText: e.Hint()}
	}
	return servers, nil
}

// reach connects to one of the servers found, once for each of its pods.
func (s *survey) reach(ctx context.Context, found kube.Server, cred kube.Credential, given bool) (*target, error) {
	id := found.ID()
	if p, ok := found.Pod(); ok {
		id += "/" + string(p.UID) + p.Name
	}
	if t := s.known[id]; t != nil {
		t.server = &found
		return t, nil
	}
	k, err := s.kube(ctx)
	if err != nil {
		return nil, err
	}
	t, err := s.toServer(ctx, k, found, cred, given)
	if err != nil {
		return nil, err
	}
	if s.known == nil {
		s.known = map[string]*target{}
	}
	s.known[id] = t
	return t, nil
}
