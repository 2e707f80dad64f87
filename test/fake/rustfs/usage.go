package rustfs

import (
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// splitFrom is of how many objects on the scanner counts the parts of a folder
// by themselves. (rustfs-scanner/src/scanner_folder.rs)
const splitFrom = 500

// within reports that a folder lies in one that the scanner does not split.
func (s *Server) within(bucket, folder string) bool {
	for i := range folder {
		if folder[i] != '/' || i == len(folder)-1 {
			continue
		}
		if u, err := s.store.Usage(bucket, folder[:i+1]); err == nil && u.Objects < splitFrom {
			return true
		}
	}
	return false
}

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
