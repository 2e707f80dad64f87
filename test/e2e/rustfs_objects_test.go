//go:build sandbox

package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// quoted is a word for the shell.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// TestObjects goes through all that can be done with objects.
func TestObjects(t *testing.T) {
	b := cluster.up(t)
	const r = "kubectl rustfs "
	b.must(t, r+"bucket create -p e2e-objects --versioning")
	b.must(t, r+"bucket create -p e2e-names")
	t.Cleanup(func() { b.down(t, r+"bucket delete e2e-objects e2e-names --force --yes") })
	dir := t.TempDir()
	one := write(t, dir, "one.txt", "one\n")

	t.Run("one", func(t *testing.T) {
		b.must(t, r+"cp "+one+" e2e-objects/one.txt").says(t, "e2e-objects/one.txt")
		b.must(t, r+"ls e2e-objects").says(t, "one.txt", "4B")
		b.must(t, r+"stat e2e-objects/one.txt").says(t, "4 bytes", "text/plain", "crc32c")
		b.must(t, "echo zwei | "+r+"cp - e2e-objects/two.txt")
		if got := b.must(t, r+"cat e2e-objects/one.txt e2e-objects/two.txt").stdout; got != "one\nzwei\n" {
			t.Errorf("cat says %q", got)
		}
		b.must(t, r+"cp e2e-objects/one.txt e2e-objects/copy.txt")
		b.must(t, r+"mv e2e-objects/copy.txt e2e-objects/moved/here.txt")
		b.must(t, r+"find e2e-objects --name '*.txt'").says(t, "e2e-objects/moved/here.txt", "e2e-objects/one.txt").never(t, "copy.txt")
		b.must(t, r+"tree e2e-objects").says(t, "└── ", "moved/", "here.txt")
		b.must(t, r+"tag set e2e-objects/one.txt state=draft").says(t, "tagged")
		b.must(t, r+"find e2e-objects --tag state=draft").says(t, "one.txt").never(t, "two.txt")
		b.must(t, r+"tag rm e2e-objects/one.txt --all")
		for _, line := range []string{"stat", "cat", "rm"} {
			b.try(t, r+line+" e2e-objects/nope").exits(t, 1).says(t, "NoSuchKey", "hint: ")
			b.try(t, r+line+" e2e-nope/x").exits(t, 1).says(t, "hint: ")
		}
		b.try(t, r+"ls e2e-nope/").exits(t, 1).says(t, "NoSuchBucket", "hint: ")
		b.try(t, r+"cp "+one+" e2e-nope/x").exits(t, 1).says(t, "NoSuchBucket")
		b.try(t, r+"cp "+dir+"/nope e2e-objects/x").exits(t, 2).says(t, "no such file")
		b.try(t, r+"cp nope e2e-objects/x").exits(t, 2).says(t, "hint: write nope/ for the bucket")
	})
	t.Run("versions", func(t *testing.T) {
		b.must(t, "echo first | "+r+"cp - e2e-objects/v.txt")
		b.must(t, "echo second | "+r+"cp - e2e-objects/v.txt")
		b.must(t, r+"rm e2e-objects/v.txt").says(t, "deleted")
		b.try(t, r+"cat e2e-objects/v.txt").exits(t, 1)
		b.must(t, r+"ls --versions e2e-objects/v.txt").says(t, "VERSION", "deleted", "6B", "7B")
		b.must(t, r+"undelete e2e-objects/v.txt").says(t, "1 delete marker removed")
		b.must(t, r+"cat e2e-objects/v.txt").says(t, "second")
		b.must(t, r+"rm --versions -r e2e-objects/v.txt --yes")
		b.must(t, r+"ls --versions e2e-objects/v.txt").never(t, "VERSION")
	})
	t.Run("large", func(t *testing.T) {
		content := make([]byte, 40<<20)
		random := rand.NewChaCha8([32]byte{1})
		random.Read(content) //nolint:errcheck // it never fails
		big := write(t, dir, "big.bin", string(content))
		b.must(t, r+"cp "+big+" e2e-objects/big.bin")
		b.must(t, r+"cp e2e-objects/big.bin e2e-names/big.bin")
		b.must(t, r+"cp e2e-names/big.bin "+dir+"/back.bin")
		if got, err := os.ReadFile(dir + "/back.bin"); err != nil || !bytes.Equal(got, content) {
			t.Errorf("what came back has %d bytes and differs: %v", len(got), err)
		}
		b.must(t, r+"find e2e-names --larger 10Mi").says(t, "e2e-names/big.bin")
		b.must(t, r+"rm e2e-names/big.bin")
	})
	t.Run("names", func(t *testing.T) {
		from, back := filepath.Join(dir, "names"), filepath.Join(dir, "back")
		names := []string{
			"with space/a b.txt", "ünïcödé-日本.txt", "100%.txt", "%41.txt", "a+b&c=d?e#f.txt", `win:*?"<>|\.txt`, "'quoted'.txt",
			"esc\x1b[31mred.txt", "tab\there.txt", "-dash.txt", ".hidden", "deep/er/and/deeper.txt",
		}
		for _, n := range names {
			write(t, from, n, "content of "+n)
		}
		b.must(t, r+"cp -r "+from+"/ e2e-names/in/").says(t, fmt.Sprintf("%d objects", len(names)), "^[[31m").never(t, "\x1b[31m")
		b.must(t, r+"ls -R e2e-names").says(t, "ünïcödé-日本.txt", "100%.txt", "^[[31m").never(t, "\x1b")
		b.must(t, r+"cp -r e2e-names/in/ "+back+"/")
		for _, n := range names {
			if got, err := os.ReadFile(filepath.Join(back, n)); err != nil || string(got) != "content of "+n {
				t.Errorf("%q came back as %q: %v", n, got, err)
			}
			if got := b.must(t, r+"cat "+quoted("e2e-names/in/"+n)).stdout; got != "content of "+n {
				t.Errorf("%q is %q", n, got)
			}
		}
		write(t, from, "two\nlines.txt", "x")
		out := b.try(t, r+"cp -r "+from+"/ e2e-names/in/").exits(t, 1)
		out.says(t, `two\nlines.txt: a key holds no line breaks`, fmt.Sprintf("1 of %d objects could not be copied", len(names)+1))
	})
	t.Run("many", func(t *testing.T) {
		from := filepath.Join(dir, "many")
		for i := range 200 {
			write(t, from, fmt.Sprintf("%d/f%03d.txt", i%4, i), fmt.Sprintf("file %d\n", i))
		}
		b.must(t, r+"cp -r --dry-run "+from+"/ e2e-objects/many/").says(t, "(dry run)")
		b.must(t, r+"cp -r -q "+from+"/ e2e-objects/many/")
		b.must(t, r+"du e2e-objects/many/ --by-prefix").says(t, "e2e-objects/many/0/", "200")
		b.must(t, r+"sync "+from+"/ e2e-objects/many/").says(t, "0 objects to copy", "200 the same")
		os.Remove(filepath.Join(from, "0/f000.txt")) //nolint:errcheck // seen below
		write(t, from, "new.txt", "new")
		b.must(t, r+"sync --delete "+from+"/ e2e-objects/many/").says(t, "1 object to copy", "1 object to delete", "199 the same")
		empty := filepath.Dir(filepath.Dir(write(t, dir, "empty/sub/x", "")))
		os.RemoveAll(filepath.Join(empty, "sub")) //nolint:errcheck // seen below
		b.try(t, r+"sync --delete "+empty+"/ e2e-objects/many/").exits(t, 2).says(t, "200 objects", "must be confirmed")
		b.must(t, r+"cp -r --include '*.txt' --exclude 'new*' e2e-objects/many/ "+filepath.Join(dir, "many-back")+"/").says(t, "199 objects")
		b.try(t, r+"rm -r e2e-objects/many/").exits(t, 2).says(t, "200 objects", "must be confirmed", "hint: add --yes")
		b.must(t, r+"rm -r e2e-objects/many/ --yes").says(t, "200 objects")
		b.must(t, r+"ls -R e2e-objects/many/").never(t, "txt")
		b.must(t, r+"undelete -r e2e-objects/many/").says(t, "brought back")
		b.must(t, r+"du e2e-objects/many/").says(t, "201")
	})
	t.Run("share", func(t *testing.T) {
		b.try(t, r+"share e2e-objects/one.txt").exits(t, 2).says(t, "hint: add --for URL")
		b.try(t, r+"share e2e-objects/one.txt --for https://s3.example.com --expires 30d").exits(t, 2)
		script := `curl -fsS "$(kubectl rustfs share e2e-objects/one.txt -q --for $AWS_ENDPOINT_URL)"`
		if got := b.must(t, r+"exec -- sh -c "+quoted(script)).stdout; got != "one\n" {
			t.Errorf("the URL leads to %q", got)
		}
	})
}
