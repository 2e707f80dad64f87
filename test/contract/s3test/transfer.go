package s3test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

// objectCases are about what moves objects about.
func objectCases() []testCase {
	return []testCase{
		{"what is said of an object is kept", attributes, []string{"PutObject", "Head", "Open", "ObjectTags", "SetObjectTags"}},
		{"a damaged object is refused", damaged, nil},
		{"nothing is replaced unasked", noClobber, nil},
		{"folders are told as such", folders, []string{"Objects"}},
		{"folders over pages are in order", foldersOverPages, nil},
		{"folders side by side are the same list", sideBySide, nil},
		{"versions over pages are in order", versionsOverPages, nil},
		{"versions are read and removed", oneVersion, []string{"Remove"}},
		{"what cannot be removed is told", removeRefused, nil},
		{"odd names are removed", removeOdd, nil},
		{"an object in parts", parts, []string{"StartUpload", "PutPart", "Parts", "Uploads", "CompleteUpload"}},
		{"a damaged part is refused", damagedPart, nil},
		{"an upload is given up", abort, []string{"AbortUpload"}},
		{"objects are copied with what is said of them", copies, []string{"Copy"}},
		{"an old version is copied on top", copyVersion, nil},
		{"a copy of a replaced object is refused", copyReplaced, nil},
		{"parts are copied", copyParts, []string{"CopyPart"}},
		{"a URL is good for one thing", presigned, []string{"Presign"}},
	}
}

func ref(bucket, key string) object.Ref { return object.Ref{Bucket: bucket, Key: key} }

func crcOf(text string) string {
	h := object.CRC32C()
	h.Write([]byte(text))
	return object.Encode(h)
}

func putObject(ctx context.Context, e env, r object.Ref, text string, w object.Write) (object.Info, error) {
	return e.store.PutObject(ctx, r, strings.NewReader(text), int64(len(text)), w)
}

func open(t *testing.T, e env, r object.Ref, read object.Read) (string, object.Info) {
	t.Helper()
	body, i, err := e.store.Open(t.Context(), r, read)
	must(t, err)
	defer body.Close()
	b, err := io.ReadAll(body)
	must(t, err)
	return string(b), i
}

func attributes(t *testing.T, e env) {
	ctx, r := t.Context(), ref(e.Bucket(t, e.store, false), "dir/a b.txt")
	a := object.Attributes{
		ContentType: "text/x-test", ContentDisposition: "attachment", ContentLanguage: "de", CacheControl: "no-cache",
		Metadata: map[string]string{"who": "me", "mtime": "1.5"}, Tags: map[string]string{"a b": "c/d", "x": "y"},
	}
	put, err := putObject(ctx, e, r, "hello", object.Write{Attributes: a, CRC32C: crcOf("hello")})
	must(t, err)
	head, err := e.store.Head(ctx, r)
	must(t, err)
	if head.ETag != put.ETag || head.Size != 5 || head.Checksums["crc32c"] != crcOf("hello") || head.TagCount != 2 || time.Since(head.Modified).Abs() > time.Hour {
		t.Errorf("head %+v, put %+v", head, put)
	}
	tags, err := e.store.ObjectTags(ctx, r)
	must(t, err)
	head.Tags = tags
	if diff := cmp.Diff(a, head.Attributes); diff != "" {
		t.Errorf("(-put +head):\n%s", diff)
	}
	text, i := open(t, e, r, object.Read{})
	if i.Tags = tags; text != "hello" || !cmp.Equal(i.Attributes, a) || i.Checksums["crc32c"] != crcOf("hello") {
		t.Errorf("opened %q %+v", text, i)
	}
	if text, i := open(t, e, r, object.Read{Offset: 1, Length: 3, ETag: head.ETag}); text != "ell" || i.Size != 5 {
		t.Errorf("a part is %q of %d", text, i.Size)
	}
	_, _, err = e.store.Open(ctx, r, object.Read{ETag: "0123456789abcdef0123456789abcdef"})
	if !s3.IsChanged(err) || !s3.IsAnswer(err) {
		t.Errorf("another ETag: %v", err)
	}
	must(t, e.store.SetObjectTags(ctx, r, map[string]string{"z": "1"}))
	tags, err = e.store.ObjectTags(ctx, r)
	if err != nil || !cmp.Equal(tags, map[string]string{"z": "1"}) {
		t.Errorf("tags %v, %v", tags, err)
	}
	must(t, e.store.SetObjectTags(ctx, r, nil))
	if tags, err = e.store.ObjectTags(ctx, r); err != nil || len(tags) != 0 {
		t.Errorf("tags %v, %v", tags, err)
	}
	_, err = e.store.Head(ctx, ref(r.Bucket, "none"))
	if !s3.IsMissing(err) {
		t.Errorf("a missing object: %v", err)
	}
}

