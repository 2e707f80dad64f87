package s3test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

func pages(t *testing.T, e env) {
	const many = 1100 // more than a page holds
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	next := make(chan int)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range next {
				if err := e.store.Put(ctx, bucket, fmt.Sprintf("d%d/%04d", i%3, i), strings.NewReader("12"), 2); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range many {
		next <- i
	}
	close(next)
	all.Wait()

	for _, l := range []s3.List{{}, {Versions: true}, {MaxKeys: 300}, {MaxKeys: 300, Versions: true}} {
		got := list(t, e.store, bucket, l)
		if len(got) != many || !slices.IsSortedFunc(got, func(a, b s3.Object) int { return strings.Compare(a.Key, b.Key) }) {
			t.Errorf("%+v: %d objects", l, len(got))
		}
		if u := slices.CompactFunc(got, func(a, b s3.Object) bool { return a.Key == b.Key }); len(u) != many {
			t.Errorf("%+v: only %d are different", l, len(u))
		}
	}
	n := 0
	for _, err := range e.store.Objects(ctx, bucket, s3.List{}) {
		must(t, err)
		if n++; n == 5 {
			break
		}
	}
	count := func(limit int64, want s3.Count) {
		t.Helper()
		got, err := e.store.Count(ctx, bucket, limit)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("count up to %d (-want +got):\n%s", limit, diff)
		}
	}
	count(0, s3.Count{Objects: many, Versions: many, Bytes: 2 * many})
	count(1, s3.Count{Objects: 1, Versions: 1, Bytes: 2})
	count(1050, s3.Count{Objects: 1050, Versions: 1050, Bytes: 2100})
	var told []int64
	must(t, e.store.RemoveAllVersions(ctx, bucket, func(n int64) { told = append(told, n) }))
	if diff := cmp.Diff([]int64{1000, many}, told); diff != "" {
		t.Errorf("told while removing (-want +got):\n%s", diff)
	}
	count(0, s3.Count{})
	must(t, e.store.DeleteBucket(ctx, bucket))
}

func versions(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	put(t, e.store, bucket, "before", "1") // version "null"
	must(t, e.store.EnableVersioning(ctx, bucket))
	put(t, e.store, bucket, "gone", "123")
	put(t, e.store, bucket, "kept", "1")
	put(t, e.store, bucket, "kept", "12")
	remove(t, e, bucket, "gone")

	type entry struct {
		Key    string
		Size   int64
		Marker bool
	}
	entries := func(l s3.List) (out []entry) {
		ids := map[string]bool{}
		for _, o := range list(t, e.store, bucket, l) {
			out = append(out, entry{o.Key, o.Size, o.DeleteMarker})
			if l.Versions && (o.VersionID == "" || ids[o.Key+o.VersionID]) {
				t.Errorf("version %q of %s", o.VersionID, o.Key)
			}
			ids[o.Key+o.VersionID] = true
		}
		// RustFS tells the markers of a page first.
		slices.SortStableFunc(out, func(a, b entry) int { return strings.Compare(a.Key, b.Key) })
		return out
	}
	if diff := cmp.Diff([]entry{{"before", 1, false}, {"kept", 2, false}}, entries(s3.List{})); diff != "" {
		t.Errorf("newest (-want +got):\n%s", diff)
	}
	want := []entry{{"before", 1, false}, {"gone", 0, true}, {"gone", 3, false}, {"kept", 2, false}, {"kept", 1, false}}
	for _, size := range []int{0, 1, 2} { // a page can end between the versions of an object
		if diff := cmp.Diff(want, entries(s3.List{Versions: true, MaxKeys: size})); diff != "" {
			t.Errorf("versions in pages of %d (-want +got):\n%s", size, diff)
		}
	}
	count, err := e.store.Count(ctx, bucket, 0)
	must(t, err)
	if diff := cmp.Diff(s3.Count{Objects: 2, Versions: 4, DeleteMarkers: 1, Bytes: 7}, count); diff != "" {
		t.Errorf("count (-want +got):\n%s", diff)
	}
	if o, err := e.store.Stat(ctx, bucket, "kept"); err != nil || o.VersionID == "" || o.Size != 2 {
		t.Errorf("stat: %+v, %v", o, err)
	}
	var last int64
	must(t, e.store.RemoveAllVersions(ctx, bucket, func(n int64) { last = n }))
	if last != 5 {
		t.Errorf("%d removed, want 5", last)
	}
	must(t, e.store.DeleteBucket(ctx, bucket))
}

func deletedObject(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, true)
	put(t, e.store, bucket, "a", "1")
	remove(t, e, bucket, "a")
	_, _, err := get(ctx, e.store, bucket, "a", 0, "")
	wantCode(t, "Get", err, "NoSuchKey", "")
	_, err = e.store.Stat(ctx, bucket, "a")
	wantCode(t, "Stat", err, "NoSuchKey", "")
	wantCode(t, "DeleteBucket", e.store.DeleteBucket(ctx, bucket), "BucketNotEmpty", "")
}

func retention(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, true)
	for _, mode := range []string{"GOVERNANCE", "COMPLIANCE"} {
		e.Raw(t, scenario.Line{
			Method: http.MethodPut, Path: "/" + bucket + "/" + mode, Body: "kept",
			Headers: map[string]string{
				"X-Amz-Object-Lock-Mode":              mode,
				"X-Amz-Object-Lock-Retain-Until-Date": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
			},
		})
	}
	put(t, e.store, bucket, "free", "1")
	put(t, e.store, bucket, "free", "2")
	var last int64
	err := e.store.RemoveAllVersions(ctx, bucket, func(n int64) { last = n })
	if err == nil || !strings.Contains(err.Error(), "2 versions could not be deleted") || last != 2 {
		t.Errorf("%d removed, %v", last, err)
	}
	wantCode(t, "RemoveAllVersions", err, "AccessDenied", "retention")
	var left []string
	for _, o := range list(t, e.store, bucket, s3.List{Versions: true}) {
		left = append(left, o.Key)
	}
	if diff := cmp.Diff([]string{"COMPLIANCE", "GOVERNANCE"}, left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}
