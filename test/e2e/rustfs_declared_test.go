//go:build sandbox

package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestDeclared carries what a server is over to empty ones: by document, and
// by backup.
func TestDeclared(t *testing.T) {
	b := cluster.up(t)
	const r, store, third = "kubectl rustfs -n rustfs ", " --server e2e-copies/store", " --server e2e-copies/s3-rustfs"
	b.raiseOthers(t, "e2e-copies", "plain", "upstream")
	dir := t.TempDir()

	b.must(t, r+"bucket create e2e-state --versioning")
	b.must(t, r+"bucket tag set e2e-state team=shop")
	b.must(t, r+"bucket lifecycle add e2e-state --noncurrent-days 30")
	b.must(t, r+"bucket access e2e-state download --prefix public/")
	b.must(t, r+"user create e2e-dave --policy readonly --to-secret media/e2e-dave")
	b.must(t, r+"group create e2e-crew")
	b.must(t, r+"group add e2e-crew e2e-dave")
	t.Cleanup(func() {
		b.down(t, r+"group delete e2e-crew --force --yes")
		b.down(t, r+"user delete e2e-dave --yes")
		b.down(t, r+"bucket delete e2e-state --force --yes")
		b.down(t, "kubectl delete secret e2e-dave -n media")
	})
	secret := b.must(t, "kubectl get secret e2e-dave -n media -o jsonpath={.data.secret-key} | base64 -d").stdout

	exported := b.must(t, r+"export").says(t, "kind: RustFS", "e2e-state", "e2e-dave", "e2e-crew").never(t, secret, b.secretOf(t)).stdout
	state := write(t, dir, "state.yaml", exported)

	t.Run("apply", func(t *testing.T) {
		b.must(t, r+"diff -f "+state).says(t, "no differences")
		b.must(t, r+"apply -f "+state).says(t, "nothing to do")
		b.try(t, r+"diff -f "+state+store).exits(t, 3).says(t, "e2e-state")
		b.must(t, r+"apply -f "+state+store+" --secrets-to e2e-copies --dry-run").says(t, "bucket/e2e-state created (dry run)")
		b.must(t, r+"bucket ls -o name"+store).never(t, "e2e-state")
		b.must(t, r+"apply -f "+state+store+" --secrets-to e2e-copies").says(t, "bucket/e2e-state created", "user/e2e-dave created")
		if got := b.must(t, r+"export"+store).stdout; got != exported {
			t.Errorf("the copy is\n%s\nof\n%s", got, exported)
		}
		b.must(t, r+"apply -f "+state+store).says(t, "nothing to do")
		b.must(t, r+"diff -f "+state+store).says(t, "no differences")

		fewer := write(t, dir, "fewer.yaml", strings.Replace(exported, "team: shop", "team: other", 1))
		b.must(t, r+"apply -f "+fewer+store+" --diff").says(t, "other")
		b.must(t, r+"bucket tag get e2e-state"+store).says(t, "team=other")
		b.must(t, r+"bucket create e2e-extra"+store)
		b.must(t, r+"apply -f "+fewer+store).says(t, "nothing to do")
		b.try(t, r+"apply -f "+fewer+store+" --prune").exits(t, 2).says(t, "must be confirmed")
		b.must(t, r+"apply -f "+fewer+store+" --prune --yes").says(t, "e2e-extra")
		b.must(t, r+"bucket ls -o name"+store).never(t, "e2e-extra")

		b.try(t, r+"apply -f "+write(t, dir, "bad.yaml", "kind: RustFS\nbuckets: [{name: UPPER}]\n")).exits(t, 2)
		b.try(t, r+"apply -f "+dir+"/nope.yaml").exits(t, 2).says(t, "no such file")
		b.must(t, r+"apply --schema").says(t, "$schema")
	})
	t.Run("backup", func(t *testing.T) {
		identity, file := b.file("age-identity.txt"), filepath.Join(dir, "rustfs.age")
		b.try(t, r+"backup -o "+file).exits(t, 2).says(t, "without a recipient")
		b.must(t, r+"backup -o "+file+" --recipient-file "+b.file("age-recipient.txt")).says(t, "written")
		b.try(t, r+"backup -o "+file+" --recipient-file "+b.file("age-recipient.txt")).exits(t, 2).says(t, "--force")
		b.try(t, r+"restore "+file+third+" -i "+b.file("wrong-identity.txt")+" --yes").exits(t, 1).says(t, "encrypted to 1 recipient")
		b.must(t, r+"restore "+file+third+" -i "+identity+" --dry-run").says(t, "user/e2e-dave created (dry run)")
		b.must(t, r+"restore "+file+third+" -i "+identity+" --yes").says(t, "user/e2e-dave created", "bucket/e2e-state created")
		b.must(t, r+"restore "+file+third+" -i "+identity+" --yes").says(t, "nothing to do")
		b.must(t, r+"whoami --access-key e2e-dave"+third, "RUSTFS_SECRET_KEY="+secret).says(t, "e2e-crew")
		if got := b.must(t, r+"export"+third).stdout; got != exported {
			t.Errorf("the restored server is\n%s\nof\n%s", got, exported)
		}
		b.must(t, r+"bucket tag set e2e-state team=third"+third)
		b.try(t, r+"restore "+file+third+" -i "+identity+" --yes").exits(t, 1).says(t, "--conflict")
		b.must(t, r+"restore "+file+third+" -i "+identity+" --yes --conflict overwrite")
		b.must(t, r+"bucket tag get e2e-state"+third).says(t, "team=shop")
		b.try(t, r+"restore "+dir+"/nope.age").exits(t, 2).says(t, "no such file")
	})
}
