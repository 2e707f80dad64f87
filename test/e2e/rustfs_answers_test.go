//go:build sandbox

package e2e

import "testing"

// TestAnswers: who may do what, computed and tried.
func TestAnswers(t *testing.T) {
	b := cluster.up(t)
	const r = "kubectl rustfs "
	b.must(t, r+"grant e2e-reader --bucket e2e-read --profile readonly --secret media/e2e-reader")
	t.Cleanup(func() {
		b.down(t, r+"revoke e2e-reader --yes")
		b.down(t, r+"bucket delete e2e-read --force --yes")
	})
	b.must(t, "echo x | "+r+"cp - e2e-read/x.txt")

	b.must(t, r+"can GetObject e2e-read/x.txt --as e2e-reader").says(t, "yes", "policy e2e-reader", "through user/e2e-reader")
	b.must(t, r+"can GetObject e2e-read/x.txt --as e2e-reader --probe").says(t, "Tried:", "answered 200")
	b.try(t, r+"can PutObject e2e-read/x.txt --as e2e-reader").exits(t, 3).says(t, "no", "Because:")
	b.try(t, r+"can PutObject e2e-read/x.txt --as e2e-reader --probe").exits(t, 3).says(t, "answered 403")
	b.try(t, r+"can DeleteObject e2e-read/x.txt --as e2e-reader --probe").exits(t, 3).says(t, "not tried: every request")
	b.must(t, r+"can DeleteObject e2e-read/x.txt").says(t, "yes", "root")
	b.try(t, r+"can GetObjekt e2e-read/x.txt --as e2e-reader").exits(t, 2).says(t, "there is no action", "s3:GetObject")
	b.try(t, r+"can GetObject e2e-read/x.txt --as e2e-nobody").exits(t, 1).says(t, "does not exist", "hint: ")
	b.must(t, r+"key ls").says(t, "e2e-reader") // the trial's keys are gone
	if got := b.must(t, r+"key ls --no-headers | grep -c e2e-reader").stdout; got != "1\n" {
		t.Errorf("e2e-reader has %s keys", got)
	}

	b.must(t, r+"who e2e-read").says(t, "user/e2e-reader", "LIST", "MANAGE")
	b.must(t, r+"who").says(t, "etcd-backups", "user/talos-backup")
	b.try(t, r+"who e2e-nope").exits(t, 1).says(t, "hint: ")

	b.must(t, r+"bucket access e2e-read public")
	b.try(t, r+"audit").exits(t, 3).says(t, "user-without-group", "key-without-expiry", "e2e-read", "Fix:")
	b.must(t, r+"can GetObject e2e-read/x.txt --as anonymous").says(t, "yes")
	b.must(t, r+"who e2e-read").says(t, "anonymous")
	b.must(t, r+"bucket access e2e-read none")
}
