package rustfs

import (
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// children returns the names directly below a prefix, without slashes.
func (s *Server) children(bucket, prefix string) []string {
	var names []string
	q := store.Query{Prefix: prefix, Delimiter: "/", Max: maxListKeys}
	for {
		page, err := s.store.List(bucket, q)
		if err != nil {
			return names
		}
		for _, item := range page.Items {
			names = append(names, strings.TrimPrefix(item.Key, prefix))
		}
		for _, p := range page.Prefixes {
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(p, prefix), "/"))
		}
		if !page.Truncated {
			return names
		}
		q.After = page.Next
	}
}
