package s3

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
)

// pageKeys is how many entries a page has that no other number was asked of.
const pageKeys = 1000

// Objects lists a bucket, page after page, in the order of the keys, and the
// newest version of a key first. The list ends at the first error, which is
// the last pair. While one page is used the next is on its way, unless MaxKeys
// says that a few are enough. No more than two pages are held in memory; with
// SideBySide, what some folders' lists may be ahead.
func (s *Store) Objects(ctx context.Context, bucket string, l List) iter.Seq2[Object, error] {
	plain := !l.Versions && !l.Folders
	if plain && l.SideBySide {
		return s.spread(ctx, bucket, l)
	}
	list := s.listed(ctx, bucket, l)
	if l.MaxKeys == 0 {
		list = s.ahead(ctx, bucket, l, pageKeys)
	}
	if plain {
		return list
	}
	return inOrder(list, cmp.Or(l.MaxKeys, pageKeys))
}

// listed is Objects in the order of the server.
func (s *Store) listed(ctx context.Context, bucket string, l List) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		pages, cancel := context.WithCancel(ctx)
		defer cancel()
		owner := false
		var guard loopGuard
		for o := range s.client.ListObjectsIter(pages, bucket, minio.ListObjectsOptions{
			Prefix: l.Prefix, Recursive: !l.Folders, WithVersions: l.Versions, MaxKeys: l.MaxKeys, FetchOwner: &owner,
		}) {
			if o.Err != nil {
				yield(Object{}, wrap(o.Err, "list bucket %q", bucket))
				return
			}
			v := Object{Key: o.Key, Size: o.Size, Modified: o.LastModified, ETag: o.ETag, VersionID: o.VersionID, DeleteMarker: o.IsDeleteMarker, Latest: o.IsLatest}
			v.Folder = l.Folders && o.ETag == "" && o.LastModified.IsZero() && strings.HasSuffix(o.Key, "/")
			if guard.repeats(v) {
				yield(Object{}, wrap(errLoop, "list bucket %q", bucket))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		// The SDK just ends when it is cancelled between two pages, and half a
		// list must not pass for a whole one.
		if err := ctx.Err(); err != nil {
			yield(Object{}, wrap(err, "list bucket %q", bucket))
		}
	}
}

// errLoop is said of servers that answer a page again and again (RustFS before
// 1.0.0-beta.12, issue 5792).
var errLoop = errors.New("the server sends the same page again and again; a newer version does not")

// loopGuard notices that a server goes round in circles: where keys go back
// and not on, it remembers them, and none may come twice.
type loopGuard struct {
	last  [3]string // of objects, of markers, of folders: each comes in order
	seen  map[string]bool
	first [3]bool
}

const maxMarks = 10_000

func (g *loopGuard) repeats(o Object) bool {
	kind := 0
	switch {
	case o.DeleteMarker:
		kind = 1
	case o.Folder:
		kind = 2
	}
	last := g.last[kind]
	g.last[kind] = o.Key
	if g.first[kind] && (o.Key > last || o.Key == last && o.VersionID != "") {
		return false
	}
	g.first[kind] = true
	mark := o.Key + "\x00" + o.VersionID
	if g.seen[mark] {
		return true
	}
	if g.seen == nil || len(g.seen) > maxMarks {
		g.seen = map[string]bool{}
	}
	g.seen[mark] = true
	return false
}

// inOrder sorts each page: servers tell delete markers before versions, and
// folders after objects. A page ends where it is full, or where what comes
// first comes again.
func inOrder(list iter.Seq2[Object, error], size int) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		page := make([]Object, 0, size)
		flush := func() bool {
			slices.SortStableFunc(page, byKey)
			for _, o := range page {
				if !yield(o, nil) {
					return false
				}
			}
			page = page[:0]
			return true
		}
		for o, err := range list {
			if err != nil {
				if flush() {
					yield(o, err)
				}
				return
			}
			if n := len(page); n > 0 && (n >= size || second(page[n-1]) && !second(o)) && !flush() {
				return
			}
			if page = append(page, o); len(page) == size && !flush() {
				return
			}
		}
		flush()
	}
}

// second reports whether an entry is of the kind that comes second in a page.
func second(o Object) bool { return o.Folder || o.VersionID != "" && !o.DeleteMarker }

func byKey(a, b Object) int {
	switch {
	case a.Key != b.Key:
		return strings.Compare(a.Key, b.Key)
	case a.Latest != b.Latest:
		if a.Latest {
			return -1
		}
		return 1
	}
	return b.Modified.Compare(a.Modified)
}
