package s3

import (
	"cmp"
	"context"
	"iter"
)

// Limits of a list that is made side by side.
const (
	spreadFolders = 64     // with more of them one list is faster than many small ones
	spreadAtOnce  = 3      // a server of two cores gains nothing from more
	spreadAhead   = 10_000 // entries that the list of a folder may be ahead
	spreadDepth   = 8      // levels that hold nothing but one folder
)

// spread lists what Objects does, in the same order. Up to a page it is one
// list. Where there is more, and it lies in some folders, each of these is
// listed by itself and several at once: a server reads the keys of one list one
// after the other. What is below a folder is exactly what begins with its name,
// so nothing is left out; what the first page told is not told again.
func (s *Store) spread(ctx context.Context, bucket string, l List) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		next, stop := iter.Pull2(s.listed(ctx, bucket, l))
		defer stop()
		page := cmp.Or(l.MaxKeys, pageKeys)
		told := make(map[string]bool, page)
		for len(told) < page {
			o, err, ok := next()
			if !ok || !yield(o, err) || err != nil {
				return
			}
			told[o.Key] = true
		}
		if level := s.level(ctx, bucket, l, page); len(level) > 0 {
			s.sideBySide(ctx, bucket, l, level, told, yield)
			return
		}
		r := run(ctx, page, func(context.Context) iter.Seq2[Object, error] {
			return func(yield func(Object, error) bool) {
				for {
					if o, err, ok := next(); !ok || !yield(o, err) {
						return
					}
				}
			}
		})
		defer r.stop()
		r.rest(yield)
	}
}

// level is what a prefix holds right below it, when it is worth to list the
// folders there side by side. A level that is one folder is left for what is
// in it.
func (s *Store) level(ctx context.Context, bucket string, l List, page int) []Object {
	l.Folders = true
	for range spreadDepth {
		var entries []Object
		folders := 0
		for e, err := range inOrder(s.listed(ctx, bucket, l), page) {
			if entries = append(entries, e); err != nil || len(entries) == page { // there may be more
				return nil
			}
			if e.Folder {
				folders++
			}
		}
		switch {
		case len(entries) == 1 && folders == 1:
			l.Prefix = entries[0].Key
		case folders > 1 && folders <= spreadFolders:
			return entries
		default:
			return nil
		}
	}
	return nil
}

// sideBySide tells the entries of a level and what its folders hold, but for
// what was told.
func (s *Store) sideBySide(ctx context.Context, bucket string, l List, level []Object, told map[string]bool, yield func(Object, error) bool) {
	var under []*running // the lists of the next folders, in their order
	next := 0            // of level: what is not under way yet
	defer func() {
		for _, r := range under {
			r.stop()
		}
	}()
	tell := func(o Object, err error) bool { return err == nil && told[o.Key] || yield(o, err) && err == nil }
	for _, e := range level {
		for ; next < len(level) && len(under) < spreadAtOnce; next++ {
			if f := level[next]; f.Folder {
				l.Prefix = f.Key
				under = append(under, s.run(ctx, bucket, l, spreadAhead))
			}
		}
		if !e.Folder {
			if !tell(e, nil) {
				return
			}
			continue
		}
		if !under[0].rest(tell) {
			return
		}
		under[0].stop()
		under = under[1:]
	}
}

// ahead lists, and the list runs ahead of who takes from it by n entries.
func (s *Store) ahead(ctx context.Context, bucket string, l List, n int) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		r := s.run(ctx, bucket, l, n)
		defer r.stop()
		r.rest(yield)
	}
}

// running is a list that runs ahead of who takes from it.
type running struct {
	entries <-chan entry
	stop    func() // and wait for its end; only to be called once
}

type entry struct {
	Object
	err error
}

func (s *Store) run(ctx context.Context, bucket string, l List, n int) *running {
	return run(ctx, n, func(ctx context.Context) iter.Seq2[Object, error] { return s.listed(ctx, bucket, l) })
}

// run starts a list that may be n entries ahead.
func run(ctx context.Context, n int, list func(context.Context) iter.Seq2[Object, error]) *running {
	ctx, cancel := context.WithCancel(ctx)
	entries, enough := make(chan entry, n), make(chan struct{})
	go func() {
		defer close(entries)
		for o, err := range list(ctx) {
			select {
			case entries <- entry{o, err}:
			case <-enough:
				return
			}
		}
	}()
	return &running{entries: entries, stop: func() {
		cancel()
		close(enough)
		for range entries {
			continue // until the list has ended
		}
	}}
}

// rest tells what is left of the list; false when it was not all told.
func (r *running) rest(yield func(Object, error) bool) bool {
	for e := range r.entries {
		if !yield(e.Object, e.err) {
			return false
		}
	}
	return true
}