func damaged(t *testing.T, e env) {
	ctx, r := t.Context(), ref(e.Bucket(t, e.store, false), "a")
	_, err := putObject(ctx, e, r, "hello", object.Write{CRC32C: crcOf("hallo")})
	wantCode(t, "put", err, "BadDigest", "")
	if _, err := e.store.Head(ctx, r); !s3.IsMissing(err) {
		t.Errorf("it is there: %v", err)
	}
}

func noClobber(t *testing.T, e env) {
	ctx, r := t.Context(), ref(e.Bucket(t, e.store, false), "a")
	_, err := putObject(ctx, e, r, "first", object.Write{NoClobber: true})
	must(t, err)
	_, err = putObject(ctx, e, r, "second", object.Write{NoClobber: true})
	if !s3.IsChanged(err) {
		t.Errorf("put: %v", err)
	}
	if text, _ := open(t, e, r, object.Read{}); text != "first" {
		t.Errorf("it is %q", text)
	}
}

func shown(t *testing.T, e env, bucket string, l s3.List) (out []string) {
	t.Helper()
	for _, o := range list(t, e.store, bucket, l) {
		name := o.Key
		if o.Folder {
			name += " (folder)"
		}
		if o.DeleteMarker {
			name += " (marker)"
		}
		out = append(out, name)
	}
	return out
}

func folders(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, false)
	for _, k := range []string{"a", "b/1", "b/2/x", "c d/1", "z"} {
		put(t, e.store, bucket, k, k)
	}
	if diff := cmp.Diff([]string{"a", "b/ (folder)", "c d/ (folder)", "z"}, shown(t, e, bucket, s3.List{Folders: true})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b/1", "b/2/ (folder)"}, shown(t, e, bucket, s3.List{Folders: true, Prefix: "b/"})); diff != "" {
		t.Errorf("below b/ (-want +got):\n%s", diff)
	}
}

func foldersOverPages(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, false)
	var want []string
	for i := range 9 {
		k := fmt.Sprintf("%02d", i)
		if i%2 == 0 {
			k += "/x"
		}
		put(t, e.store, bucket, k, k)
		if i%2 == 0 {
			k = strings.TrimSuffix(k, "x") + " (folder)"
		}
		want = append(want, k)
	}
	if diff := cmp.Diff(want, shown(t, e, bucket, s3.List{Folders: true, MaxKeys: 4})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// sideBySide: folders that are listed at the same time give the same list, in
// the same order, wherever the first page ends.
func sideBySide(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, false)
	for _, k := range []string{"deep/er/a", "deep/er/a-b", "deep/er/a b/1", "deep/er/a/1", "deep/er/a/2", "deep/er/a/x/3", "deep/er/a0", "deep/er/é/1", "deep/er/z%2F/1", "deep/er/z/1"} {
		put(t, e.store, bucket, k, k)
	}
	for _, prefix := range []string{"", "deep/", "deep/er/", "deep/er/a", "deep/er/a/", "nothing/"} {
		for page := 1; page <= 11; page++ {
			want := shown(t, e, bucket, s3.List{Prefix: prefix, MaxKeys: page}) // MinIO takes no file and folder of one name
			if diff := cmp.Diff(want, shown(t, e, bucket, s3.List{Prefix: prefix, MaxKeys: page, SideBySide: true})); diff != "" {
				t.Errorf("below %q in pages of %d (-want +got):\n%s", prefix, page, diff)
			}
		}
	}
}

