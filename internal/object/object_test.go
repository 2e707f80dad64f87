package object_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
)

func validBucket(s string) error {
	if len(s) < 3 || strings.ToLower(s) != s || strings.ContainsAny(s, "_ \x00:\\") {
		return errors.New("no name for a bucket")
	}
	return nil
}

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"photos/a.jpg": "remote photos|a.jpg", "photos/": "remote photos|", "photos/a b/c%20": "remote photos|a b/c%20",
		"photos/2026/": "remote photos|2026/ slash", "./x": "local ./x", "/x/": "local /x/ slash", "../x": "local ../x", "~/x": "local ~/x",
		".": "local .", "..": "local ..", `C:\x`: `local C:\x`, "d:/x": "local d:/x", `.\x\`: `local .\x\ slash`, "-": "stream",
		"photos//a": "remote photos|/a", "a.b/c": "remote a.b|c",
	} {
		l, err := object.Parse(text, validBucket)
		got := map[object.Kind]string{object.Remote: "remote " + l.Bucket + "|" + l.Key, object.Local: "local " + l.Path, object.Stream: "stream"}[l.Kind]
		if l.Slash() && l.Key != "" || l.Slash() && l.Kind == object.Local {
			got += " slash"
		}
		if err != nil || got != want {
			t.Errorf("%q: %s, %v; want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"photos": "could be the bucket or a file", "My_File": "no bucket's name", "My Dir/x": "begin with ./", "s3://b/k": "is a URL", "": "is empty",
		"photos/\xff": "UTF-8", "ab\x00c/d": "NUL", "photos/" + strings.Repeat("x", 1025): "at most 1024 bytes", "ab/x": "begin with ./",
	} {
		_, err := object.Parse(text, validBucket)
		var e *object.LocationError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"photos/a", "./x", "C:\\x", "-", "a//b", "s3://x/y", "~", "ab", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := object.Parse(s, validBucket)
		if err != nil {
			return
		}
		again, err := object.Parse(l.String(), validBucket)
		if err != nil || again != l {
			t.Errorf("%q is %+v, written %q, which is %+v, %v", s, l, l, again, err)
		}
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"": "is needed", "a//b": "two in a row", "/a": "begins with a slash", "a/../b": "no name within", "a/ . /b": "no name within", `a\..\b`: "no name within",
		"a\nb": "no line breaks", "a\x00b": "NUL", strings.Repeat("x", 256): "at most 255", strings.Repeat("x/", 513): "at most 1024", "\xff": "UTF-8",
	} {
		if err := object.ValidateNewKey(key); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", key, err, want)
		}
	}
	for _, key := range []string{"a", "a/b/", "a b", "...", "a\tb", "\x01", `a\b`, "ü", "a:b*?<>|\"", "%2e%2e/x"} {
		if err := object.ValidateNewKey(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	portable := object.Names{Portable: true}
	for key, want := range map[string]string{
		"a/b.txt": "a/b.txt", "a//b": "a/%00/b", "../x": ".%2E/x", "a:b?.txt": "a%3Ab%3F.txt", "100%": "100%25", "con.txt": "%63on.txt",
		"dot.": "dot%2E", "sp ": "sp%20", "/x": "%00/x", "a\nb": "a%0Ab", `a\b`: "a%5Cb", "COM7": "%43OM7",
	} {
		got, err := portable.File(key)
		if err != nil || got != want || portable.Key(got) != key {
			t.Errorf("%q: %q, %v, back %q; want %q", key, got, err, portable.Key(got), want)
		}
	}
	for _, n := range []object.Names{{}, {Windows: true}} {
		for _, key := range []string{"..", "a/../b", "a//b", "/a", "a/./b", "a/", "", strings.Repeat("x", 256)} {
			if got, err := n.File(key); err == nil {
				t.Errorf("%q became %q", key, got)
			}
		}
	}
	for _, key := range []string{"a:b", "nul", "x.", "a|b", "a\x01", `..\..\x`} {
		if _, err := (object.Names{Windows: true}).File(key); err == nil {
			t.Errorf("Windows: %q was accepted", key)
		}
		if got, err := (object.Names{}).File(key); err != nil || got != key {
			t.Errorf("%q became %q, %v", key, got, err)
		}
	}
	var c object.Collisions
	if got := []string{c.Add("a/B"), c.Add("a/c"), c.Add("A/b"), c.Add("a/B")}; !cmp.Equal(got, []string{"", "", "a/B", ""}) {
		t.Errorf("collisions %q", got)
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"a/b", "../x", "a//b", "/etc/passwd", "con", "a\\..\\b", "%00", "x. ", "a\x00b", "C:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if object.ValidateKey(key) != nil {
			return
		}
		for _, n := range []object.Names{{}, {Windows: true}, {Portable: true}, {Windows: true, Portable: true}} {
			path, err := n.File(key)
			if err != nil {
				continue
			}
			if !filepath.IsLocal(path) || strings.Contains("/"+path+"/", "/../") || strings.HasPrefix(path, "/") {
				t.Errorf("%+v: %q leads out: %q", n, key, path)
			}
			if back := n.Key(path); back != key {
				t.Errorf("%+v: %q became %q and came back as %q", n, key, path, back)
			}
			if n.Portable && strings.ContainsAny(path, "\\:*?\"<>|\n") {
				t.Errorf("%q is not portable: %q", key, path)
			}
		}
	})
}

func TestGlobs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"*.jpg", "a/b.jpg", true},
		{"*.jpg", "a.jpg/b", false},
		{"a/*.jpg", "a/b.jpg", true},
		{"a/*.jpg", "a/b/c.jpg", false},
		{"a/**", "a/b/c.jpg", true},
		{"**/c.jpg", "c.jpg", true},
		{"**/c.jpg", "a/b/c.jpg", true},
		{"[a-c].txt", "b.txt", true},
		{"[!a-c].txt", "b.txt", false},
		{"?.txt", "ü.txt", true},
		{"a+b", "a+b", true},
		{"[", "[", true},
	} {
		g, err := object.ParseGlob(c.pattern)
		if err != nil || g.Match(c.path) != c.want {
			t.Errorf("%q on %q: %v, %v", c.pattern, c.path, g.Match(c.path), err)
		}
	}
	for _, bad := range []string{"", "[z-a]"} {
		if _, err := object.ParseGlob(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestSelector(t *testing.T) {
	t.Parallel()
	now := time.Now()
	glob := func(s string) []object.Glob {
		g, err := object.ParseGlob(s)
		if err != nil {
			t.Fatal(err)
		}
		return []object.Glob{g}
	}
	ten := int64(10)
	for name, c := range map[string]struct {
		s    object.Selector
		want bool
	}{
		"all":      {object.Selector{}, true},
		"included": {object.Selector{Include: glob("*.jpg")}, true},
		"not":      {object.Selector{Include: glob("*.png")}, false},
		"excluded": {object.Selector{Include: glob("*.jpg"), Exclude: glob("a/**")}, false},
		"newer":    {object.Selector{Newer: now.Add(-2 * time.Hour)}, true},
		"older":    {object.Selector{Older: now.Add(-2 * time.Hour)}, false},
		"larger":   {object.Selector{Larger: &ten}, false},
		"smaller":  {object.Selector{Smaller: &ten}, false},
		"shallow":  {object.Selector{MaxDepth: 1}, false},
		"deep":     {object.Selector{MaxDepth: 2}, true},
	} {
		if got := c.s.Match("a/b.jpg", 10, now.Add(-time.Hour)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNumbersAndTimes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "30d": 720 * time.Hour, "1w2d": 216 * time.Hour} {
		if got, err := object.ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for text, want := range map[string]int64{"0": 0, "100": 100, "10k": 10_000, "1Ki": 1024, "1.5Gi": 3 << 29, "5MB": 5_000_000, "2 MiB": 2 << 20} {
		if got, err := object.ParseSize(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{"1d": "2026-02-28T00:00:00Z", "2026-01-31": "2026-01-31T00:00:00Z", "2026-01-31T12:00:00+01:00": "2026-01-31T11:00:00Z"} {
		if got, err := object.ParseTime(text, now); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "-1d", "1y", "d", "1.5d", "99999999999999d", "tomorrow", "2026-13-01", "1e3", "10X", "k", "1i", "99999999E"} {
		_, d := object.ParseDuration(bad)
		_, s := object.ParseSize(bad)
		_, w := object.ParseTime(bad, now)
		if d == nil || s == nil || w == nil {
			t.Errorf("%q was accepted: %v, %v, %v", bad, d, s, w)
		}
	}
	at := time.Unix(1700000000, 123456789)
	if got := object.ModifiedOf(map[string]string{"mtime": object.ModifiedText(at)}); !got.Equal(at) {
		t.Errorf("%s became %s", at, got)
	}
	if got := object.ModifiedOf(map[string]string{"mtime": "1700000000.5"}); got.Nanosecond() != 5e8 {
		t.Errorf("half a second is %s", got)
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789"), 4<<20) // 40 MiB: parts of 16, 16 and 8
	sum := md5.Sum(content)
	var parts []object.Part
	for _, p := range object.Pieces(int64(len(content)), object.PartSize) {
		s := md5.Sum(content[p.Offset : p.Offset+p.Length])
		parts = append(parts, object.Part{Number: p.Number, Size: p.Length, ETag: hex.EncodeToString(s[:])})
	}
	crc := object.CRC32C()
	crc.Write(content)
	size := int64(len(content))
	for by, i := range map[string]object.Info{
		"MD5":            {Size: size, ETag: hex.EncodeToString(sum[:])},
		"MD5 of 3 parts": {Size: size, ETag: object.JoinedETag(parts)},
		"CRC32C":         {Size: size, ETag: "whatever", Checksums: map[string]string{"crc32c": object.Encode(crc), "sha1": "x-3"}},
	} {
		c := object.NewCheck(i)
		if c == nil || c.By != by {
			t.Errorf("%s: %+v", by, c)
			continue
		}
		for rest := content; len(rest) > 0; { // in pieces that fit nothing
			n := min(len(rest), 1_000_003)
			_, _ = c.Write(rest[:n]) // it never fails
			rest = rest[n:]
		}
		if err := c.Err(); err != nil {
			t.Errorf("%s: %v", by, err)
		}
		bad := object.NewCheck(i)
		_, _ = bad.Write([]byte("other"))
		var m *object.MismatchError
		if err := bad.Err(); !errors.As(err, &m) {
			t.Errorf("%s: %v", by, err)
		}
	}
	for _, i := range []object.Info{{ETag: "x"}, {ETag: "00000000000000000000000000000000-7", Size: 10}, {ETag: hex.EncodeToString(sum[:]), Encryption: "aws:kms"}} {
		if c := object.NewCheck(i); c != nil {
			t.Errorf("%+v: %+v", i, c)
		}
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	if got := object.UploadPartSize(1 << 50); (int64(1)<<50)/got > 10_000 {
		t.Errorf("part size %d", got)
	}
	pieces := object.Pieces(25, 10)
	missing, kept := object.Missing(pieces, []object.Part{{Number: 1, Size: 10}, {Number: 2, Size: 3}, {Number: 9, Size: 5}})
	if len(missing) != 2 || missing[0].Number != 2 || missing[1].Length != 5 || len(kept) != 1 {
		t.Errorf("missing %v, kept %v", missing, kept)
	}
}

func entries(words ...string) iter.Seq2[object.Entry, error] {
	return func(yield func(object.Entry, error) bool) {
		for _, w := range words {
			var e object.Entry
			var age int
			if _, err := fmt.Sscanf(w, "%s %d %s %d", &e.Rel, &e.Size, &e.ETag, &age); err != nil {
				panic(err)
			}
			e.ETag = strings.Trim(e.ETag, "-")
			e.Modified = time.Unix(int64(1000-age), 0)
			if !yield(e, nil) {
				return
			}
		}
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("a", 32), strings.Repeat("b", 32)
	source := []string{"same 1 " + a + " 0", "other 1 " + a + " 0", "big 2 " + a + " 0", "new 1 " + a + " 0", "unsure 1 - 0", "skipped 1 - 0"}
	target := []string{"same 1 " + a + " 0", "other 1 " + b + " 0", "big 1 " + a + " 0", "gone 1 " + a + " 0", "unsure 1 x 0", "skipped2 1 - 0"}
	p, err := object.NewPlan(entries(source...), entries(target...), object.ByChecksum,
		func(e object.Entry) bool { return !strings.HasPrefix(e.Rel, "skipped") },
		func(from, to object.Entry) (object.Reason, error) { return object.Newer, nil })
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]object.Reason{}
	for _, s := range append(p.Copies, p.Deletes...) {
		got[s.Rel] = s.Why
	}
	want := map[string]object.Reason{"other": object.Changed, "big": object.Resized, "new": object.New, "unsure": object.Newer, "gone": object.Extra}
	if diff := cmp.Diff(want, got); diff != "" || p.Same != 1 || p.Bytes != 5 || p.Target != 5 {
		t.Errorf("%+v (-want +got):\n%s", p, diff)
	}
	if p.TooMuch(19) == "" || p.TooMuch(20) != "" {
		t.Error("one of five is 20 %")
	}
	if _, err := object.NewPlan(entries(), entries("a 1 - 0", "a 1 - 0"), object.BySize, func(object.Entry) bool { return true }, nil); err == nil {
		t.Error("a name that is there twice was accepted")
	}
	if got := object.Difference(object.Entry{Modified: time.Unix(2, 0)}, object.Entry{Modified: time.Unix(1, 0)}, object.ByTime); got != object.Newer {
		t.Errorf("newer is %s", got)
	}
}

// TestPlanConverges: after the plan was followed, there is nothing left to do.
func FuzzPlanConverges(f *testing.F) {
	f.Add("abc", "bcd")
	f.Fuzz(func(t *testing.T, from, to string) {
		side := func(text string) (out []object.Entry) {
			seen := map[string]bool{}
			for i, r := range text {
				if k := string(r % 7); !seen[k] {
					seen[k] = true
					out = append(out, object.Entry{Rel: k, Size: int64(i % 3), ETag: strings.Repeat(fmt.Sprint(i%2), 32)})
				}
			}
			return out
		}
		list := func(es []object.Entry) iter.Seq2[object.Entry, error] {
			return func(yield func(object.Entry, error) bool) {
				for _, e := range es {
					if !yield(e, nil) {
						return
					}
				}
			}
		}
		all := func(object.Entry) bool { return true }
		source, target := side(from), map[string]object.Entry{}
		for _, e := range side(to) {
			target[e.Rel] = e
		}
		now := func() (out []object.Entry) {
			for _, e := range target {
				out = append(out, e)
			}
			return out
		}
		p, err := object.NewPlan(list(source), list(now()), object.ByChecksum, all, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Copies {
			target[s.Rel] = s.Entry
		}
		for _, s := range p.Deletes {
			delete(target, s.Rel)
		}
		if p, err = object.NewPlan(list(source), list(now()), object.ByChecksum, all, nil); err != nil || len(p.Copies)+len(p.Deletes) > 0 {
			t.Errorf("%q to %q: still %+v, %v", from, to, p, err)
		}
	})
}

func TestUndelete(t *testing.T) {
	t.Parallel()
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	versions := []object.Version{{ID: "m2", Modified: at(50), Marker: true, Latest: true}, {ID: "m1", Modified: at(40), Marker: true}, {ID: "v2", Modified: at(30), Size: 2}, {ID: "v1", Modified: at(20), Size: 1}}
	for _, c := range []struct {
		versions []object.Version
		at       time.Time
		want     object.Revival
	}{
		{versions, time.Time{}, object.Revival{Markers: []string{"m2", "m1"}, Size: 2, From: at(30)}},
		{versions[2:], time.Time{}, object.Revival{Why: "is not deleted", Size: 2, From: at(30)}},
		{versions[:2], time.Time{}, object.Revival{Why: "has no version left", Hopeless: true}},
		{versions, at(25), object.Revival{Copy: "v1", Size: 1, From: at(20)}},
		{versions, at(35), object.Revival{Copy: "v2", Size: 2, From: at(30)}},
		{versions, at(45), object.Revival{Why: "was deleted at that time"}},
		{versions[2:], at(31), object.Revival{Why: "is as it was"}},
		{versions, at(10), object.Revival{Why: "did not exist at that time", Hopeless: true}},
	} {
		got := object.Undelete("", c.versions, c.at)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("at %s (-want +got):\n%s", c.at, diff)
		}
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	sums := func(name, v string) object.Info { return object.Info{Checksums: map[string]string{name: v}} }
	for want, infos := range map[object.Reason][2]object.Info{
		object.Same:    {sums("crc32c", "x"), sums("crc32c", "x")},
		object.Changed: {sums("crc32c", "x"), sums("crc32c", "y")},
		object.Newer:   {{Modified: time.Unix(2, 0), ETag: "a-1"}, {Modified: time.Unix(1, 0), ETag: "b-2"}},
	} {
		if got := object.DecideObjects(infos[0], infos[1]); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	noted := object.Info{Modified: time.Unix(9, 0), Attributes: object.Attributes{Metadata: map[string]string{"mtime": "5.000000001"}}}
	if got := object.DecideTimes(time.Unix(5, 1), noted, true); got != object.Same {
		t.Errorf("the noted time: %s", got)
	}
	if got := object.DecideTimes(time.Unix(6, 0), noted, true); got != object.Changed {
		t.Errorf("another time: %s", got)
	}
	if got := object.DecideTimes(time.Unix(6, 0), object.Info{Modified: time.Unix(9, 0)}, false); got != object.Newer {
		t.Errorf("a newer object: %s", got)
	}
}