func versionsOverPages(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, true)
	for _, k := range []string{"a", "b", "c"} {
		put(t, e.store, bucket, k, "1")
		put(t, e.store, bucket, k, "22")
	}
	remove(t, e, bucket, "b")
	remove(t, e, bucket, "c")
	want := []string{"a", "a", "b (marker)", "b", "b", "c (marker)", "c", "c"}
	for _, page := range []int{0, 3} {
		if diff := cmp.Diff(want, shown(t, e, bucket, s3.List{Versions: true, MaxKeys: page})); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", page, diff)
		}
	}
}

func oneVersion(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, true)
	put(t, e.store, bucket, "a", "old")
	put(t, e.store, bucket, "a", "newer")
	all := list(t, e.store, bucket, s3.List{Versions: true})
	old := object.Ref{Bucket: bucket, Key: "a", Version: all[1].VersionID}
	if text, i := open(t, e, old, object.Read{}); text != "old" || i.Version != old.Version {
		t.Errorf("the old version is %q %+v", text, i)
	}
	failures, err := e.store.Remove(ctx, []object.Ref{old, {Bucket: bucket, Key: "a", Version: "11111111-2222-4333-8444-555555555555"}}, false)
	if err != nil || len(failures) != 0 {
		t.Errorf("%v, %v", failures, err)
	}
	if got := list(t, e.store, bucket, s3.List{Versions: true}); len(got) != 1 || got[0].Size != 5 {
		t.Errorf("left: %+v", got)
	}
	failures, err = e.store.Remove(ctx, []object.Ref{ref(bucket, "a"), ref(bucket, "never there")}, false)
	if err != nil || len(failures) != 0 {
		t.Errorf("%v, %v", failures, err)
	}
	if _, err := e.store.Head(ctx, ref(bucket, "a")); !s3.IsMissing(err) {
		t.Errorf("deleted: %v", err)
	}
	if failures, err := e.store.Remove(ctx, nil, false); err != nil || failures != nil {
		t.Errorf("nothing: %v, %v", failures, err)
	}
}

func removeRefused(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, true)
	e.Raw(t, scenario.Line{
		Method: http.MethodPut, Path: "/" + bucket + "/locked", Body: "kept", Headers: map[string]string{
			"X-Amz-Object-Lock-Mode": "GOVERNANCE", "X-Amz-Object-Lock-Retain-Until-Date": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		},
	})
	put(t, e.store, bucket, "free", "1")
	head, err := e.store.Head(ctx, ref(bucket, "locked"))
	must(t, err)
	if head.LockMode != "GOVERNANCE" || time.Until(head.LockUntil) < 30*time.Minute || head.LegalHold {
		t.Errorf("%+v", head)
	}
	var refs []object.Ref
	for _, o := range list(t, e.store, bucket, s3.List{Versions: true}) {
		refs = append(refs, object.Ref{Bucket: bucket, Key: o.Key, Version: o.VersionID})
	}
	failures, err := e.store.Remove(ctx, refs, false)
	must(t, err)
	if len(failures) != 1 || failures[0].Key != "locked" || failures[0].Version == "" {
		t.Fatalf("%+v", failures)
	}
	wantCode(t, "Remove", failures[0].Err, "AccessDenied", "retention")
	failures, err = e.store.Remove(ctx, []object.Ref{failures[0].Ref}, true)
	if err != nil || len(failures) != 0 {
		t.Errorf("with bypass: %v, %v", failures, err)
	}
}

func removeOdd(t *testing.T, e env) {
	bucket := e.Bucket(t, e.store, false)
	var refs []object.Ref
	for _, k := range []string{"a\tb", "c\x01d", "e&<f>", " g ", "ü%20", "h\\i"} {
		put(t, e.store, bucket, k, k)
		refs = append(refs, ref(bucket, k))
	}
	failures, err := e.store.Remove(t.Context(), refs, false)
	if err != nil || len(failures) != 0 {
		t.Errorf("%v, %v", failures, err)
	}
	if left := list(t, e.store, bucket, s3.List{}); left != nil {
		t.Errorf("left: %+v", left)
	}
}

func parts(t *testing.T, e env) {
	ctx, r := t.Context(), ref(e.Bucket(t, e.store, false), "big")
	content := string(noise(6 << 20))
	id, err := e.store.StartUpload(ctx, r, object.Write{Attributes: object.Attributes{ContentType: "x/y", Metadata: map[string]string{"a": "b"}}})
	must(t, err)
	var sent []object.Part
	for _, p := range object.Pieces(int64(len(content)), 5<<20) {
		text := content[p.Offset : p.Offset+p.Length]
		part, err := e.store.PutPart(ctx, r, id, p.Number, strings.NewReader(text), p.Length, crcOf(text))
		must(t, err)
		sent = append(sent, part)
	}
	got, err := e.store.Parts(ctx, r, id)
	if err != nil || !cmp.Equal(got, sent) {
		t.Errorf("parts %v, %v; want %v", got, err, sent)
	}
	n := 0
	for u, err := range e.store.Uploads(ctx, r.Bucket, r.Key) {
		if must(t, err); u.ID != id || u.Ref != r || time.Since(u.Started).Abs() > time.Hour {
			t.Errorf("upload %+v", u)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d uploads", n)
	}
	done, err := e.store.CompleteUpload(ctx, r, id, sent, false)
	must(t, err)
	if done.ETag != object.JoinedETag(sent) || done.Size != int64(len(content)) {
		t.Errorf("%+v, want ETag %s", done, object.JoinedETag(sent))
	}
	text, i := open(t, e, r, object.Read{})
	if text != content || i.ContentType != "x/y" || i.Metadata["a"] != "b" {
		t.Errorf("%d bytes came back, %+v", len(text), i)
	}
	if _, err := e.store.Parts(ctx, r, id); err == nil {
		t.Error("the upload is still there")
	}
}

func damagedPart(t *testing.T, e env) {
	ctx, r := t.Context(), ref(e.Bucket(t, e.store, false), "big")
	id, err := e.store.StartUpload(ctx, r, object.Write{})
	must(t, err)
	_, err = e.store.PutPart(ctx, r, id, 1, strings.NewReader("hello"), 5, crcOf("hallo"))
	wantCode(t, "PutPart", err, "BadDigest", "")
	must(t, e.store.AbortUpload(ctx, r, id))
}

func abort(t *testing.T, e env) {
	ctx, r := t.Context(), ref(e.Bucket(t, e.store, false), "big")
	id, err := e.store.StartUpload(ctx, r, object.Write{})
	must(t, err)
	must(t, e.store.AbortUpload(ctx, r, id))
	wantCode(t, "again", e.store.AbortUpload(ctx, r, id), "NoSuchUpload", "")
}

func copies(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	a := object.Attributes{ContentType: "x/y", Metadata: map[string]string{"a": "b"}, Tags: map[string]string{"t": "u"}}
	from := ref(bucket, "from ü+%")
	_, err := putObject(ctx, e, from, "hello", object.Write{Attributes: a})
	must(t, err)
	info, err := e.store.Head(ctx, from)
	must(t, err)
	done, err := e.store.Copy(ctx, info, ref(bucket, "to"), nil)
	must(t, err)
	if done.ETag != info.ETag {
		t.Errorf("copied %+v", done)
	}
	check := func(key string, want object.Attributes) {
		t.Helper()
		i, err := e.store.Head(ctx, ref(bucket, key))
		must(t, err)
		i.Tags, err = e.store.ObjectTags(ctx, ref(bucket, key))
		must(t, err)
		if diff := cmp.Diff(want, i.Attributes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	check("to", a)
	other := object.Attributes{ContentType: "z/z", Metadata: map[string]string{"c": "d"}, Tags: map[string]string{"v": "w x"}}
	_, err = e.store.Copy(ctx, info, ref(bucket, "third"), &other)
	must(t, err)
	check("third", other)
	_, err = e.store.Copy(ctx, info, from, &other) // onto itself
	must(t, err)
	check(from.Key, other)
	_, err = e.store.Copy(ctx, info, ref(bucket, "none/there"), nil)
	must(t, err)
}

func copyVersion(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, true)
	put(t, e.store, bucket, "a", "old")
	put(t, e.store, bucket, "a", "newer")
	all := list(t, e.store, bucket, s3.List{Versions: true})
	from, err := e.store.Head(ctx, object.Ref{Bucket: bucket, Key: "a", Version: all[1].VersionID})
	must(t, err)
	_, err = e.store.Copy(ctx, from, ref(bucket, "a"), nil)
	must(t, err)
	if text, _ := open(t, e, ref(bucket, "a"), object.Read{}); text != "old" {
		t.Errorf("on top is %q", text)
	}
	if got := list(t, e.store, bucket, s3.List{Versions: true}); len(got) != 3 {
		t.Errorf("versions: %+v", got)
	}
}

func copyReplaced(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	put(t, e.store, bucket, "a", "old")
	from, err := e.store.Head(ctx, ref(bucket, "a"))
	must(t, err)
	put(t, e.store, bucket, "a", "newer")
	if _, err = e.store.Copy(ctx, from, ref(bucket, "b"), nil); !s3.IsChanged(err) {
		t.Errorf("copy: %v", err)
	}
}

func copyParts(t *testing.T, e env) {
	ctx, bucket := t.Context(), e.Bucket(t, e.store, false)
	content := noise(6 << 20)
	_, err := e.store.PutObject(ctx, ref(bucket, "from"), bytes.NewReader(content), int64(len(content)), object.Write{})
	must(t, err)
	from, err := e.store.Head(ctx, ref(bucket, "from"))
	must(t, err)
	to := ref(bucket, "to")
	id, err := e.store.StartUpload(ctx, to, object.Write{})
	must(t, err)
	var sent []object.Part
	for _, p := range object.Pieces(from.Size, 5<<20) {
		part, err := e.store.CopyPart(ctx, from, to, id, p)
		must(t, err)
		sent = append(sent, part)
	}
	_, err = e.store.CompleteUpload(ctx, to, id, sent, true)
	must(t, err)
	if text, _ := open(t, e, to, object.Read{}); text != string(content) {
		t.Errorf("%d bytes came back", len(text))
	}
}

func presigned(t *testing.T, e env) {
	ctx, r := t.Context(), ref(e.Bucket(t, e.store, false), "dir/a b+ü.txt")
	do := func(method, url, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		must(t, err)
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		must(t, err)
		return resp.StatusCode, string(b)
	}
	up, err := e.store.Presign(ctx, http.MethodPut, r, time.Minute)
	must(t, err)
	if code, body := do(http.MethodPut, up, "hello"); code != http.StatusOK {
		t.Errorf("PUT: %d %s", code, body)
	}
	down, err := e.store.Presign(ctx, http.MethodGet, r, time.Minute)
	must(t, err)
	if code, body := do(http.MethodGet, down, ""); code != http.StatusOK || body != "hello" {
		t.Errorf("GET: %d %s", code, body)
	}
	if code, _ := do(http.MethodPut, down, "other"); code != http.StatusForbidden {
		t.Errorf("PUT with a URL for GET: %d", code)
	}
	if _, err := e.store.Presign(ctx, http.MethodGet, r, 8*24*time.Hour); err == nil {
		t.Error("eight days were accepted")
	}
}
